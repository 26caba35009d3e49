output "seeds_bucket" {
  description = "The bucket of database seeds."
  value       = aws_s3_bucket.kept["seeds"].bucket
}

output "seeds_bucket_arn" {
  description = "The ARN of the bucket of database seeds."
  value       = aws_s3_bucket.kept["seeds"].arn
}

output "backups_bucket" {
  description = "The bucket of backups."
  value       = aws_s3_bucket.kept["backups"].bucket
}

output "backups_bucket_arn" {
  description = "The ARN of the bucket of backups."
  value       = aws_s3_bucket.kept["backups"].arn
}

output "logs_bucket" {
  description = "The bucket that load balancers write their access logs to."
  value       = aws_s3_bucket.logs.bucket

  # A load balancer is refused while the bucket does not let it write.
  depends_on = [aws_s3_bucket_policy.logs]
}
