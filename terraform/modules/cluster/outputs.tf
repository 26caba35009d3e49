output "cluster_name" {
  description = "The cluster's name: ecs.cluster."
  value       = aws_ecs_cluster.this.name

  # A service on Spot is refused while the cluster does not have the provider.
  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

output "cluster_arn" {
  description = "The cluster's ARN."
  value       = aws_ecs_cluster.this.arn

  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

output "service_connect_namespace" {
  description = "Where the services of one preview find each other: ecs.service_connect_namespace."
  value       = aws_service_discovery_http_namespace.this.name
}

output "log_groups" {
  description = "The log groups' names by whose they are: previews (ecs.log_group), api, worker."
  value = merge(
    { previews = aws_cloudwatch_log_group.previews.name },
    { for role, group in aws_cloudwatch_log_group.control : role => group.name },
  )
}

output "previews_log_group_arn" {
  description = "The previews' log group."
  value       = aws_cloudwatch_log_group.previews.arn
}

output "control_log_group_arns" {
  description = "The control plane's own log groups."
  value       = [for group in aws_cloudwatch_log_group.control : group.arn]
}
