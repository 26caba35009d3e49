output "rule_names" {
  description = "The rules' names, as metrics have them."
  value       = { for kind, rule in aws_cloudwatch_event_rule.this : kind => rule.name }
}
