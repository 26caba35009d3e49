data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  here      = "${local.region}:${local.account}"
  tags      = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  # What every name begins with that a worker makes, whatever the installation's own prefix is.
  ours    = "tempus-${var.installation}-"
  cluster = element(split("/", var.cluster_arn), 1)

  # Of previews that say how long their lines are kept.
  own_log_groups = "${var.previews_log_group_arn}/${local.ours}*"

  # Made for this installation, or being made.
  tagged  = { StringEquals = { "aws:ResourceTag/tempus:installation" = var.installation } }
  tagging = { StringEquals = { "aws:RequestTag/tempus:installation" = var.installation } }

  roles = {
    api                = "runs tempus api"
    worker             = "runs tempus worker"
    control-execution  = "starts the control plane's tasks"
    previews-execution = "starts previews' tasks"
    previews-task      = "runs previews' applications"
  }

  # What each may do.
  policies = {
    api                = local.api
    worker             = concat(local.engine_worker, local.previews_worker)
    control-execution  = local.execution["control"]
    previews-execution = local.execution["previews"]
    previews-task      = local.application
  }
}

# Only ECS takes them on, and only for this account.
resource "aws_iam_role" "this" {
  for_each = local.roles

  name        = "${var.name}-${each.key}"
  description = "${var.name}: ${each.value}"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.here}:*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  # By name: how many statements there are is not known before the secrets they name are made.
  for_each = { for name, statements in local.policies : name => statements if name != "previews-task" || var.allow_exec }

  name = "tempus"
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = each.value
  })
}
