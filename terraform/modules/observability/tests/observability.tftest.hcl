mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:111122223333:tempus-alarms" }
  }
}

variables {
  environment      = "dev"
  kms_key_arn      = "arn:aws:kms:us-east-1:111122223333:key/k"
  emails           = ["team@example.com"]
  budget_usd       = 98
  cluster_name     = "tempus"
  services         = { api = { name = "tempus-api", tasks = 2 }, worker = { name = "tempus-worker", tasks = 3 } }
  balancers        = { a1 = "app/tempus-a1/1" }
  api_target_group = "targetgroup/tempus-api/1"
  queue_names      = { live = "tempus-hints", dead = "tempus-hints-dead" }
  table_name       = "tempus"
  schedule_group   = "tempus"
  rule_names       = { task = "tempus-task" }
}

run "alarms_are_told_encrypted_and_by_this_account_alone" {
  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == var.kms_key_arn
    error_message = "the topic is not under the environment's key"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : statement.Condition.StringEquals["aws:SourceAccount"] == "111122223333"
      if statement.Effect == "Allow"
    ])
    error_message = "another account's alarms come through"
  }

  assert {
    condition     = anytrue([for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : statement.Effect == "Deny" && statement.Principal == "*" && statement.Condition == { Bool = { "aws:SecureTransport" = "false" } }])
    error_message = "the topic can be told in the clear"
  }
}

run "every_alarm_tells_somebody_and_says_where_to_read_on" {
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : toset(alarm.alarm_actions) == toset([aws_sns_topic.alarms.arn]) && can(regex("^[A-Z].{20,}\\. runbooks/[a-z-]+\\.md$", alarm.alarm_description))])
    error_message = "an alarm is for nobody, or says nothing"
  }

  assert {
    condition     = toset(keys(aws_sns_topic_subscription.emails)) == toset(["team@example.com"])
    error_message = "nobody is told"
  }
}

run "what_needs_a_person_is_an_alarm" {
  assert {
    condition = { for name in ["parked-saga", "dead-letters", "sweep-found-orphans", "queue-age"] : name => [
      aws_cloudwatch_metric_alarm.this[name].namespace,
      aws_cloudwatch_metric_alarm.this[name].metric_name,
      aws_cloudwatch_metric_alarm.this[name].dimensions["Installation"],
      aws_cloudwatch_metric_alarm.this[name].threshold,
      aws_cloudwatch_metric_alarm.this[name].comparison_operator,
      ] } == {
      "parked-saga"         = ["Tempus", "PreviewsParked", "tempus", 0, "GreaterThanThreshold"]
      "dead-letters"        = ["Tempus", "DeadLetters", "tempus", 0, "GreaterThanThreshold"]
      "sweep-found-orphans" = ["Tempus", "Orphans", "tempus", 0, "GreaterThanThreshold"]
      "queue-age"           = ["Tempus", "QueueOldestAge", "tempus", 300, "GreaterThanThreshold"]
    }
    error_message = "a parked saga goes unseen, or something else that waits"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dead-queue"].dimensions["QueueName"] == "tempus-hints-dead"
    error_message = "a queue that nobody drains goes unseen"
  }
}

run "alarms_look_at_what_the_program_tells" {
  assert {
    condition = length(setsubtract(
      concat(
        [for alarm in aws_cloudwatch_metric_alarm.this : alarm.metric_name if alarm.namespace == "Tempus"],
        flatten([for alarm in aws_cloudwatch_metric_alarm.this : [for query in alarm.metric_query : [for metric in query.metric : metric.metric_name if metric.namespace == "Tempus"]]]),
      ),
      output.series,
    )) == 0
    error_message = "an alarm waits for a metric that nobody writes"
  }
}

