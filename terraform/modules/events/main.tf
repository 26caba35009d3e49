data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  # What every service of this installation is called.
  prefix  = "tempus-${var.installation}-"
  cluster = element(split("/", var.cluster_arn), 1)
  ours    = "arn:${data.aws_partition.current.partition}:ecs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:service"

  # Services in this cluster, under the long form of their ARN and the short one.
  services = [
    { prefix = "${local.ours}/${local.cluster}/${local.prefix}" },
    { prefix = "${local.ours}/${local.prefix}" },
  ]

  tasks = {
    clusterArn = [var.cluster_arn]
    group      = [{ prefix = "service:${local.prefix}" }]
  }

  rules = {
    running = {
      description = "Tasks of previews that run"
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Task State Change"]
        detail      = merge(local.tasks, { lastStatus = ["RUNNING"] })
      }
    }
    stopped = {
      # What a service stops by itself, it was told to: by an update, or since it is being taken down.
      description = "Tasks of previews that stopped of themselves"
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Task State Change"]
        detail = merge(local.tasks, {
          lastStatus = ["STOPPED"]
          stopCode   = [{ anything-but = ["ServiceSchedulerInitiated"] }]
        })
      }
    }
    service = {
      # That one is steady is no news: its deployment says so, and before it its task.
      description = "Services of previews that cannot start"
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Service Action"]
        resources   = local.services
        detail = {
          clusterArn = [var.cluster_arn]
          eventName  = ["SERVICE_TASK_START_IMPAIRED", "SERVICE_TASK_PLACEMENT_FAILURE"]
        }
      }
    }
    deployment = {
      description = "Deployments of previews that ended"
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Deployment State Change"]
        resources   = local.services
        detail      = { eventName = ["SERVICE_DEPLOYMENT_COMPLETED", "SERVICE_DEPLOYMENT_FAILED"] }
      }
    }
  }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  # The queue's policy lets in rules that are called so.
  name          = "${var.name}-ecs-${each.key}"
  description   = each.value.description
  event_pattern = jsonencode(each.value.pattern)
  tags          = local.tags
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = aws_cloudwatch_event_rule.this

  rule      = each.value.name
  target_id = "hints"
  arn       = var.queue_arn

  # Later than this the reminder has long looked by itself, so there is no queue for those that could not be put.
  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 10
  }
}
