data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  tags    = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  # Names of buckets are the world's.
  names = {
    for kind in ["seeds", "backups", "logs"] :
    kind => "${var.name}-${var.environment}-${kind}-${local.account}-${data.aws_region.current.region}"
  }
}

module "seeds" {
  source = "../bucket"

  bucket        = local.names.seeds
  kms_key_arn   = var.kms_key_arn
  earlier_days  = var.seed_days
  access_logs   = { bucket = module.logs.bucket, prefix = "buckets/seeds/" }
  force_destroy = var.force_destroy
  tags          = local.tags
}

module "backups" {
  source = "../bucket"

  bucket        = local.names.backups
  kms_key_arn   = var.kms_key_arn
  expire_days   = var.backup_days
  earlier_days  = 7
  access_logs   = { bucket = module.logs.bucket, prefix = "buckets/backups/" }
  force_destroy = var.force_destroy
  tags          = local.tags
}

# Under S3's own keys: load balancers can write under no other.
module "logs" {
  source = "../bucket"

  bucket        = local.names.logs
  expire_days   = var.log_days
  earlier_days  = 1
  force_destroy = var.force_destroy
  tags          = local.tags

  writers = {
    # With or without a prefix. The account in the key keeps everybody else's load balancers out.
    "logdelivery.elasticloadbalancing.amazonaws.com" = {
      keys = ["AWSLogs/${local.account}/*", "*/AWSLogs/${local.account}/*"]
    }
    "logging.s3.amazonaws.com" = { keys = ["buckets/*"], account = local.account }
  }
}
