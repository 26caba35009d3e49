output "service_names" {
  description = "The services' names as metrics have them: api, worker."
  value       = { api = aws_ecs_service.api.name, worker = aws_ecs_service.worker.name }
}

output "target_group" {
  description = "The API's target group as metrics have it."
  value       = aws_lb_target_group.api.arn_suffix
}

output "settings" {
  description = "The program's configuration as its tasks are given it, by key."
  value       = local.settings
}
