# The same as docs/grafana/tempus.json shows, as far as CloudWatch knows it: where a histogram is there, here is the share
# that kept its objective.

locals {
  # A line of the program's own.
  line = { for metric in local.series : metric => [local.namespace, metric, "Installation", var.name] }

  charts = concat(
    [
      for objective in [
        { title = "Time to ready: within two minutes", name = "slow-ready" },
        { title = "Expiry kept: gone within five minutes", name = "late-expiry" },
        { title = "Accept availability", name = "api-errors" },
        ] : {
        title = objective.title, unit = "Percent", statistic = "Sum", seconds = 3600
        lines = concat(
          [[{ expression = "100 * (1 - FILL(missed, 0) / of)", label = "kept", id = "kept" }]],
          [for id, metric in { missed = local.objectives[objective.name].missed, of = local.objectives[objective.name].of } :
            concat([metric.namespace, metric.metric], flatten([for key, value in metric.dimensions : [key, value]]), [{ id = id, visible = false }])
          ],
        )
      }
    ],
    [
      { title = "What needs a person", unit = "Count", statistic = "Maximum", lines = [local.line["PreviewsParked"], local.line["DeadLetters"], local.line["Orphans"], local.line["BudgetsWarned"]] },
      { title = "How long work waits", unit = "Seconds", statistic = "Maximum", lines = [local.line["QueueOldestAge"]] },
      { title = "Leases lost or run out", unit = "Count", statistic = "Sum", lines = [local.line["LeasesLost"]] },
      { title = "Refused for want of room", unit = "Count", statistic = "Sum", lines = [local.line["RefusedByQuota"]] },
      { title = "Previews", unit = "Count", statistic = "Maximum", lines = [local.line["PreviewsActive"]] },
      { title = "Cost an hour, in US dollars", unit = "US$", statistic = "Maximum", lines = [local.line["CostPerHour"]] },
      { title = "Jobs", unit = "Count", statistic = "Sum", lines = [local.line["JobsFailed"], local.line["ReadyTotal"], local.line["ReadyLate"], local.line["ExpiryTotal"], local.line["ExpiryLate"]] },
      { title = "Sweeps", unit = "Count", statistic = "Sum", lines = [local.line["SweepsDone"], local.line["SweepFindings"]] },
      { title = "Queue", unit = "Count", statistic = "Maximum", lines = concat(
        [for state in ["Visible", "NotVisible", "Delayed"] : ["AWS/SQS", state == "Visible" ? "ApproximateNumberOfMessagesVisible" : "ApproximateNumberOfMessages${state}", "QueueName", var.queue_names.live]],
        [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.queue_names.dead]],
      ) },
      { title = "Asked for fewer calls", unit = "Count", statistic = "Sum", lines = [local.line["Throttled"]] },
      { title = "GitHub: failed requests", unit = "Count", statistic = "Sum", lines = [local.line["GithubFailed"]] },
      { title = "Table: units", unit = "Count", statistic = "Sum", lines = [
        for metric in ["ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"] : ["AWS/DynamoDB", metric, "TableName", var.table_name]
      ] },
      { title = "API: requests by status", unit = "Count", statistic = "Sum", lines = [
        for metric in ["RequestCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count"] :
        ["AWS/ApplicationELB", metric, "LoadBalancer", local.balancer, "TargetGroup", var.api_target_group]
      ] },
      { title = "API: time to answer", unit = "Seconds", statistic = "p99", lines = [
        ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", local.balancer, "TargetGroup", var.api_target_group],
      ] },
      { title = "Previews: requests", unit = "Count", statistic = "Sum", lines = [
        for balancer in values(var.balancers) : ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", balancer]
      ] },
    ],
    flatten([
      for metric, what in { CPUUtilization = "CPU", MemoryUtilization = "Memory" } : [
        { title = "${what} of API and workers", unit = "Percent", statistic = "Average", lines = [
          for service in values(var.services) : ["AWS/ECS", metric, "ClusterName", var.cluster_name, "ServiceName", service.name]
        ] },
        { title = "${what} of previews: the ten that use most", unit = "Percent", statistic = "Average", lines = [[{
          expression = "SELECT AVG(${metric}) FROM SCHEMA(\"AWS/ECS\", ClusterName, ServiceName) WHERE ClusterName = '${var.cluster_name}' GROUP BY ServiceName ORDER BY MAX() DESC LIMIT 10"
          label      = ""
          id         = "busiest"
        }]] },
      ]
    ]),
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = "${var.name}-${var.environment}"

  dashboard_body = jsonencode({
    widgets = concat(
      [for place, chart in local.charts : {
        type   = "metric"
        x      = place % 3 * 8
        y      = floor(place / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = chart.title
          region  = local.region
          view    = "timeSeries"
          period  = try(chart.seconds, 60)
          stat    = chart.statistic
          metrics = chart.lines
          yAxis   = { left = { min = 0, label = chart.unit, showUnits = false } }
        }
      }],
      [{
        type   = "alarm"
        x      = 0
        y      = ceil(length(local.charts) / 3) * 6
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
