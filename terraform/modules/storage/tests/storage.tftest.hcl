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

run "no_bucket_can_be_opened" {
  assert {
    condition = toset(keys(aws_s3_bucket_public_access_block.this)) == toset(["seeds", "backups", "logs"]) && alltrue(flatten([
      for block in aws_s3_bucket_public_access_block.this :
      [block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets]
    ]))
    error_message = "a bucket can be opened to the public"
  }

  assert {
    condition = alltrue([
      for controls in aws_s3_bucket_ownership_controls.this : one(controls.rule).object_ownership == "BucketOwnerEnforced"
    ])
    error_message = "ACLs can open an object to others"
  }

  assert {
    condition = alltrue([
      for policy in concat(values(aws_s3_bucket_policy.kept), [aws_s3_bucket_policy.logs]) : anytrue([
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && try(statement.Condition.Bool["aws:SecureTransport"] == "false", false)
      ])
    ])
    error_message = "a bucket answers without TLS"
  }

  assert {
    condition = alltrue([
      for statement in flatten([
        for policy in concat(values(aws_s3_bucket_policy.kept), [aws_s3_bucket_policy.logs]) : jsondecode(policy.policy).Statement
      ]) : statement.Effect == "Deny" || can(statement.Principal.Service)
    ])
    error_message = "a bucket's policy lets somebody in who is no service of AWS"
  }
}

run "seeds_and_backups_are_under_the_environment_s_key" {
  assert {
    condition = alltrue([
      for kind in ["seeds", "backups"] :
      one(one(aws_s3_bucket_server_side_encryption_configuration.kept[kind].rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    ])
    error_message = "a bucket is not encrypted with the environment's key"
  }

  assert {
    condition = alltrue([
      for policy in aws_s3_bucket_policy.kept : anytrue([
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" && try(statement.Condition.StringNotEqualsIfExists["s3:x-amz-server-side-encryption-aws-kms-key-id"] == var.kms_key_arn, false)
      ])
    ])
    error_message = "a bucket takes objects under another key"
  }
}

run "load_balancers_write_their_own_account_s_logs_and_nothing_else" {
  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : statement.Principal.Service => statement.Resource
      if statement.Effect == "Allow"
      } == {
      "logdelivery.elasticloadbalancing.amazonaws.com" = [
        "arn:aws:s3:::mocked/AWSLogs/111122223333/*",
        "arn:aws:s3:::mocked/*/AWSLogs/111122223333/*",
      ]
      "logging.s3.amazonaws.com" = "arn:aws:s3:::mocked/buckets/*"
    }
    error_message = "somebody may write where only this account's logs belong"
  }
}

run "what_is_old_goes" {
  assert {
    condition = jsonencode({
      for kind, lifecycle in aws_s3_bucket_lifecycle_configuration.this : kind =>
      [for rule in lifecycle.rule : one(rule.expiration[*].days) if rule.status == "Enabled"]
    }) == jsonencode({ seeds = [null], backups = [35], logs = [90] })
    error_message = "backups and logs must go after their time, and seeds stay"
  }

  assert {
    condition = alltrue([
      for lifecycle in aws_s3_bucket_lifecycle_configuration.this :
      alltrue([for rule in lifecycle.rule : length(rule.noncurrent_version_expiration) == 1])
    ])
    error_message = "earlier versions are kept for ever"
  }
}

run "buckets_are_kept_unless_told_otherwise" {
  assert {
    condition     = alltrue([for bucket in concat(values(aws_s3_bucket.kept), [aws_s3_bucket.logs]) : !bucket.force_destroy])
    error_message = "destroying a bucket removes what is in it, unasked"
  }
}

run "a_key_must_be_a_key" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/s3"
  }

  expect_failures = [var.kms_key_arn]
}
