# What a month costs, item by item, from the price list that the program uses too. Its prices are those of us-east-1:
# elsewhere this is an estimate.

locals {
  prices = jsondecode(file("${path.module}/../../prices/us-east-1.json"))

  # As AWS counts a month.
  hours = 730

  address = local.prices.public_ipv4_usd_per_hour

  # A task of 0.25 vCPU and 512 MB for an hour.
  task_usd = {
    FARGATE      = 0.25 * local.prices.fargate_x86_vcpu_usd_per_hour + 0.5 * local.prices.fargate_x86_memory_usd_per_gb_hour
    FARGATE_SPOT = 0.25 * local.prices.fargate_spot_x86_vcpu_usd_per_hour + 0.5 * local.prices.fargate_spot_x86_memory_usd_per_gb_hour
  }

  gateways = var.network.nat == "one" ? 1 : length(var.network.zones)
  tasks    = var.control_plane.api_tasks + var.control_plane.worker_tasks.minimum + var.usage.worker_tasks_above

  # Of a cluster, and of each service and family in it; previews count for the hours that they are there.
  insights = var.container_insights ? 13 + 24 * (2 + var.usage.preview_hours / local.hours) : 0

  database = {
    single  = local.hours * local.prices.rds_postgres_db_t4g_micro_usd_per_hour + 20 * local.prices.rds_gp3_usd_per_gb_month
    standby = local.hours * local.prices.rds_postgres_db_t4g_micro_multi_az_usd_per_hour + 20 * local.prices.rds_gp3_multi_az_usd_per_gb_month
  }

  paid_secrets = length(local.secrets) + (var.database == null ? 0 : 1) + (var.cache == null ? 0 : 1)

  # Creating, checking and removing one preview writes about a hundred units.
  writes = var.usage.lifecycles * 100

  # Log lines are kept for a year. The dashboard is one of an account's first three, which cost nothing.
  costs = {
    "NAT gateways"       = local.gateways * local.hours * (local.prices.nat_gateway_usd_per_hour + local.address) + var.usage.nat_gb * local.prices.nat_gateway_usd_per_gb
    "load balancers"     = var.balancers * local.hours * (local.prices.alb_usd_per_hour + length(var.network.zones) * local.address + var.usage.lcu_per_balancer * local.prices.alb_lcu_usd_per_hour)
    "control plane"      = local.tasks * local.hours * local.task_usd[var.control_plane.capacity]
    "previews"           = var.usage.preview_hours * local.task_usd[upper(var.preview_capacity)]
    "database"           = var.database == null ? 0 : var.database.multi_az ? local.database.standby : local.database.single
    "cache"              = var.cache == null ? 0 : (1 + var.cache.replicas) * local.hours * local.prices.elasticache_redis_cache_t4g_micro_usd_per_hour
    "table"              = local.writes / 1000000 * local.prices.dynamodb_write_usd_per_million + var.usage.table_reads / 1000000 * local.prices.dynamodb_read_usd_per_million + var.usage.table_gb * (local.prices.dynamodb_storage_usd_per_gb_month + local.prices.dynamodb_recovery_usd_per_gb_month)
    "queue, schedules"   = var.usage.queue_requests / 1000000 * local.prices.sqs_standard_usd_per_million + 2 * var.usage.lifecycles / 1000000 * local.prices.scheduler_usd_per_million
    "traffic out"        = var.usage.egress_gb * (var.cloudfront ? max(local.prices.internet_egress_usd_per_gb, local.prices.cloudfront_egress_usd_per_gb) : local.prices.internet_egress_usd_per_gb)
    "logs"               = var.usage.log_gb * (local.prices.logs_ingested_usd_per_gb + 12 * local.prices.logs_stored_usd_per_gb_month)
    "alarms, metrics"    = module.observability.alarm_metrics * local.prices.cloudwatch_alarm_usd_per_month + length(module.observability.series) * local.prices.cloudwatch_metric_usd_per_month
    "Container Insights" = local.insights * local.prices.cloudwatch_metric_usd_per_month
    "key, secrets"       = local.prices.kms_key_usd_per_month + local.paid_secrets * local.prices.secret_usd_per_month
    "buckets, images"    = var.usage.bucket_gb * local.prices.s3_standard_usd_per_gb_month + var.usage.image_gb * local.prices.ecr_usd_per_gb_month
    "DNS zone"           = local.prices.route53_zone_usd_per_month
  }
}
