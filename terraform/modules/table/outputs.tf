output "table_name" {
  description = "The table's name: aws.table."
  value       = aws_dynamodb_table.this.name
}

output "table_arn" {
  description = "The table's ARN."
  value       = aws_dynamodb_table.this.arn
}

output "installation" {
  description = "The installation's id, which is in the name and tags of everything that a worker makes."
  value       = local.installation
}
