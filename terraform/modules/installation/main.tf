data "aws_region" "current" {}

locals {
  # The program's own names of what is made here.
  settings = merge(var.settings, {
    "aws.region"                    = data.aws_region.current.region
    "aws.credentials"               = "ambient"
    "aws.table"                     = module.table.table_name
    "aws.queue_url"                 = module.queue.queue_url
    "aws.dead_letter_url"           = module.queue.dead_letter_url
    "aws.schedule_group"            = module.scheduler.group_name
    "aws.schedule_role_arn"         = module.scheduler.role_arn
    "ecs.cluster"                   = module.cluster.cluster_name
    "ecs.vpc_id"                    = module.network.vpc_id
    "ecs.subnets"                   = join(", ", local.task_subnets)
    "ecs.security_groups"           = module.network.previews_security_group_id
    "ecs.public_ip"                 = "no"
    "ecs.capacity"                  = var.preview_capacity
    "ecs.execution_role_arn"        = module.roles.previews_execution_role_arn
    "ecs.task_role_arn"             = module.roles.previews_task_role_arn
    "ecs.log_group"                 = module.cluster.log_groups["previews"]
    "ecs.schedule_group"            = module.scheduler.task_group_name
    "ecs.schedule_role_arn"         = module.roles.tasks_role_arn
    "ecs.service_connect_namespace" = module.cluster.service_connect_namespace
    "ecs.exec"                      = "no"
    "ecs.delete_images"             = var.delete_images ? "yes" : "no"
    "ecs.cost_center"               = var.name
    "ecs.listeners"                 = module.edge.listeners
  })

  # The program's own, beside whatever else is asked for. Both roles open gates: the API to people, a worker in its rules.
  secrets = merge(var.secrets, {
    "gate-key" = {
      about    = "What sessions and links of protected previews are signed with: a random text of 32 characters or more"
      variable = "TEMPUS_GATE_KEY"
      roles    = ["api", "worker"]
    }
  })

  task_subnets = slice(module.network.private_subnet_ids, 0, var.network.task_zones)

  given = {
    for role in ["api", "worker"] : role => {
      for name, secret in local.secrets : secret.variable => module.secrets.secret_arns[name] if contains(secret.roles, role)
    }
  }
}

module "secrets" {
  source = "../secrets"

  name        = var.name
  environment = var.environment
  tags        = var.tags
  secrets     = { for name, secret in local.secrets : name => secret.about }
}

module "network" {
  source = "../network"

  name          = var.name
  environment   = var.environment
  tags          = var.tags
  kms_key_arn   = module.secrets.kms_key_arn
  cidr          = var.network.cidr
  zones         = var.network.zones
  nat           = var.network.nat
  client_cidrs  = var.network.client_cidrs
  flow_log_days = var.network.flow_log_days
}

module "registry" {
  source = "../registry"

  name         = var.name
  environment  = var.environment
  tags         = var.tags
  kms_key_arn  = module.secrets.kms_key_arn
  pull_through = var.pull_through
  force_delete = !var.protected
}

module "storage" {
  source = "../storage"

  name          = var.name
  environment   = var.environment
  tags          = var.tags
  kms_key_arn   = module.secrets.kms_key_arn
  force_destroy = !var.protected
}

module "table" {
  source = "../table"

  name                = var.name
  environment         = var.environment
  tags                = var.tags
  kms_key_arn         = module.secrets.kms_key_arn
  installation        = var.installation
  deletion_protection = var.protected
}

module "queue" {
  source = "../queue"

  name        = var.name
  environment = var.environment
  tags        = var.tags
  kms_key_arn = module.secrets.kms_key_arn
}

module "scheduler" {
  source = "../scheduler"

  name            = var.name
  environment     = var.environment
  tags            = var.tags
  kms_key_arn     = module.secrets.kms_key_arn
  queue_arn       = module.queue.queue_arn
  dead_letter_arn = module.queue.dead_letter_arn
}

module "cluster" {
  source = "../cluster"

  name               = var.name
  environment        = var.environment
  tags               = var.tags
  kms_key_arn        = module.secrets.kms_key_arn
  container_insights = var.container_insights
}

module "events" {
  source = "../events"

  name         = var.name
  environment  = var.environment
  tags         = var.tags
  installation = module.table.installation
  cluster_arn  = module.cluster.cluster_arn
  queue_arn    = module.queue.queue_arn
}

module "edge" {
  source = "../edge"

  name                = var.name
  environment         = var.environment
  tags                = var.tags
  domain              = var.domain
  zone_id             = var.zone_id
  subnet_ids          = module.network.public_subnet_ids
  security_group_ids  = [module.network.balancer_security_group_id]
  logs_bucket         = module.storage.logs_bucket
  balancers           = var.balancers
  cloudfront          = var.cloudfront
  deletion_protection = var.protected

