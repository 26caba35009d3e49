locals {
  charts = [
    { title = "How long work waits", unit = "Seconds", statistic = "Maximum", lines = [
      ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.queue_names.live],
    ] },
    { title = "Hints", unit = "Count", statistic = "Maximum", lines = [
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queue_names.live],
      ["AWS/SQS", "ApproximateNumberOfMessagesDelayed", "QueueName", var.queue_names.live],
      ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.queue_names.live],
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queue_names.dead],
    ] },
    { title = "What needs a person", unit = "Count", statistic = "Sum", lines = [
      for role in ["worker", "api"] : [local.namespace, "${role}-errors"]
    ] },
    { title = "Control plane: CPU", unit = "Percent", statistic = "Average", lines = [
      for service in values(var.services) : ["AWS/ECS", "CPUUtilization", "ClusterName", var.cluster_name, "ServiceName", service.name]
    ] },
    { title = "API", unit = "Count", statistic = "Sum", lines = [
      for metric in ["RequestCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count"] :
      ["AWS/ApplicationELB", metric, "LoadBalancer", local.balancer, "TargetGroup", var.api_target_group]
    ] },
    { title = "API: time to answer", unit = "Seconds", statistic = "p99", lines = [
      ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", local.balancer, "TargetGroup", var.api_target_group],
    ] },
    { title = "Previews: requests", unit = "Count", statistic = "Sum", lines = [
      for balancer in values(var.balancers) : ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", balancer]
    ] },
    { title = "Table: units", unit = "Count", statistic = "Sum", lines = [
      for metric in ["ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"] : ["AWS/DynamoDB", metric, "TableName", var.table_name]
    ] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = "${var.name}-${var.environment}"

  dashboard_body = jsonencode({
    widgets = concat(
      [for place, chart in local.charts : {
        type   = "metric"
        x      = place % 2 * 12
        y      = floor(place / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = chart.title
          region  = local.region
          view    = "timeSeries"
          period  = 60
          stat    = chart.statistic
          metrics = chart.lines
          yAxis   = { left = { min = 0, label = chart.unit, showUnits = false } }
        }
      }],
      [{
        type   = "alarm"
        x      = 0
        y      = ceil(length(local.charts) / 2) * 6
        width  = 24
        height = 4
        properties = {
          title  = "Alarms"
          alarms = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]
        }
      }],
    )
  })
}
