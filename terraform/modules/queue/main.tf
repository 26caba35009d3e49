data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  tags      = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  # As long as SQS keeps anything. A hint that is older is no longer needed, but a message that nobody could read
  # is somebody's question.
  retention = 14 * 24 * 60 * 60

  queues = { live = aws_sqs_queue.live, dead = aws_sqs_queue.dead }

  events = {
    Sid       = "Events"
    Effect    = "Allow"
    Principal = { Service = "events.amazonaws.com" }
    Action    = "sqs:SendMessage"
    Resource  = aws_sqs_queue.live.arn
    Condition = {
      ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${var.name}-*" }
      StringEquals = { "aws:SourceAccount" = local.account }
    }
  }
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-hints-dead"
  message_retention_seconds = local.retention
  kms_master_key_id         = var.kms_key_arn
  tags                      = local.tags
}

resource "aws_sqs_queue" "live" {
  name                       = "${var.name}-hints"
  message_retention_seconds  = local.retention
  visibility_timeout_seconds = var.visibility_seconds
  receive_wait_time_seconds  = 20
  kms_master_key_id          = var.kms_key_arn
  tags                       = local.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.receives
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.live.arn]
  })
}

resource "aws_sqs_queue_policy" "this" {
  for_each = local.queues

  queue_url = each.value.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(each.key == "live" ? [local.events] : [], [
      {
        Sid       = "OnlyTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = each.value.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        # By its name, not as the principal: a policy that names a role is refused until there is one.
        Sid       = "Scheduler"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "sqs:SendMessage"
        Resource  = each.value.arn
        Condition = { ArnEquals = { "aws:PrincipalArn" = "arn:${local.partition}:iam::${local.account}:role/${var.name}-scheduler" } }
      },
    ])
  })
}
