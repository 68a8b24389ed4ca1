resource "aws_sns_topic" "alerts" {
  name = "${var.name}-alerts"
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = var.alert_email
}

# Somebody who can make an application unwrap data keys can make it spend money.
resource "aws_budgets_budget" "kms" {
  name         = "${var.name}-kms"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "Service"
    values = ["AWS Key Management Service"]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "ACTUAL"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alert_email]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "FORECASTED"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = [var.alert_email]
  }
}

# All symmetric operations of the account share one quota. This rings before it is used up.
resource "aws_cloudwatch_metric_alarm" "request_quota" {
  alarm_name          = "${var.name}-kms-request-quota"
  alarm_description   = "KMS requests come close to the quota of this account and Region; beyond it they are throttled."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.quota_alarm_percent
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]

  metric_query {
    id          = "used_percent"
    expression  = "100 * calls / SERVICE_QUOTA(calls)"
    label       = "KMS request quota in use, percent"
    return_data = true
  }

  metric_query {
    id          = "calls"
    return_data = false

    metric {
      namespace   = "AWS/Usage"
      metric_name = "CallCount"
      period      = 60
      stat        = "Sum"

      dimensions = {
        Type     = "API"
        Service  = "KMS"
        Resource = "CryptographicOperationsSymmetric"
        Class    = "None"
      }
    }
  }
}

# What KMS throttled is only in CloudTrail, so this needs the log group of a trail.
resource "aws_cloudwatch_log_metric_filter" "throttled" {
  count = var.cloudtrail_log_group == null ? 0 : 1

  name           = "${var.name}-kms-throttled"
  log_group_name = var.cloudtrail_log_group
  pattern        = "{ ($.eventSource = \"kms.amazonaws.com\") && ($.errorCode = \"ThrottlingException\") }"

  metric_transformation {
    namespace     = var.name
    name          = "KmsThrottled"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "throttled" {
  count = var.cloudtrail_log_group == null ? 0 : 1

  alarm_name          = "${var.name}-kms-throttled"
  alarm_description   = "KMS throttled requests of this account and Region."
  namespace           = aws_cloudwatch_log_metric_filter.throttled[0].metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.throttled[0].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
}
