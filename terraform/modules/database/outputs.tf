output "instance_id" {
  description = "The server's identifier, as metrics have it."
  value       = aws_db_instance.this.identifier
}

output "address" {
  description = "The server's host name."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "The server's port."
  value       = aws_db_instance.this.port
}

output "database_name" {
  description = "The first database."
  value       = aws_db_instance.this.db_name
}

output "master_secret_arn" {
  description = "The secret that holds the owner's name and password, which RDS makes and changes by itself."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
