# One row for each alarm: what is measured, from where on somebody is told, and what to do. An alarm without data is quiet
# unless silence itself is the news.

locals {
  balancer = var.balancers["a1"]

  alarms = merge(
    {
      "queue-age" = {
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = var.queue_names.live }
        statistic   = "Maximum"
        above       = 900
        minutes     = 5
        description = "Work waits for a quarter of an hour: are workers running, and at their maximum?"
      }
      # Workers drain it once a minute into their own list.
      "dead-letters" = {
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = var.queue_names.dead }
        statistic   = "Minimum"
        above       = 0
        minutes     = 10
        description = "Messages that were received too often are not drained: no worker is running. ${var.runbooks}/replay-dead-letters.md"
      }
      "worker-errors" = {
        namespace   = local.namespace
        metric      = "worker-errors"
        dimensions  = {}
        statistic   = "Sum"
        above       = 0
        minutes     = 1
        description = "A saga needs a person, a message cannot be read, or something exists without a row: search the worker's log for ERROR. ${var.runbooks}/parked-saga.md"
      }
      "api-errors" = {
        namespace   = local.namespace
        metric      = "api-errors"
        dimensions  = {}
        statistic   = "Sum"
        above       = 0
        minutes     = 1
        description = "The API met something that it should not have: search its log for ERROR."
      }
      "api-5xx" = {
        namespace   = "AWS/ApplicationELB"
        metric      = "HTTPCode_Target_5XX_Count"
        dimensions  = { LoadBalancer = local.balancer, TargetGroup = var.api_target_group }
        statistic   = "Sum"
        above       = 5
        minutes     = 5
        description = "The API answers with errors: does its engine answer? GET /ready says so."
      }
      "api-gone" = {
        namespace   = "AWS/ApplicationELB"
        metric      = "HealthyHostCount"
        dimensions  = { LoadBalancer = local.balancer, TargetGroup = var.api_target_group }
        statistic   = "Minimum"
        below       = 1
        minutes     = 3
        silence     = "breaching"
        description = "No API is ready. Previews go on and end on time without it."
      }
      "table-writes-throttled" = {
        namespace   = "AWS/DynamoDB"
        metric      = "WriteThrottleEvents"
        dimensions  = { TableName = var.table_name }
        statistic   = "Sum"
        above       = 0
        minutes     = 5
        description = "The table refuses writes for a while; sagas back off."
      }
      "table-reads-throttled" = {
        namespace   = "AWS/DynamoDB"
        metric      = "ReadThrottleEvents"
        dimensions  = { TableName = var.table_name }
        statistic   = "Sum"
        above       = 0
        minutes     = 5
        description = "The table refuses reads for a while."
      }
      # The end of a preview is found by the reminder too, so nothing is left behind.
      "schedules-dropped" = {
        namespace   = "AWS/Scheduler"
        metric      = "InvocationDroppedCount"
        dimensions  = { ScheduleGroup = var.schedule_group }
        statistic   = "Sum"
        above       = 0
        minutes     = 5
        description = "A schedule could not be posted for a day: may its role send to the queue, and use the key?"
      }
    },
    {
      for kind, rule in var.rule_names : "events-${kind}-failed" => {
        namespace   = "AWS/Events"
        metric      = "FailedInvocations"
        dimensions  = { RuleName = rule }
        statistic   = "Sum"
        above       = 0
        minutes     = 5
        description = "ECS's events do not reach the queue: do its policy and key let them in? Sagas poll meanwhile."
      }
    },
    merge([
      for role, service in var.services : {
        for metric, what in { CPUUtilization = "CPU", MemoryUtilization = "memory" } : "${role}-${lower(what)}" => {
          namespace                          = "AWS/ECS"
          metric                             = metric
          dimensions                         = { ClusterName = var.cluster_name, ServiceName = service.name }
          statistic                          = "Average"
          above                              = 85
          minutes                            = 15
          description                        = "The ${role} is short of ${what}."
        }
      }
    ]...),
    {
      for role, service in var.services : "${role}-tasks" => {
        namespace   = "ECS/ContainerInsights"
        metric      = "RunningTaskCount"
        dimensions  = { ClusterName = var.cluster_name, ServiceName = service.name }
        statistic   = "Minimum"
        below       = service.tasks
        minutes     = 10
        silence     = "breaching"
        description = "Fewer tasks run than there should always be: the service's events say why."
      } if var.container_insights
    },
    { for metric in var.database == null ? [] : ["FreeStorageSpace"] : "database-storage" => {
      namespace   = "AWS/RDS"
      metric      = metric
      dimensions  = { DBInstanceIdentifier = var.database.id }
      statistic   = "Minimum"
      below       = 2147483648
      minutes     = 15
      description = "The databases' server has less than 2 GiB left, and has grown as far as it may."
    } },
    { for metric in var.database == null ? [] : ["CPUUtilization"] : "database-cpu" => {
      namespace   = "AWS/RDS"
      metric      = metric
      dimensions  = { DBInstanceIdentifier = var.database.id }
      statistic   = "Average"
      above       = 90
      minutes     = 15
      description = "The databases' server is at its limit."
    } },
    {
      for node in range(var.cache == null ? 0 : var.cache.nodes) : format("cache-%03d-memory", node + 1) => {
        namespace   = "AWS/ElastiCache"
        metric      = "DatabaseMemoryUsagePercentage"
        dimensions  = { CacheClusterId = format("%s-%03d", var.cache.id, node + 1) }
        statistic   = "Maximum"
        above       = 90
        minutes     = 15
        description = "The cache is nearly full: it forgets what was not used for longest."
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description
  namespace         = each.value.namespace
  metric_name       = each.value.metric
  dimensions        = each.value.dimensions
  statistic         = each.value.statistic
  tags              = local.tags

  # Minute by minute, so that a short peak is none.
  period              = 60
  evaluation_periods  = each.value.minutes
  comparison_operator = can(each.value.below) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = try(each.value.below, each.value.above)
  treat_missing_data  = try(each.value.silence, "notBreaching")

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]

  # Before the topic lets alarms through, what is told is lost.
  depends_on = [aws_sns_topic_policy.alarms]
}
