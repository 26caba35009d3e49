output "group_name" {
  description = "The group of schedules: aws.schedule_group."
  value       = aws_scheduler_schedule_group.this.name
}

output "role_arn" {
  description = "The role that schedules post with: aws.schedule_role_arn."
  value       = aws_iam_role.this.arn
}
