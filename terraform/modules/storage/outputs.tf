output "seeds_bucket" {
  description = "The bucket of database seeds."
  value       = module.seeds.bucket
}

output "seeds_bucket_arn" {
  description = "The ARN of the bucket of database seeds."
  value       = module.seeds.arn
}

output "backups_bucket" {
  description = "The bucket of backups."
  value       = module.backups.bucket
}

output "backups_bucket_arn" {
  description = "The ARN of the bucket of backups."
  value       = module.backups.arn
}

output "logs_bucket" {
  description = "The bucket that load balancers write their access logs to."
  value       = module.logs.bucket
}
