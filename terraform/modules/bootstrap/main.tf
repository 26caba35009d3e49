data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  bucket    = coalesce(var.bucket, "${var.name}-state-${local.account}-${local.region}")
  tags      = merge(var.tags, { "tempus:name" = var.name })

  backend = <<-CONF
    bucket       = "${module.state.bucket}"
    region       = "${local.region}"
    kms_key_id   = "${aws_kms_key.state.arn}"
    encrypt      = true
    use_lockfile = true
  CONF
}

# A key of its own: states outlive the environments whose keys they describe.
resource "aws_kms_key" "state" {
  description             = "Terraform states of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        # Without the key every state is lost. Who means it changes this policy first.
        Sid       = "Keep"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["kms:DisableKey", "kms:ScheduleKeyDeletion"]
        Resource  = "*"
      },
    ]
  })
}

resource "aws_kms_alias" "state" {
  name          = "alias/${var.name}-state"
  target_key_id = aws_kms_key.state.key_id
}

# S3 refuses to delete a bucket that holds anything, earlier versions too.
module "state" {
  source = "../bucket"

  bucket       = local.bucket
  kms_key_arn  = aws_kms_key.state.arn
  earlier_days = var.noncurrent_days
  access_logs  = { bucket = module.logs.bucket, prefix = "state/" }
  tags         = local.tags
}

# Under S3's own keys: access logs can be written under no other.
module "logs" {
  source = "../bucket"

  bucket       = "${local.bucket}-logs"
  expire_days  = 365
  earlier_days = 1
  tags         = local.tags

  writers = {
    "logging.s3.amazonaws.com" = { keys = ["state/*"], account = local.account }
  }
}
