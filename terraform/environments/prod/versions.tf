terraform {
  required_version = ">= 1.10"

  # Where the state is, is not written here: terraform init -backend-config=backend.conf
  backend "s3" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.66.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = var.region
}
