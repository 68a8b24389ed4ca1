variable "region" {
  description = "Region of the key, its alarms and its policies."
  type        = string
}

variable "alert_email" {
  description = "Address that gets budget and throttling alerts. AWS asks it to confirm the subscription."
  type        = string
}

variable "name" {
  description = "Name of everything that is made here; the key's alias is alias/<name>."
  type        = string
  default     = "sqlcrypter-test"
}

variable "rotation_period_in_days" {
  description = "Days between rotations of the key material, 90 to 2560. Older material keeps decrypting for ever."
  type        = number
  default     = 365
}

variable "deletion_window_in_days" {
  description = "Days between `terraform destroy` and the loss of all data under the key, 7 to 30."
  type        = number
  default     = 30
}

variable "monthly_budget_usd" {
  description = "Dollars a month for KMS in this account; alerts come at 80 percent spent and at 100 percent forecast."
  type        = number
  default     = 5
}

variable "quota_alarm_percent" {
  description = "Share of the account's KMS request quota from which the alarm rings, before requests are throttled."
  type        = number
  default     = 80
}

variable "cloudtrail_log_group" {
  description = "CloudWatch log group of a CloudTrail trail. With it, requests that KMS did throttle raise an alarm too."
  type        = string
  default     = null
}
