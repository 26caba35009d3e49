# For trying Tempus out and working on it: everything once, tasks and the way out in one zone, on Spot.

module "installation" {
  source = "../../modules/installation"

  name        = var.name
  environment = "dev"
  tags        = var.tags
  domain      = var.domain
  zone_id     = var.zone_id
  image_tag   = var.image_tag
  emails      = var.emails
  runbooks    = var.runbooks
  secrets     = var.secrets
  settings    = var.settings
  identity    = { admin_token_hash = var.admin_token_hash, oidc = var.oidc }

  pull_through  = var.pull_through
  delete_images = var.delete_images

  # Load balancers and databases want two zones; all that is paid for by the zone is in one.
  network = {
    zones        = [for letter in var.zones : "${var.region}${letter}"]
    task_zones   = 1
    nat          = "one"
    client_cidrs = var.client_cidrs
  }

  balancers        = 1
  control_plane    = { api_tasks = 1, worker_tasks = { minimum = 1, maximum = 2 }, capacity = "FARGATE_SPOT" }
  preview_capacity = "fargate_spot"

  database = { multi_az = false }
  cache    = var.cache ? { replicas = 0 } : null

  protected          = var.protected
  container_insights = false
  fast_burn          = false
  budget_usd         = 98

  usage = {
    preview_hours      = 500
    lifecycles         = 250
    lcu_per_balancer   = 0.1
    nat_gb             = 10
    egress_gb          = 5
    log_gb             = 2
    table_gb           = 1
    bucket_gb          = 5
    image_gb           = 5
    table_reads        = 1000000
    queue_requests     = 500000
    worker_tasks_above = 0
  }
}
