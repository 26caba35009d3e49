output "group_name" {
  description = "The group of schedules: aws.schedule_group."
  value       = aws_scheduler_schedule_group.this.name
}

output "task_group_name" {
  description = "The group of the schedules that run tasks: ecs.schedule_group."
  value       = aws_scheduler_schedule_group.tasks.name
}

output "role_arn" {
  description = "The role that schedules post with: aws.schedule_role_arn."
  value       = aws_iam_role.this.arn
}
