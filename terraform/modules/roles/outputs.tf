output "api_role_arn" {
  description = "The task role of tempus api."
  value       = aws_iam_role.this["api"].arn
}

output "worker_role_arn" {
  description = "The task role of tempus worker."
  value       = aws_iam_role.this["worker"].arn
}

output "control_execution_role_arn" {
  description = "The execution role of the control plane's own tasks: it pulls their image, writes their logs and reads their secrets."
  value       = aws_iam_role.this["control-execution"].arn
}

output "previews_execution_role_arn" {
  description = "The execution role of previews: ecs.execution_role_arn."
  value       = aws_iam_role.this["previews-execution"].arn
}

output "tasks_role_arn" {
  description = "The role by which schedules run tasks: ecs.schedule_role_arn."
  value       = aws_iam_role.tasks.arn
}

output "previews_task_role_arn" {
  description = "The role of the applications themselves: ecs.task_role_arn."
  value       = aws_iam_role.this["previews-task"].arn
}
