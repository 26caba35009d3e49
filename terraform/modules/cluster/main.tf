locals {
  tags = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })
}

resource "aws_ecs_cluster" "this" {
  # checkov:skip=CKV_AWS_65:each environment says whether it pays for these metrics
  name = var.name
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enabled" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = var.default_capacity
    weight            = 1
  }
}

# One for all previews: names in it carry the preview's short id, and its security group keeps the others out.
resource "aws_service_discovery_http_namespace" "this" {
  name        = var.name
  description = "Services of the previews of ${var.name}"
  tags        = local.tags
}

resource "aws_cloudwatch_log_group" "control" {
  for_each = toset(["api", "worker"])

  name              = "/tempus/${var.environment}/${each.key}"
  retention_in_days = var.control_log_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "previews" {
  name              = "/tempus/${var.environment}/previews"
  retention_in_days = var.previews_log_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}
