output "key_arn" {
  description = "For decryptKeyArns and for policies."
  value       = aws_kms_key.this.arn
}

output "alias" {
  description = "For keyId and SQLCRYPTER_KMS_KEY_ID."
  value       = aws_kms_alias.this.name
}

output "encrypt_policy_arn" {
  description = "To attach to the roles of processes that write."
  value       = aws_iam_policy.encrypt.arn
}

output "decrypt_policy_arn" {
  description = "To attach to the roles of processes that read."
  value       = aws_iam_policy.decrypt.arn
}

output "environment" {
  description = "Points the tests at this key: eval \"$(terraform output -raw environment)\""
  value       = "export AWS_REGION=${var.region} SQLCRYPTER_KMS_KEY_ID=${aws_kms_alias.this.name}\n"
}
