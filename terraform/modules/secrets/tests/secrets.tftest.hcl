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
  mock_resource "aws_kms_key" {
    defaults = {
      arn = "arn:aws:kms:us-east-1:111122223333:key/k"
    }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = {
      arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:s"
    }
  }
}

variables {
  environment = "dev"
  secrets     = { github-app = "The GitHub App's private key" }
}

run "the_key_is_rotated_and_can_be_taken_back" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "the key is never rotated, or gone at once"
  }
}

run "services_use_the_key_for_what_is_this_installation_s" {
  assert {
    condition = {
      for statement in jsondecode(aws_kms_key_policy.this.policy).Statement : statement.Sid => statement.Condition
      if can(statement.Principal.Service)
      } == {
      Logs = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [
        "arn:aws:logs:us-east-1:111122223333:log-group:/tempus/dev/*",
        "arn:aws:logs:us-east-1:111122223333:log-group:/aws/rds/instance/tempus-*",
      ] } }
      Events = { ArnLike = { "kms:EncryptionContext:aws:sqs:arn" = "arn:aws:sqs:us-east-1:111122223333:tempus-*" } }
      Alarms = { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:us-east-1:111122223333:tempus-*" } }
    }
    error_message = "a service may use the key for what is not this installation's"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key_policy.this.policy).Statement :
      can(statement.Principal.Service) || statement.Principal == { AWS = "arn:aws:iam::111122223333:root" }
    ])
    error_message = "somebody outside the account may use the key"
  }
}

run "secrets_are_encrypted_with_the_key_and_hold_no_value" {
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == aws_kms_key.this.arn])
    error_message = "a secret is not encrypted with the environment's key"
  }

  assert {
    condition     = [for secret in aws_secretsmanager_secret.this : secret.name] == ["tempus/dev/github-app"]
    error_message = "a secret's name does not tell its environment"
  }
}

run "a_key_that_is_gone_within_days_is_refused" {
  command = plan

  variables {
    deletion_days = 1
  }

  expect_failures = [var.deletion_days]
}
