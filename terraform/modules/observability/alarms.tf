# One row for each alarm: what is measured, from where on somebody is told, and the page that says what to do. Those of the
# first two parts have the names that docs/telemetry.md and docs/prometheus/alerts.yml give them. An alarm without data is
# quiet unless silence itself is the news.

locals {
  balancer = var.balancers["a1"]

  # What the program itself tells: one dimension, as docs/telemetry.md says.
  own = { Installation = var.name }

  # What the program's own series tell. `seconds` is how much one value sums up, `times` how many in a row are too much.
  told = {
    "parked-saga"         = { metric = "PreviewsParked", statistic = "Maximum", above = 0, times = 5, page = "parked-saga", says = "A preview waits for a person." }
    "dead-letters"        = { metric = "DeadLetters", statistic = "Maximum", above = 0, times = 5, page = "replay-dead-letters", says = "A message that nobody can read is kept." }
    "sweep-found-orphans" = { metric = "Orphans", statistic = "Maximum", above = 0, times = 5, page = "sweep-found-orphans", says = "Something exists that belongs to no preview." }
    "queue-age"           = { metric = "QueueOldestAge", statistic = "Maximum", above = 300, times = 5, page = "queue-age", says = "Due work has waited for five minutes, and nobody takes it up." }
    "leases-lost"         = { metric = "LeasesLost", statistic = "Sum", above = 3, seconds = 900, page = "leases-lost", says = "Workers die, are frozen, or do not reach the table within a lease." }
    "quota-reached"       = { metric = "RefusedByQuota", statistic = "Sum", above = 0, seconds = 900, page = "quota-reached", says = "Creates are refused: every slot or listener is taken." }
    "budget-warned"       = { metric = "BudgetsWarned", statistic = "Maximum", above = 0, times = 5, page = "budget-warned", says = "A monthly budget of previews is nearly spent, or spent." }
    "cloud-throttled"     = { metric = "Throttled", statistic = "Sum", above = 30, seconds = 900, times = 2, page = "cloud-throttled", says = "AWS goes on asking for fewer calls." }
    "github-unreachable"  = { metric = "GithubFailed", statistic = "Sum", above = 0, seconds = 900, times = 3, page = "github-unreachable", says = "Requests to GitHub go on failing." }
    "sweep-missing"       = { metric = "SweepsDone", statistic = "Sum", below = 1, seconds = 900, times = 5, silence = "breaching", page = "sweep-missing", says = "No sweep has come to its end for an hour: no worker runs, or it cannot list." }
  }

  # The objectives of docs/slo.md: the share that may miss them, and where what missed and what counts are measured.
  objectives = {
    "slow-ready" = {
      share  = 0.05, says = "Previews take longer than two minutes to become ready"
      missed = { namespace = local.namespace, metric = "ReadyLate", dimensions = local.own }
      of     = { namespace = local.namespace, metric = "ReadyTotal", dimensions = local.own }
    }
    "late-expiry" = {
      share  = 0.001, says = "Previews outlive their expiry by more than five minutes"
      missed = { namespace = local.namespace, metric = "ExpiryLate", dimensions = local.own }
      of     = { namespace = local.namespace, metric = "ExpiryTotal", dimensions = local.own }
    }
    "api-errors" = {
      share  = 0.001, says = "The API answers with errors"
      missed = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = { LoadBalancer = local.balancer, TargetGroup = var.api_target_group } }
      of     = { namespace = "AWS/ApplicationELB", metric = "RequestCount", dimensions = { LoadBalancer = local.balancer, TargetGroup = var.api_target_group } }
    }
  }

  # How fast what may be missed in 28 days is used up. One window each: an alarm of CloudWatch has no two.
  burns = {
    ""      = { seconds = 21600, times_the_share = 6, says = "in five days" }
    "-fast" = { seconds = 3600, times_the_share = 14.4, says = "in two days" }
  }

  burning = merge([
    for name, objective in local.objectives : {
      for suffix, burn in local.burns : "${name}${suffix}" => {
        sum     = { missed = objective.missed, of = objective.of }
        formula = "missed / of"
        above   = objective.share * burn.times_the_share
        seconds = burn.seconds
        page    = name
        says    = "${objective.says}, so often that what 28 days allow is gone ${burn.says}."
      } if suffix == "" || var.fast_burn
    }
  ]...)

  # What AWS tells of the parts that are AWS's own.
  around = merge(
    {
      "api-gone" = {
        namespace = "AWS/ApplicationELB", metric = "HealthyHostCount", dimensions = { LoadBalancer = local.balancer, TargetGroup = var.api_target_group }
        statistic = "Minimum", below = 1, times = 5, silence = "breaching", page = "api-errors", says = "No API is ready. Previews go on and end on time without it."
      }
      # What is asked for here is more than a throttled call now and then, which clients try again unseen.
      "table-throttled" = {
        sum     = { for kind in ["Write", "Read"] : lower(kind) => { namespace = "AWS/DynamoDB", metric = "${kind}ThrottleEvents", dimensions = { TableName = var.table_name } } }
        formula = "FILL(write, 0) + FILL(read, 0)", above = 0, seconds = 300, times = 2, page = "table-throttled", says = "The table refuses calls; sagas back off."
      }
      # Workers drain it once a minute into their own list.
      "dead-queue" = {
        namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.queue_names.dead }
        statistic = "Minimum", above = 0, times = 10, page = "queue-age", says = "Messages that were received too often are not drained: no worker runs."
      }
      # The end of a preview is found by the reminder too, so nothing is left behind.
      "schedules-dropped" = {
        namespace = "AWS/Scheduler", metric = "InvocationDroppedCount", dimensions = { ScheduleGroup = var.schedule_group }
        statistic = "Sum", above = 0, times = 5, page = "aws-not-delivering", says = "A schedule could not be posted for a day."
      }
    },
    {
      for kind, rule in var.rule_names : "events-${kind}-failed" => {
        namespace = "AWS/Events", metric = "FailedInvocations", dimensions = { RuleName = rule }
        statistic = "Sum", above = 0, times = 5, page = "aws-not-delivering", says = "ECS's events do not reach the queue. Sagas poll meanwhile."
      }
    },
    merge([
      for role, service in var.services : {
        for metric, what in { CPUUtilization = "CPU", MemoryUtilization = "memory" } : "${role}-${lower(what)}" => {
          namespace                          = "AWS/ECS", metric = metric, dimensions = { ClusterName = var.cluster_name, ServiceName = service.name }
          statistic                          = "Average", above = 85, times = 15, page = "tasks-short", says = "The ${role} is short of ${what}."
        }
      }
    ]...),
    {
      for role, service in var.services : "${role}-tasks" => {
        namespace = "ECS/ContainerInsights", metric = "RunningTaskCount", dimensions = { ClusterName = var.cluster_name, ServiceName = service.name }
        statistic = "Minimum", below = service.tasks, times = 10, silence = "breaching", page = "tasks-short", says = "Fewer tasks of the ${role} run than there should always be."
      } if var.container_insights
    },
    { for metric in var.database == null ? [] : ["FreeStorageSpace"] : "database-storage" => {
      namespace = "AWS/RDS", metric = metric, dimensions = { DBInstanceIdentifier = var.database.id }
      statistic = "Minimum", below = 2147483648, times = 15, page = "database-full", says = "The databases' server has less than 2 GiB left, and has grown as far as it may."
    } },
    { for metric in var.database == null ? [] : ["CPUUtilization"] : "database-cpu" => {
      namespace = "AWS/RDS", metric = metric, dimensions = { DBInstanceIdentifier = var.database.id }
      statistic = "Average", above = 90, times = 15, page = "database-full", says = "The databases' server is at its limit."
    } },
    {
      for node in range(var.cache == null ? 0 : var.cache.nodes) : format("cache-%03d-memory", node + 1) => {
        namespace = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", dimensions = { CacheClusterId = format("%s-%03d", var.cache.id, node + 1) }
        statistic = "Maximum", above = 90, times = 15, page = "database-full", says = "The cache is nearly full: it forgets what was not used for longest."
      }
    },
  )

  alarms = merge({ for name, alarm in local.told : name => merge(alarm, { namespace = local.namespace, dimensions = local.own }) }, local.burning, local.around)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.says} ${var.runbooks}/${each.value.page}.md"
  tags              = local.tags

  namespace   = try(each.value.namespace, null)
  metric_name = try(each.value.metric, null)
  dimensions  = try(each.value.dimensions, null)
  statistic   = try(each.value.statistic, null)
  period      = can(each.value.formula) ? null : try(each.value.seconds, 60)

  dynamic "metric_query" {
    for_each = try(each.value.sum, {})

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.metric
        dimensions  = metric_query.value.dimensions
        stat        = "Sum"
        period      = each.value.seconds
      }
    }
  }

  dynamic "metric_query" {
    for_each = try([each.value.formula], [])

    content {
      id          = "share"
      expression  = metric_query.value
      label       = each.key
      return_data = true
    }
  }

  evaluation_periods  = try(each.value.times, 1)
  comparison_operator = can(each.value.below) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = try(each.value.below, each.value.above)
  treat_missing_data  = try(each.value.silence, "notBreaching")

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]

  # Before the topic lets alarms through, what is told is lost.
  depends_on = [aws_sns_topic_policy.alarms]
}
