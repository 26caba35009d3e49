data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  suffix  = "${local.account}-${data.aws_region.current.region}"
  tags    = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  buckets = merge(
    { for kind, bucket in aws_s3_bucket.kept : kind => bucket },
    { logs = aws_s3_bucket.logs },
  )

  only_tls = {
    for kind, bucket in local.buckets : kind => {
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [bucket.arn, "${bucket.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }
}

resource "aws_s3_bucket" "kept" {
  for_each = toset(["seeds", "backups"])

  bucket        = "${var.name}-${var.environment}-${each.key}-${local.suffix}"
  force_destroy = var.force_destroy
  tags          = local.tags
}

resource "aws_s3_bucket" "logs" {
  bucket        = "${var.name}-${var.environment}-logs-${local.suffix}"
  force_destroy = var.force_destroy
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "kept" {
  for_each = aws_s3_bucket.kept

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

# Load balancers write their logs under S3's own keys and no other.
resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_logging" "kept" {
  for_each = aws_s3_bucket.kept

  bucket        = each.value.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "buckets/${each.key}/"

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = {
    seeds   = { current = null, earlier = var.seed_days }
    backups = { current = var.backup_days, earlier = 7 }
    logs    = { current = var.log_days, earlier = 1 }
  }

  bucket = local.buckets[each.key].id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    dynamic "expiration" {
      for_each = each.value.current[*]

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = each.value.earlier
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # A rule about versions is refused by a bucket that keeps none.
  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "kept" {
  for_each = aws_s3_bucket.kept

  bucket = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.only_tls[each.key],
      {
        Sid       = "OnlyThisKey"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${each.value.arn}/*"
        # Who names no key gets the bucket's, which is this one.
        Condition = {
          StringNotEqualsIfExists = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = var.kms_key_arn }
          Null                    = { "s3:x-amz-server-side-encryption" = "false" }
        }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.only_tls["logs"],
      {
        Sid       = "LoadBalancers"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Action    = "s3:PutObject"
        # With or without a prefix; the account in the path keeps everybody else's load balancers out.
        Resource = [for prefix in ["", "*/"] : "${aws_s3_bucket.logs.arn}/${prefix}AWSLogs/${local.account}/*"]
      },
      {
        Sid       = "Buckets"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.logs.arn}/buckets/*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
