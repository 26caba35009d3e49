# docs/deploy.md goes step by step: what a step needs must be told by the one before.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:111122223333:key/k" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:mocked" }
  }
  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:us-east-1:111122223333:repository/tempus-dev/tempus"
      repository_url = "111122223333.dkr.ecr.us-east-1.amazonaws.com/tempus-dev/tempus"
    }
  }
}

variables {
  region    = "us-east-1"
  domain    = "previews.example.com"
  zone_id   = "Z0123456789ABC"
  image_tag = "v1.0.0"

  admin_token_hash = "0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d"
}

# `just setup`, and what `just push` and `just deploy` read before there is anything else.
run "the_registry_and_the_secrets_come_first_and_say_where_they_are" {
  plan_options {
    target = [module.installation.module.registry, module.installation.module.secrets]
  }

  assert {
    condition     = output.image_repository == "111122223333.dkr.ecr.us-east-1.amazonaws.com/tempus-dev/tempus"
    error_message = "nobody is told where the image is pushed"
  }

  assert {
    condition     = output.gate_key_secret == "arn:aws:secretsmanager:us-east-1:111122223333:secret:mocked"
    error_message = "nobody is told where the gate's key is put"
  }
}
