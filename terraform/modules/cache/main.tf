locals {
  identifier = "${var.name}-${var.environment}"
  replicated = var.replicas > 0
  tags       = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  url = "rediss://:${terraform_data.password.output}@${aws_elasticache_replication_group.this.primary_endpoint_address}:6379/0"
}

# Letters and digits only: they stand in a URL, and ElastiCache refuses most signs.
data "aws_secretsmanager_random_password" "this" {
  password_length     = 64
  exclude_punctuation = true
}

# Another one is drawn at every plan; the first is kept.
resource "terraform_data" "password" {
  input = sensitive(data.aws_secretsmanager_random_password.this.random_password)

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_elasticache_subnet_group" "this" {
  name       = local.identifier
  subnet_ids = var.subnet_ids
  tags       = local.tags
}

resource "aws_elasticache_parameter_group" "this" {
  name   = "${local.identifier}-redis7"
  family = "redis7"
  tags   = local.tags

  # A cache that is full forgets what was not used for longest, instead of refusing writes.
  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }
}

resource "aws_cloudwatch_log_group" "slow" {
  name              = "/tempus/${var.environment}/cache"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id = local.identifier
  description          = "Redis for the previews of ${var.name} in ${var.environment}"
  engine               = "redis"
  engine_version       = "7.1"
  node_type            = var.node_type
  port                 = 6379
  parameter_group_name = aws_elasticache_parameter_group.this.name
  tags                 = local.tags

  num_cache_clusters         = 1 + var.replicas
  automatic_failover_enabled = local.replicated
  multi_az_enabled           = local.replicated

  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = var.security_group_ids

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auth_token                 = terraform_data.password.output
  auth_token_update_strategy = "ROTATE"

  auto_minor_version_upgrade = true
  maintenance_window         = "sun:04:30-sun:05:30"
  # What is in a cache can be made again.
  snapshot_retention_limit = 0

  log_delivery_configuration {
    destination      = aws_cloudwatch_log_group.slow.name
    destination_type = "cloudwatch-logs"
    log_format       = "json"
    log_type         = "slow-log"
  }
}

resource "aws_secretsmanager_secret" "url" {
  name                    = "${var.name}/${var.environment}/redis-url"
  description             = "REDIS_URL of previews that ask for it"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.deletion_days
  tags                    = local.tags
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_id     = aws_secretsmanager_secret.url.id
  secret_string = local.url
}
