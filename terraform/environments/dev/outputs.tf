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

output "settings" {
  description = "The program's configuration, by key, as the control plane is given it."
  value       = module.installation.settings
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
