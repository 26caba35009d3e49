mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = {
      arn = "arn:aws:s3:::kept"
      id  = "kept"
    }
  }
}

variables {
  bucket       = "kept"
  kms_key_arn  = "arn:aws:kms:us-east-1:111122223333:key/k"
  earlier_days = 30
}

run "it_cannot_be_opened" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "the bucket can be opened to the public"
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs can open an object to others"
  }
}

run "it_takes_tls_and_its_key_and_nothing_else" {
  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid =>
      [statement.Effect, statement.Principal, jsonencode(statement.Condition)]
      } == {
      OnlyTls = ["Deny", "*", jsonencode({ Bool = { "aws:SecureTransport" = "false" } })]
      OnlyThisKey = ["Deny", "*", jsonencode({
        Null                    = { "s3:x-amz-server-side-encryption" = "false" }
        StringNotEqualsIfExists = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "arn:aws:kms:us-east-1:111122223333:key/k" }
      })]
    }
    error_message = "the bucket answers without TLS, or takes objects under another key"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "objects are not encrypted with the key"
  }
}

run "what_was_overwritten_is_kept_for_a_time" {
  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "what was overwritten is lost"
  }

  assert {
    condition = jsonencode([
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule :
      [rule.status, one(rule.noncurrent_version_expiration).noncurrent_days, one(rule.expiration[*].days)]
    ]) == jsonencode([["Enabled", 30, null]])
    error_message = "earlier versions must go after their time, and objects stay"
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "destroying the bucket removes what is in it, unasked"
  }
}

run "objects_go_where_a_time_is_given" {
  variables {
    expire_days = 90
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : one(rule.expiration).days] == [90]
    error_message = "objects are kept for ever"
  }
}

run "services_write_where_they_may" {
  variables {
    kms_key_arn = null
    writers = {
      "logdelivery.elasticloadbalancing.amazonaws.com" = { keys = ["AWSLogs/111122223333/*"] }
      "logging.s3.amazonaws.com"                       = { keys = ["buckets/*"], account = "111122223333" }
    }
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement if statement.Effect == "Allow"
      ]) == jsonencode([
      {
        Action    = "s3:PutObject"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Resource  = ["arn:aws:s3:::kept/AWSLogs/111122223333/*"]
      },
      {
        Action    = "s3:PutObject"
        Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Resource  = ["arn:aws:s3:::kept/buckets/*"]
      },
    ])
    error_message = "a service may write where it need not"
  }
}

run "only_services_of_aws_are_let_in_by_the_policy" {
  command = plan

  variables {
    writers = { "*" = { keys = ["*"] } }
  }

  expect_failures = [var.writers]
}
