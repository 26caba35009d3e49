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
  mock_resource "aws_scheduler_schedule_group" {
    defaults = {
      arn = "arn:aws:scheduler:us-east-1:111122223333:schedule-group/tempus"
    }
  }
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::111122223333:role/tempus-scheduler"
    }
  }
}

variables {
  environment     = "dev"
  kms_key_arn     = "arn:aws:kms:us-east-1:111122223333:key/k"
  queue_arn       = "arn:aws:sqs:us-east-1:111122223333:tempus-hints"
  dead_letter_arn = "arn:aws:sqs:us-east-1:111122223333:tempus-hints-dead"
}

run "only_schedules_of_the_group_take_the_role_on" {
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = "111122223333"
          "aws:SourceArn"     = "arn:aws:scheduler:us-east-1:111122223333:schedule-group/tempus"
        }
      }
    }]
    error_message = "a schedule of another group can take the role on"
  }
}

run "the_role_sends_to_the_two_queues_and_does_nothing_else" {
  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      statement.Sid => [jsonencode(statement.Action), jsonencode(statement.Resource), jsonencode(try(statement.Condition, null))]
      } == {
      Post    = [jsonencode("sqs:SendMessage"), jsonencode([var.queue_arn, var.dead_letter_arn]), "null"]
      Encrypt = [jsonencode(["kms:GenerateDataKey", "kms:Decrypt"]), jsonencode(var.kms_key_arn), jsonencode({ StringEquals = { "kms:ViaService" = "sqs.us-east-1.amazonaws.com" } })]
      Read    = [jsonencode("kms:Decrypt"), jsonencode(var.kms_key_arn), jsonencode({ ArnLike = { "kms:EncryptionContext:aws:scheduler:schedule:arn" = "arn:aws:scheduler:us-east-1:111122223333:schedule/tempus/*" } })]
    }
    error_message = "the role may do more than post, and read its schedules"
  }
}

# As `tempus bootstrap` makes it.
run "the_sweep_comes_every_quarter_of_an_hour" {
  assert {
    condition = (
      aws_scheduler_schedule_group.this.name == "tempus"
      && aws_iam_role.this.name == "tempus-scheduler"
      && aws_scheduler_schedule.sweep.name == "sweep"
      && aws_scheduler_schedule.sweep.group_name == "tempus"
      && aws_scheduler_schedule.sweep.schedule_expression == "rate(15 minutes)"
      && one(aws_scheduler_schedule.sweep.flexible_time_window).mode == "OFF"
    )
    error_message = "the sweep is not the program's"
  }

  assert {
    condition = (
      one(aws_scheduler_schedule.sweep.target).arn == var.queue_arn
      && one(aws_scheduler_schedule.sweep.target).input == "{\"kind\":\"sweep\"}"
      && one(one(aws_scheduler_schedule.sweep.target).dead_letter_config).arn == var.dead_letter_arn
    )
    error_message = "the sweep is not put on the queue, or is lost when it cannot be"
  }
}

run "one_minute_is_one_minute" {
  variables {
    sweep_minutes = 1
  }

  assert {
    condition     = aws_scheduler_schedule.sweep.schedule_expression == "rate(1 minute)"
    error_message = "the scheduler refuses a rate of 1 minutes"
  }
}

run "half_minutes_are_refused" {
  command = plan

  variables {
    sweep_minutes = 1.5
  }

  expect_failures = [var.sweep_minutes]
}