run "objectives_are_watched_in_the_long_and_in_the_short" {
  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => [
      alarm.threshold,
      one(flatten([for query in alarm.metric_query : query.expression if query.id == "share"])),
      join(" ", distinct(flatten([for query in alarm.metric_query : [for metric in query.metric : metric.period]]))),
      ] if length(alarm.metric_query) > 0 && name != "table-throttled" } == {
      "slow-ready"       = [0.05 * 6, "missed / of", "21600"]
      "slow-ready-fast"  = [0.05 * 14.4, "missed / of", "3600"]
      "late-expiry"      = [0.001 * 6, "missed / of", "21600"]
      "late-expiry-fast" = [0.001 * 14.4, "missed / of", "3600"]
      "api-errors"       = [0.001 * 6, "missed / of", "21600"]
      "api-errors-fast"  = [0.001 * 14.4, "missed / of", "3600"]
    }
    error_message = "an objective is missed unseen"
  }
}

run "a_small_installation_is_not_told_of_an_hour" {
  variables {
    fast_burn = false
  }

  assert {
    condition     = !anytrue([for name in keys(aws_cloudwatch_metric_alarm.this) : endswith(name, "-fast")]) && contains(keys(aws_cloudwatch_metric_alarm.this), "late-expiry")
    error_message = "one late preview wakes somebody up, or none does"
  }
}

run "what_alarms_cost_is_counted_by_the_metric" {
  assert {
    condition     = output.alarm_metrics == sum([for alarm in aws_cloudwatch_metric_alarm.this : max(1, length([for query in alarm.metric_query : query.id if length(query.metric) > 0]))])
    error_message = "more is paid for alarms than is said"
  }
}

run "silence_is_news_where_something_should_speak" {
  assert {
    condition     = toset([for name, alarm in aws_cloudwatch_metric_alarm.this : name if alarm.treat_missing_data == "breaching"]) == toset(["api-gone", "api-tasks", "sweep-missing", "worker-tasks"])
    error_message = "an alarm is quiet where silence is the news, or the other way round"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["worker-tasks"].threshold == 3 && aws_cloudwatch_metric_alarm.this["worker-tasks"].comparison_operator == "LessThanThreshold"
    error_message = "a missing worker goes unseen"
  }
}

run "only_what_is_there_is_watched" {
  assert {
    condition     = !anytrue([for name in keys(aws_cloudwatch_metric_alarm.this) : startswith(name, "database-") || startswith(name, "cache-")])
    error_message = "there is an alarm of a database or a cache that does not exist"
  }
}

run "databases_and_caches_are_watched_where_they_are" {
  variables {
    container_insights = false
    database           = { id = "tempus-dev" }
    cache              = { id = "tempus-dev", nodes = 2 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["database-storage"].dimensions["DBInstanceIdentifier"] == "tempus-dev"
      && aws_cloudwatch_metric_alarm.this["cache-002-memory"].dimensions["CacheClusterId"] == "tempus-dev-002"
      && !contains(keys(aws_cloudwatch_metric_alarm.this), "worker-tasks")
    )
    error_message = "something else is watched"
  }
}

run "the_budget_tells_before_it_is_spent" {
  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "98" && { for told in aws_budgets_budget.monthly.notification : told.notification_type => told.threshold } == { ACTUAL = 80, FORECASTED = 100 }
    error_message = "the budget is another, or tells too late"
  }
}

run "the_dashboard_shows_every_alarm" {
  assert {
    condition     = length(one([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.alarms if widget.type == "alarm"])) == length(aws_cloudwatch_metric_alarm.this)
    error_message = "an alarm is not on the dashboard"
  }
}

# An account's first three cost nothing, of up to 50 metrics each.
run "the_dashboard_costs_nothing_and_shows_all_that_the_program_tells" {
  variables {
    balancers = { for number in range(1, 6) : "a${number}" => "app/tempus-a${number}/1" }
  }

  assert {
    condition     = sum([for chart in local.charts : length([for line in chart.lines : line if try(line[0].expression, null) == null])]) <= 50
    error_message = "the dashboard has to be paid for"
  }

  assert {
    condition     = [for metric in output.series : metric if !strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "\"${metric}\",\"Installation\",\"tempus\"")] == []
    error_message = "something that the program tells is not shown"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    emails      = ["nobody"]
    budget_usd  = 0
    balancers   = {}
    queue_names = { live = "x", dead = "x" }
  }

  expect_failures = [var.emails, var.budget_usd, var.balancers, var.queue_names]
}
