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
  mock_resource "aws_s3_bucket" {
    defaults = {
      arn = "arn:aws:s3:::mocked"
      id  = "mocked"
    }
  }
}

variables {
  environment = "dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/k"
}

run "seeds_and_backups_are_under_the_environment_s_key" {
  assert {
    condition     = [module.seeds.kms_key_arn, module.backups.kms_key_arn] == [var.kms_key_arn, var.kms_key_arn]
    error_message = "a bucket is not encrypted with the environment's key"
  }
}

run "nobody_is_let_in_to_seeds_and_backups_by_their_policies" {
  assert {
    condition = alltrue([
      for policy in [module.seeds.policy, module.backups.policy] :
      alltrue([for statement in jsondecode(policy).Statement : statement.Effect == "Deny"])
    ])
    error_message = "a policy lets somebody in"
  }
}

run "load_balancers_write_their_own_account_s_logs_and_nothing_else" {
  assert {
    condition = {
      for statement in jsondecode(module.logs.policy).Statement : statement.Principal.Service => statement.Resource
      if statement.Effect == "Allow"
      } == {
      "logdelivery.elasticloadbalancing.amazonaws.com" = [
        "arn:aws:s3:::mocked/AWSLogs/111122223333/*",
        "arn:aws:s3:::mocked/*/AWSLogs/111122223333/*",
      ]
      "logging.s3.amazonaws.com" = ["arn:aws:s3:::mocked/buckets/*"]
    }
    error_message = "somebody may write where only this account's logs belong"
  }

  # They are refused by a bucket with a key.
  assert {
    condition     = module.logs.kms_key_arn == null
    error_message = "load balancers cannot write under a key of ours"
  }
}

run "names_tell_account_and_region" {
  assert {
    condition = [output.seeds_bucket, output.backups_bucket, output.logs_bucket] == [
      "tempus-dev-seeds-111122223333-us-east-1",
      "tempus-dev-backups-111122223333-us-east-1",
      "tempus-dev-logs-111122223333-us-east-1",
    ]
    error_message = "two accounts would want one name"
  }
}

run "a_key_must_be_a_key" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/s3"
  }

  expect_failures = [var.kms_key_arn]
}
