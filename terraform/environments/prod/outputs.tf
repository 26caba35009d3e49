output "api_url" {
  description = "Where the API answers: TEMPUS_URL of the command line."
  value       = module.installation.api_url
}

output "image_repository" {
  description = "Where the program's image is pushed."
  value       = module.installation.image_repository
}

output "previews_repositories" {
  description = "Where images of previews are pushed."
  value       = module.installation.previews_repositories
}

output "region" {
  description = "The region that everything is in."
  value       = module.installation.region
}

output "settings" {
  description = "The program's configuration, by key, as far as every process is given it: what tempus serve needs elsewhere."
  value       = module.installation.settings
}

output "role_settings" {
  description = "All of the configuration of api and of worker, by those names and by key."
  value       = module.installation.role_settings
}

output "gate_key_secret" {
  description = "The secret of the key that protected previews' sessions and links are signed with. It needs a value before tasks start."
  value       = module.installation.gate_key_secret
}

output "secret_arns" {
  description = "The secrets of the control plane by name. Each needs a value before a task starts that is given it."
  value       = module.installation.secret_arns
}

output "alarms_topic_arn" {
  description = "Where alarms tell."
  value       = module.installation.alarms_topic_arn
}

output "dashboard" {
  description = "Where the dashboard is."
  value       = module.installation.dashboard
}

output "redis_url_secret_arn" {
  description = "The secret whose value is REDIS_URL, for previews' secrets; null without a cache."
  value       = module.installation.redis_url_secret_arn
}

output "pull_through_prefixes" {
  description = "What stands in place of another registry's name."
  value       = module.installation.pull_through_prefixes
}

output "seeds_bucket" {
  description = "The bucket of database seeds."
  value       = module.installation.seeds_bucket
}

output "backups_bucket" {
  description = "The bucket of backups."
  value       = module.installation.backups_bucket
}

output "outbound_addresses" {
  description = "The addresses that previews and the control plane come from, for other people's allow lists."
  value       = module.installation.outbound_addresses
}

output "database" {
  description = "The databases' server and the secret of its owner, or null."
  value       = module.installation.database
}

output "monthly_cost" {
  description = "What a month costs in US dollars, item by item and in all."
  value       = module.installation.monthly_cost
}
