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
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:us-east-1:111122223333:mocked"
      url = "https://sqs.us-east-1.amazonaws.com/111122223333/mocked"
    }
  }
}

variables {
  environment = "dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/k"
}

run "both_queues_are_under_the_environment_s_key" {
  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.live, aws_sqs_queue.dead] : queue.kms_master_key_id == var.kms_key_arn])
    error_message = "a queue is not encrypted with the environment's key"
  }
}

# As `tempus bootstrap` makes them.
run "the_queues_are_those_that_the_program_expects" {
  assert {
    condition = (
      aws_sqs_queue.live.name == "tempus-hints"
      && aws_sqs_queue.dead.name == "tempus-hints-dead"
      && aws_sqs_queue.live.visibility_timeout_seconds == 30
      && aws_sqs_queue.live.receive_wait_time_seconds == 20
      && alltrue([for queue in [aws_sqs_queue.live, aws_sqs_queue.dead] : queue.message_retention_seconds == 1209600])
    )
    error_message = "the queues are not the program's"
  }

  assert {
    condition = jsondecode(aws_sqs_queue.live.redrive_policy) == {
      deadLetterTargetArn = aws_sqs_queue.dead.arn
      maxReceiveCount     = 10
    }
    error_message = "what crashes its worker is received for ever"
  }

  assert {
    condition = jsondecode(aws_sqs_queue_redrive_allow_policy.dead.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = [aws_sqs_queue.live.arn]
    }
    error_message = "somebody else's queue may put its dead letters here"
  }
}

run "only_the_installation_s_rules_and_schedules_are_let_in" {
  assert {
    condition = alltrue([
      for policy in aws_sqs_queue_policy.this : anytrue([
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "sqs:*"
        && statement.Condition == { Bool = { "aws:SecureTransport" = "false" } }
      ])
    ])
    error_message = "a queue answers without TLS"
  }

  assert {
    condition = {
      for which, policy in aws_sqs_queue_policy.this : which => {
        for statement in jsondecode(policy.policy).Statement : statement.Sid => [statement.Action, jsonencode(statement.Condition)]
        if statement.Effect == "Allow"
      }
      } == {
      live = {
        Events = ["sqs:SendMessage", jsonencode({
          ArnLike      = { "aws:SourceArn" = "arn:aws:events:us-east-1:111122223333:rule/tempus-*" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        })]
        Scheduler = ["sqs:SendMessage", jsonencode({ ArnEquals = { "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/tempus-scheduler" } })]
      }
      dead = {
        Scheduler = ["sqs:SendMessage", jsonencode({ ArnEquals = { "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/tempus-scheduler" } })]
      }
    }
    error_message = "somebody else may send, or more than send"
  }
}

run "a_message_outlasts_a_lease" {
  command = plan

  variables {
    visibility_seconds = 10
  }

  expect_failures = [var.visibility_seconds]
}
