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
  mock_resource "aws_dynamodb_table" {
    defaults = {
      arn = "arn:aws:dynamodb:us-east-1:111122223333:table/tempus"
    }
  }
}

variables {
  environment = "dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/k"
}

run "the_table_can_be_taken_back_and_not_be_deleted" {
  assert {
    condition = (
      one(aws_dynamodb_table.this.point_in_time_recovery).enabled
      && one(aws_dynamodb_table.this.point_in_time_recovery).recovery_period_in_days == 35
    )
    error_message = "the table cannot be taken back to an earlier moment"
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "the only record of what was made can be deleted"
  }

  assert {
    condition = (
      one(aws_dynamodb_table.this.server_side_encryption).enabled
      && one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key_arn
    )
    error_message = "the table is not encrypted with the environment's key"
  }
}

# As `tempus bootstrap` makes it: the program refuses a table without these indexes.
run "the_table_is_the_one_that_the_program_expects" {
  assert {
    condition = (
      aws_dynamodb_table.this.name == "tempus"
      && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
      && aws_dynamodb_table.this.hash_key == "pk"
      && aws_dynamodb_table.this.range_key == "sk"
    )
    error_message = "the table has another name or other keys"
  }

  assert {
    condition = {
      for index in aws_dynamodb_table.this.global_secondary_index :
      index.name => concat([for key in index.key_schema : "${key.key_type} ${key.attribute_name}"], [index.projection_type], sort(tolist(coalesce(index.non_key_attributes, []))))
      } == {
      due    = ["HASH due_shard", "RANGE due_at", "KEYS_ONLY"]
      listed = ["HASH list_key", "RANGE list_at", "INCLUDE", "pr_number", "repository"]
      newest = ["HASH newest_key", "RANGE list_at", "INCLUDE", "pr_number", "repository"]
      parked = ["HASH parked_key", "RANGE list_at", "INCLUDE", "pr_number", "repository"]
    }
    error_message = "the indexes are not the program's"
  }

  assert {
    condition = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == {
      pk = "S", sk = "S", due_shard = "N", due_at = "N", list_key = "S", list_at = "S", newest_key = "S", parked_key = "S"
    }
    error_message = "the attributes of the keys are not the program's"
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).enabled && one(aws_dynamodb_table.this.ttl).attribute_name == "ttl"
    error_message = "idempotency keys are kept for ever"
  }
}

run "the_program_s_own_names" {
  module {
    source = "./tests/source"
  }
}

run "the_table_has_the_program_s_own_names" {
  assert {
    condition = !run.the_program_s_own_names.is_clone || alltrue([
      for index, keys in { DUE = ["DUE_SHARD", "DUE_AT"], LISTED = ["LIST_KEY", "LIST_AT"], NEWEST = ["NEWEST_KEY", "LIST_AT"], PARKED = ["PARKED_KEY", "LIST_AT"] } :
      anytrue([
        for made in aws_dynamodb_table.this.global_secondary_index :
        made.name == lookup(run.the_program_s_own_names.names, index, "")
        && [for key in made.key_schema : key.attribute_name] == [for key in keys : lookup(run.the_program_s_own_names.names, key, "")]
      ])
    ])
    error_message = "engine/src/aws/table/index.rs has other indexes"
  }

  # What is copied beside that costs nothing.
  assert {
    condition = !run.the_program_s_own_names.is_clone || alltrue([
      for made in aws_dynamodb_table.this.global_secondary_index :
      length(setsubtract(run.the_program_s_own_names.copied, coalesce(made.non_key_attributes, []))) == 0
      if made.name != "due"
    ])
    error_message = "engine/src/aws/table/index.rs copies more into the indexes"
  }

  assert {
    condition = !run.the_program_s_own_names.is_clone || [aws_dynamodb_table.this.hash_key, aws_dynamodb_table.this.range_key, one(aws_dynamodb_table.this.ttl).attribute_name] == [
      for name in ["PK", "SK", "TTL"] : lookup(run.the_program_s_own_names.names, name, "")
    ]
    error_message = "the program calls its keys otherwise"
  }
}

run "the_installation_is_stored_as_the_program_reads_it" {
  assert {
    condition = jsondecode(aws_dynamodb_table_item.installation[0].item) == {
      pk           = { S = "meta" }
      sk           = { S = "installation" }
      installation = { S = output.installation }
      schema       = { N = "1" }
    }
    error_message = "the program would not find its installation"
  }

  assert {
    condition     = can(regex("^[0-9a-f]{8}$", output.installation))
    error_message = "the installation is not eight hex digits"
  }
}

run "another_prefix_is_another_installation" {
  variables {
    name = "tempus-dev"
  }

  assert {
    condition     = output.installation != run.the_installation_is_stored_as_the_program_reads_it.installation
    error_message = "two installations of one account would take each other's previews for their own"
  }
}

run "an_installation_that_the_table_holds_is_not_written_over" {
  variables {
    installation = "0a1b2c3d"
  }

  assert {
    condition     = output.installation == "0a1b2c3d" && length(aws_dynamodb_table_item.installation) == 0
    error_message = "the id that the table holds is written over"
  }
}

run "an_installation_is_eight_hex_digits" {
  command = plan

  variables {
    installation = "tempus"
  }

  expect_failures = [var.installation]
}
