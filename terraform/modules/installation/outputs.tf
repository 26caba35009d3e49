output "api_url" {
  description = "Where the API answers: TEMPUS_URL of the command line."
  value       = "https://${module.edge.api_domain}"
}

output "image_repository" {
  description = "Where the program's image is pushed."
  value       = module.registry.control_repository_url
}

output "previews_repositories" {
  description = "Where images of previews are pushed."
  value       = module.registry.previews_repository_urls
}

output "pull_through_prefixes" {
  description = "What stands in place of another registry's name."
  value       = module.registry.pull_through_prefixes
}

output "region" {
  description = "The region that everything is in."
  value       = data.aws_region.current.region
}

output "settings" {
  description = "The program's configuration, by key, as far as every process is given it: what tempus serve needs elsewhere."
  value       = module.control_plane.settings
}

output "role_settings" {
  description = "All of the configuration of api and of worker, by those names and by key."
  value       = module.control_plane.role_settings
}

output "secret_arns" {
  description = "The secrets of the control plane by name. Each needs a value before a task starts that is given it."
  value       = module.secrets.secret_arns
}

output "gate_key_secret" {
  description = "The secret of the key that protected previews' sessions and links are signed with."
  value       = module.secrets.secret_arns["gate-key"]
}

output "outbound_addresses" {
  description = "The addresses that previews and the control plane come from."
  value       = module.network.outbound_addresses
}

output "seeds_bucket" {
  description = "The bucket of database seeds."
  value       = module.storage.seeds_bucket
}

output "backups_bucket" {
  description = "The bucket of backups."
  value       = module.storage.backups_bucket
}

output "database" {
  description = "The databases' server and the secret of its owner, or null."
  value = one([for database in module.database : {
    address           = database.address
    port              = database.port
    name              = database.database_name
    master_secret_arn = database.master_secret_arn
  }])
}

output "redis_url_secret_arn" {
  description = "The secret whose value is REDIS_URL, or null."
  value       = one(module.cache[*].url_secret_arn)
}

output "alarms_topic_arn" {
  description = "Where alarms tell."
  value       = module.observability.topic_arn
}

output "dashboard" {
  description = "Where the dashboard is, or null."
  value       = module.observability.dashboard_name == null ? null : "https://console.aws.amazon.com/cloudwatch/home?region=${data.aws_region.current.region}#dashboards:name=${module.observability.dashboard_name}"
}

output "monthly_cost" {
  description = "What a month costs in US dollars, item by item and in all, under the given usage."
  value = {
    items = { for item, usd in local.costs : item => floor(usd * 100 + 0.5) / 100 if usd > 0 }
    total = floor(sum(values(local.costs)) * 100 + 0.5) / 100
  }
}
