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
  mock_resource "aws_s3_bucket" {
    defaults = {
      arn = "arn:aws:s3:::tempus-state-111122223333-us-east-1"
      id  = "tempus-state-111122223333-us-east-1"
    }
  }
}

run "the_state_is_encrypted_versioned_and_closed" {
  assert {
    condition = [
      for rule in aws_s3_bucket_server_side_encryption_configuration.state.rule :
      one(rule.apply_server_side_encryption_by_default).kms_master_key_id
    ] == [aws_kms_key.state.arn]
    error_message = "the state is not encrypted with its own key"
  }

  assert {
    condition     = aws_kms_key.state.enable_key_rotation
    error_message = "the key is never rotated"
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.state.versioning_configuration).status == "Enabled"
    error_message = "a state that was overwritten is lost"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "the bucket can be opened to the public"
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.state.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs can open a state to others"
  }
}

run "nothing_but_tls_and_the_bucket_s_key_is_taken" {
  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.state.policy).Statement : statement.Sid => {
        effect    = statement.Effect
        principal = statement.Principal
        condition = statement.Condition
      }
      } == {
      OnlyTls = { effect = "Deny", principal = "*", condition = { Bool = { "aws:SecureTransport" = "false" } } }
      OnlyThisKey = {
        effect    = "Deny"
        principal = "*"
        condition = {
          StringNotEqualsIfExists = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = aws_kms_key.state.arn }
          Null                    = { "s3:x-amz-server-side-encryption" = "false" }
        }
      }
    }
    error_message = "the bucket takes states without TLS or under another key"
  }
}

run "only_this_account_holds_the_key" {
  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.state.policy).Statement : statement.Principal if statement.Effect == "Allow"
    ] == [{ AWS = "arn:aws:iam::111122223333:root" }]
    error_message = "somebody outside the account may use the key"
  }
}

run "states_are_not_lost_by_destroying_this" {
  assert {
    condition = anytrue([
      for statement in jsondecode(aws_kms_key.state.policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*" && contains(flatten([statement.Action]), "kms:ScheduleKeyDeletion")
    ])
    error_message = "the key can be deleted, and with it every state"
  }

  assert {
    condition     = !aws_s3_bucket.state.force_destroy
    error_message = "destroying the bucket removes the states in it"
  }
}

run "the_backend_locks_and_encrypts" {
  assert {
    condition = alltrue([
      for line in ["encrypt      = true", "use_lockfile = true", "kms_key_id   = \"${aws_kms_key.state.arn}\""] :
      strcontains(output.backend, line)
    ])
    error_message = "an environment's backend does not lock or encrypt"
  }

  assert {
    condition     = output.bucket == "tempus-state-111122223333-us-east-1"
    error_message = "the bucket's name does not tell account and region"
  }
}

run "names_that_no_bucket_can_have_are_refused" {
  command = plan

  variables {
    bucket = "Upper_Case"
  }

  expect_failures = [var.bucket]
}
