output "bucket" {
  description = "The state bucket's name."
  value       = module.state.bucket
}

output "kms_key_arn" {
  description = "The key that states are encrypted with."
  value       = aws_kms_key.state.arn
}

output "backend" {
  description = "What an environment's backend.conf says, but for its key."
  value       = local.backend
}
