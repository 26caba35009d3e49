data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.region
  tags    = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
  tags = local.tags
}

# Of the schedules that run tasks: in a group of their own, since what is in the other is an alarm.
resource "aws_scheduler_schedule_group" "tasks" {
  name = "${var.name}-tasks"
  tags = local.tags
}

resource "aws_iam_role" "this" {
  name        = "${var.name}-scheduler"
  description = "Posts the hints of ${var.name}'s schedules"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = local.account
          # A schedule comes under its group's ARN.
          "aws:SourceArn" = aws_scheduler_schedule_group.this.arn
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "post"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Post"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = [var.queue_arn, var.dead_letter_arn]
      },
      {
        Sid       = "Encrypt"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = var.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "sqs.${local.region}.amazonaws.com" } }
      },
      {
        # The scheduler reads a schedule with the role that it posts with.
        Sid       = "Read"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.kms_key_arn
        Condition = { ArnLike = { "kms:EncryptionContext:aws:scheduler:schedule:arn" = "${replace(aws_scheduler_schedule_group.this.arn, ":schedule-group/", ":schedule/")}/*" } }
      },
    ]
  })
}

resource "aws_scheduler_schedule" "sweep" {
  name        = "sweep"
  group_name  = aws_scheduler_schedule_group.this.name
  description = "Compares what exists with the rows"
  kms_key_arn = var.kms_key_arn

  schedule_expression = var.sweep_minutes == 1 ? "rate(1 minute)" : "rate(${var.sweep_minutes} minutes)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.queue_arn
    role_arn = aws_iam_role.this.arn
    input    = jsonencode({ kind = "sweep" })

    dead_letter_config {
      arn = var.dead_letter_arn
    }
  }

  # A role that may not post yet is refused.
  depends_on = [aws_iam_role_policy.this]
}
