output "replication_group_id" {
  description = "The cache's identifier, as metrics have it."
  value       = aws_elasticache_replication_group.this.replication_group_id
}

output "address" {
  description = "The host name of the node that takes writes."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "url_secret_arn" {
  description = "The secret whose value is REDIS_URL, for previews that ask for it."
  value       = aws_secretsmanager_secret.url.arn
}
