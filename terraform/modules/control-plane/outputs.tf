output "service_names" {
  description = "The services' names as metrics have them: api, worker."
  value       = { api = aws_ecs_service.api.name, worker = aws_ecs_service.worker.name }
}

output "target_group" {
  description = "The API's target group on the first load balancer, as metrics have it."
  value       = aws_lb_target_group.api["a1"].arn_suffix
}

output "target_group_arns" {
  description = "The API's target groups by load balancer: a listener sends them what has no preview."
  value       = { for name, group in aws_lb_target_group.api : name => group.arn }
}

output "settings" {
  description = "The program's configuration, by key, as far as every process is given it."
  value       = local.settings
}

output "role_settings" {
  description = "All of the configuration of api and of worker, by those names and by key."
  value       = { for role, given in local.roles : role => given.settings }
}