  api_target_group_arns = module.control_plane.target_group_arns
  web_acl_arn           = var.cloudfront_web_acl_arn
}

module "database" {
  source = "../database"
  count  = var.database == null ? 0 : 1

  name                = var.name
  environment         = var.environment
  tags                = var.tags
  kms_key_arn         = module.secrets.kms_key_arn
  subnet_ids          = module.network.database_subnet_ids
  security_group_ids  = [module.network.database_security_group_id]
  multi_az            = var.database.multi_az
  deletion_protection = var.protected
}

module "cache" {
  source = "../cache"
  count  = var.cache == null ? 0 : 1

  name               = var.name
  environment        = var.environment
  tags               = var.tags
  kms_key_arn        = module.secrets.kms_key_arn
  subnet_ids         = module.network.database_subnet_ids
  security_group_ids = [module.network.cache_security_group_id]
  replicas           = var.cache.replicas
}

module "roles" {
  source = "../roles"

  name                         = var.name
  environment                  = var.environment
  tags                         = var.tags
  installation                 = module.table.installation
  kms_key_arn                  = module.secrets.kms_key_arn
  table_arn                    = module.table.table_arn
  queue_arn                    = module.queue.queue_arn
  dead_letter_arn              = module.queue.dead_letter_arn
  schedule_group               = module.scheduler.group_name
  schedule_role_arn            = module.scheduler.role_arn
  task_schedule_group          = module.scheduler.task_group_name
  cluster_arn                  = module.cluster.cluster_arn
  vpc_id                       = module.network.vpc_id
  listener_arns                = module.edge.listener_arns
  previews_log_group_arn       = module.cluster.previews_log_group_arn
  control_log_group_arns       = module.cluster.control_log_group_arns
  previews_repository_arns     = module.registry.previews_repository_arns
  control_repository_arns      = module.registry.control_repository_arns
  pull_through_repository_arns = module.registry.pull_through_repository_arns
  control_secret_arns          = values(module.secrets.secret_arns)
  delete_images                = var.delete_images

  # Not the databases' owner: a preview that had its password would own all of them.
  previews_secret_arns = module.cache[*].url_secret_arn
}

module "control_plane" {
  source = "../control-plane"

  name               = var.name
  environment        = var.environment
  tags               = var.tags
  image              = "${module.registry.control_repository_url}:${var.image_tag}"
  settings           = local.settings
  api_secrets        = local.given.api
  worker_secrets     = local.given.worker
  cluster_name       = module.cluster.cluster_name
  log_groups         = module.cluster.log_groups
  vpc_id             = module.network.vpc_id
  subnet_ids         = local.task_subnets
  security_group_ids = { api = module.network.api_security_group_id, worker = module.network.worker_security_group_id }
  task_role_arns     = { api = module.roles.api_role_arn, worker = module.roles.worker_role_arn }
  execution_role_arn = module.roles.control_execution_role_arn
  balancers          = keys(module.edge.balancers)
  listener_arns      = module.edge.api_listener_arns
  balancer_cidrs     = module.network.public_subnet_cidrs
  api_domain         = module.edge.api_domain
  identity           = var.identity
  queue_name         = module.queue.queue_name
  capacity           = var.control_plane.capacity
  api_tasks          = var.control_plane.api_tasks
  worker_tasks       = var.control_plane.worker_tasks
}

module "observability" {
  source = "../observability"

  name               = var.name
  environment        = var.environment
  tags               = var.tags
  kms_key_arn        = module.secrets.kms_key_arn
  emails             = var.emails
  budget_usd         = var.budget_usd
  cluster_name       = module.cluster.cluster_name
  container_insights = var.container_insights
  fast_burn          = var.fast_burn
  runbooks           = var.runbooks
  balancers          = module.edge.balancers
  api_target_group   = module.control_plane.target_group
  queue_names        = { live = module.queue.queue_name, dead = module.queue.dead_letter_name }
  table_name         = module.table.table_name
  schedule_group     = module.scheduler.group_name
  rule_names         = module.events.rule_names
  database           = var.database == null ? null : { id = module.database[0].instance_id }
  cache              = var.cache == null ? null : { id = module.cache[0].replication_group_id, nodes = 1 + var.cache.replicas }

  services = {
    api    = { name = module.control_plane.service_names.api, tasks = var.control_plane.api_tasks }
    worker = { name = module.control_plane.service_names.worker, tasks = var.control_plane.worker_tasks.minimum }
  }
}
