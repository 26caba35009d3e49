data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  # The same whenever this table is made anew, so that what its predecessor left is found and not orphaned.
  derived      = substr(sha256("${data.aws_caller_identity.current.account_id}/${data.aws_region.current.region}/${var.name}"), 0, 8)
  installation = coalesce(var.installation, local.derived)

  # What lists filter by without reading the rows.
  copied = ["repository", "pr_number"]

  # Each index: its keys, and what is copied into it beside them.
  indexes = {
    due    = { hash = "due_shard", range = "due_at", copied = [] }
    listed = { hash = "list_key", range = "list_at", copied = local.copied }
    newest = { hash = "newest_key", range = "list_at", copied = local.copied }
    parked = { hash = "parked_key", range = "list_at", copied = local.copied }
  }
}

resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.deletion_protection
  tags                        = local.tags

  dynamic "attribute" {
    for_each = {
      pk         = "S"
      sk         = "S"
      due_shard  = "N"
      due_at     = "N"
      list_key   = "S"
      list_at    = "S"
      newest_key = "S"
      parked_key = "S"
    }

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.indexes

    content {
      name               = global_secondary_index.key
      projection_type    = length(global_secondary_index.value.copied) == 0 ? "KEYS_ONLY" : "INCLUDE"
      non_key_attributes = length(global_secondary_index.value.copied) == 0 ? null : global_secondary_index.value.copied

      key_schema {
        attribute_name = global_secondary_index.value.hash
        key_type       = "HASH"
      }

      key_schema {
        attribute_name = global_secondary_index.value.range
        key_type       = "RANGE"
      }
    }
  }

  # Clears idempotency keys. Nothing that matters carries this attribute.
  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = var.recovery_days
  }
}

# Whose table this is, as `tempus bootstrap` stores it.
resource "aws_dynamodb_table_item" "installation" {
  count = var.installation == null ? 1 : 0

  table_name = aws_dynamodb_table.this.name
  hash_key   = "pk"
  range_key  = "sk"

  item = jsonencode({
    pk           = { S = "meta" }
    sk           = { S = "installation" }
    installation = { S = local.installation }
    schema       = { N = "1" }
  })

  # The program moves the schema's version on; the id never changes.
  lifecycle {
    ignore_changes = [item]
  }
}
