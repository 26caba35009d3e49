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

run "the_state_is_encrypted_with_a_key_of_its_own" {
  assert {
    condition     = module.state.kms_key_arn == aws_kms_key.state.arn
    error_message = "the state is not encrypted with its own key"
  }

  assert {
    condition     = aws_kms_key.state.enable_key_rotation
    error_message = "the key is never rotated"
  }
}

run "nobody_is_let_in_by_the_state_s_policy" {
  assert {
    condition     = alltrue([for statement in jsondecode(module.state.policy).Statement : statement.Effect == "Deny"])
    error_message = "the state's policy lets somebody in"
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
