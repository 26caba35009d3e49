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
  log_groups       = { api = "/tempus/dev/api", worker = "/tempus/dev/worker" }
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

run "every_alarm_tells_somebody_and_says_what_to_do" {
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : toset(alarm.alarm_actions) == toset([aws_sns_topic.alarms.arn]) && length(alarm.alarm_description) > 20])
    error_message = "an alarm is for nobody, or says nothing"
  }

  assert {
    condition     = toset(keys(aws_sns_topic_subscription.emails)) == toset(["team@example.com"])
    error_message = "nobody is told"
  }
}

run "what_needs_a_person_is_an_alarm" {
  assert {
    condition = alltrue([
      for role in ["api", "worker"] :
      aws_cloudwatch_log_metric_filter.errors[role].pattern == "{ $.level = \"ERROR\" }"
      && aws_cloudwatch_log_metric_filter.errors[role].log_group_name == "/tempus/dev/${role}"
      && aws_cloudwatch_metric_alarm.this["${role}-errors"].metric_name == aws_cloudwatch_log_metric_filter.errors[role].metric_transformation[0].name
      && aws_cloudwatch_metric_alarm.this["${role}-errors"].namespace == aws_cloudwatch_log_metric_filter.errors[role].metric_transformation[0].namespace
      && aws_cloudwatch_metric_alarm.this["${role}-errors"].threshold == 0
      && aws_cloudwatch_metric_alarm.this["${role}-errors"].comparison_operator == "GreaterThanThreshold"
    ])
    error_message = "a parked saga goes unseen"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dead-letters"].dimensions["QueueName"] == "tempus-hints-dead" && aws_cloudwatch_metric_alarm.this["queue-age"].dimensions["QueueName"] == "tempus-hints"
    error_message = "dead letters go unseen"
  }
}

run "silence_is_news_where_something_should_speak" {
  assert {
    condition     = toset([for name, alarm in aws_cloudwatch_metric_alarm.this : name if alarm.treat_missing_data == "breaching"]) == toset(["api-gone", "api-tasks", "worker-tasks"])
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
