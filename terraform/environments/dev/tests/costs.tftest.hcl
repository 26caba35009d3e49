mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
}

variables {
  region    = "us-east-1"
  domain    = "previews.example.com"
  zone_id   = "Z0123456789ABC"
  image_tag = "v1.0.0"
}

run "costs" {
  command = plan
  assert {
    condition     = output.monthly_cost.total < 0
    error_message = jsonencode(output.monthly_cost)
  }
}
