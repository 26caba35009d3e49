output "topic_arn" {
  description = "Where alarms and the budget tell."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Every alarm's name."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "alarm_metrics" {
  description = "How many metrics the alarms look at: what they are paid by."

  # By their number alone, which is known before anything is made. A share has two, and so has the table's.
  value = length(local.told) + 2 * length(local.burning) + length(local.around) + 1
}

output "series" {
  description = "The program's own metrics, each of which is paid for."
  value       = local.series
}

output "dashboard_name" {
  description = "The dashboard's name, or null."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
