output "control_repository_url" {
  description = "Where the program's own image is pushed."
  value       = aws_ecr_repository.control.repository_url
}

output "control_repository_arns" {
  description = "The repository of the program's own image, for the execution role."
  value       = [aws_ecr_repository.control.arn]
}

output "previews_repository_urls" {
  description = "Where images of previews are pushed, by repository."
  value       = { for name, repository in aws_ecr_repository.previews : name => repository.repository_url }
}

output "previews_repository_arns" {
  description = "What previews' images may be pulled from, the copies of other registries among them."
  value       = concat([for repository in aws_ecr_repository.previews : repository.arn], local.copies)
}

output "pull_through_repository_arns" {
  description = "What the first pull of an image through the cache may make."
  value       = local.copies
}

output "pull_through_prefixes" {
  description = "What stands in place of the other registry's name, by the name given to it: {prefix}/library/nginx for docker-hub's nginx."
  value       = { for name, rule in aws_ecr_pull_through_cache_rule.this : name => "${local.registry}/${rule.ecr_repository_prefix}" }
}
