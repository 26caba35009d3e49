# For a team that relies on it: three zones, none of which depends on another, and nothing that runs once only.

module "installation" {
  source = "../../modules/installation"

  name        = var.name
  environment = "prod"
  tags        = var.tags
  domain      = var.domain
  zone_id     = var.zone_id
  image_tag   = var.image_tag
  emails      = var.emails
  runbooks    = var.runbooks
  secrets     = var.secrets
  settings    = var.settings
  identity    = { admin_token_hash = var.admin_token_hash, oidc = var.oidc }

  cloudfront_web_acl_arn = var.cloudfront_web_acl_arn
  pull_through           = var.pull_through
  delete_images          = var.delete_images

  network = {
    zones         = [for letter in var.zones : "${var.region}${letter}"]
    task_zones    = length(var.zones)
    nat           = "per_zone"
    client_cidrs  = var.client_cidrs
    flow_log_days = 365
  }

  balancers        = 2
  cloudfront       = var.cloudfront
  control_plane    = { api_tasks = 2, worker_tasks = { minimum = 2, maximum = 6 }, capacity = "FARGATE" }
  preview_capacity = "fargate"

  database = { multi_az = true }
  cache    = { replicas = 2 }

  container_insights = true
  budget_usd         = 595

  usage = {
    preview_hours      = 5000
    lifecycles         = 2500
    lcu_per_balancer   = 0.5
    nat_gb             = 100
    egress_gb          = 50
    log_gb             = 50
    table_gb           = 5
    bucket_gb          = 50
    image_gb           = 50
    table_reads        = 10000000
    queue_requests     = 5000000
    worker_tasks_above = 1
  }
}
