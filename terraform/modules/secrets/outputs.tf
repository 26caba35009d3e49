output "kms_key_arn" {
  description = "The key that everything of this environment is encrypted with."
  value       = aws_kms_key.this.arn

  # Services are refused while the key does not let them use it.
  depends_on = [aws_kms_key_policy.this]
}

output "kms_alias" {
  description = "The key's alias."
  value       = aws_kms_alias.this.name
}

output "secret_arns" {
  description = "The secrets' ARNs by name."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}
