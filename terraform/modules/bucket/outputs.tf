output "bucket" {
  description = "The bucket's name."
  value       = aws_s3_bucket.this.bucket

  # Writers are refused while the policy does not let them in.
  depends_on = [aws_s3_bucket_policy.this]
}

output "arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.this.arn
}

output "kms_key_arn" {
  description = "The key that objects are encrypted with; null for S3's own."
  value       = var.kms_key_arn
}

output "policy" {
  description = "The bucket's policy."
  value       = aws_s3_bucket_policy.this.policy
}
