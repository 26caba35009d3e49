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
}

variables {
  environment  = "dev"
  installation = "0a1b2c3d"
  cluster_arn  = "arn:aws:ecs:us-east-1:111122223333:cluster/previews"
  queue_arn    = "arn:aws:sqs:us-east-1:111122223333:tempus-hints"
}

run "only_what_matters_of_this_installation_s_previews_is_taken" {
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this["running"].event_pattern) == {
      source      = ["aws.ecs"]
      detail-type = ["ECS Task State Change"]
      detail = {
        clusterArn = ["arn:aws:ecs:us-east-1:111122223333:cluster/previews"]
        group      = [{ prefix = "service:tempus-0a1b2c3d-" }]
        lastStatus = ["RUNNING"]
      }
    }
    error_message = "tasks of others are taken, or every state of a task"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this["stopped"].event_pattern) == {
      source      = ["aws.ecs"]
      detail-type = ["ECS Task State Change"]
      detail = {
        clusterArn = ["arn:aws:ecs:us-east-1:111122223333:cluster/previews"]
        group      = [{ prefix = "service:tempus-0a1b2c3d-" }]
        lastStatus = ["STOPPED"]
        stopCode   = [{ anything-but = ["ServiceSchedulerInitiated"] }]
      }
    }
    error_message = "tasks of others are taken, or those that a service was told to stop"
  }

  assert {
    condition = alltrue([
      for kind in ["service", "deployment"] : jsondecode(aws_cloudwatch_event_rule.this[kind].event_pattern).resources == [
        { prefix = "arn:aws:ecs:us-east-1:111122223333:service/previews/tempus-0a1b2c3d-" },
        { prefix = "arn:aws:ecs:us-east-1:111122223333:service/tempus-0a1b2c3d-" },
      ]
    ])
    error_message = "services of others are taken"
  }

  assert {
    condition = alltrue([
      for rule in aws_cloudwatch_event_rule.this :
      jsondecode(rule.event_pattern).source == ["aws.ecs"] && length(jsondecode(rule.event_pattern).detail) > 0
    ])
    error_message = "a rule takes every event of its kind"
  }
}

run "events_come_to_the_queue_as_they_are" {
  assert {
    condition = alltrue([
      for target in aws_cloudwatch_event_target.this :
      target.arn == var.queue_arn && target.input == null && target.input_path == null && length(target.input_transformer) == 0
    ])
    error_message = "the program reads whole events"
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.this : one(target.retry_policy).maximum_event_age_in_seconds <= 300])
    error_message = "an event is tried long after the reminder has looked"
  }
}

run "the_queue_lets_these_rules_in" {
  assert {
    condition     = alltrue([for rule in aws_cloudwatch_event_rule.this : startswith(rule.name, "tempus-")])
    error_message = "the queue's policy lets in rules that begin with the installation's prefix"
  }
}

run "a_cluster_is_a_cluster" {
  command = plan

  variables {
    cluster_arn = "previews"
  }

  expect_failures = [var.cluster_arn]
}
