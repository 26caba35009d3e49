output "topic_arn" {
  description = "Where alarms and the budget tell."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Every alarm's name."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "dashboard_name" {
  description = "The dashboard's name, or null."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
