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
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::111122223333:role/mocked"
    }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      master_user_secret = [{ kms_key_id = "arn:aws:kms:us-east-1:111122223333:key/k", secret_arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds", secret_status = "active" }]
    }
  }
}

variables {
  environment        = "dev"
  kms_key_arn        = "arn:aws:kms:us-east-1:111122223333:key/k"
  subnet_ids         = ["subnet-0a", "subnet-0b"]
  security_group_ids = ["sg-0a"]
}

run "everything_at_rest_is_under_the_environment_s_key" {
  assert {
    condition = (
      aws_db_instance.this.storage_encrypted
      && aws_db_instance.this.kms_key_id == var.kms_key_arn
      && aws_db_instance.this.master_user_secret_kms_key_id == var.kms_key_arn
      && aws_db_instance.this.performance_insights_kms_key_id == var.kms_key_arn
      && alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.kms_key_arn])
    )
    error_message = "something at rest is not encrypted with the environment's key"
  }
}

run "nobody_reaches_it_but_its_users_and_only_by_tls" {
  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.vpc_security_group_ids == toset(["sg-0a"])
    error_message = "the server can be reached from outside"
  }

  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["rds.force_ssl"] == "1"
    error_message = "the server answers without TLS"
  }
}

run "no_password_is_in_the_state" {
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "the password is in the state"
  }
}

run "it_is_what_was_asked_for" {
  assert {
    condition = (
      aws_db_instance.this.engine == "postgres"
      && aws_db_instance.this.engine_version == "16"
      && aws_db_instance.this.instance_class == "db.t4g.micro"
      && aws_db_instance.this.storage_type == "gp3"
      && aws_db_instance.this.allocated_storage == 20
      && aws_db_instance.this.max_allocated_storage == 100
      && aws_db_instance.this.multi_az
    )
    error_message = "the server is not PostgreSQL 16 on a db.t4g.micro with 20 to 100 GB of gp3 and a standby"
  }
}

run "it_can_be_taken_back_and_not_be_deleted" {
  assert {
    condition     = aws_db_instance.this.backup_retention_period >= 7 && aws_db_instance.this.copy_tags_to_snapshot
    error_message = "the server cannot be taken back a week"
  }

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "the server can be deleted for good"
  }
}

run "without_backups_is_refused" {
  command = plan

  variables {
    backup_days = 0
  }

  expect_failures = [var.backup_days]
}

run "one_subnet_is_refused" {
  command = plan

  variables {
    subnet_ids = ["subnet-0a"]
  }

  expect_failures = [var.subnet_ids]
}
