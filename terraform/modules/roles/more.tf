# What some previews ask for, and most do not: tasks by a schedule, a count by load, a log group of their own. And
# what an installation may ask for: that images go with their previews.
# In a managed policy, since a role's own have 10 KB in all.

locals {
  scalable = "arn:${local.partition}:application-autoscaling:${local.here}:scalable-target/*"

  more_worker = concat(local.some_previews, [
    for statement in [{
      # Tags are told apart by the worker: IAM knows none in a repository.
      Sid      = "DeleteImages"
      Effect   = "Allow"
      Action   = ["ecr:BatchDeleteImage", "ecr:ListImages"]
      Resource = var.previews_repository_arns
    }] : statement if var.delete_images
  ])

  some_previews = [
    {
      Sid       = "StopTasks"
      Effect    = "Allow"
      Action    = "ecs:StopTask"
      Resource  = local.tasks
      Condition = local.tagged
    },

    # What a service's count by load takes: its alarms are made by Application Auto Scaling, on the caller's behalf
    {
      Sid       = "Scale"
      Effect    = "Allow"
      Action    = ["application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource"]
      Resource  = local.scalable
      Condition = local.tagging
    },
    {
      Sid       = "Scaled"
      Effect    = "Allow"
      Action    = ["application-autoscaling:DeregisterScalableTarget", "application-autoscaling:PutScalingPolicy"]
      Resource  = local.scalable
      Condition = local.tagged
    },
    {
      # Take no resource.
      Sid      = "ReadScaled"
      Effect   = "Allow"
      Action   = ["application-autoscaling:DescribeScalableTargets", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"]
      Resource = "*"
    },
    {
      Sid      = "ScalingAlarms"
      Effect   = "Allow"
      Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]
      Resource = "arn:${local.partition}:cloudwatch:${local.here}:alarm:TargetTracking-service/${local.cluster}/${local.ours}*"
    },
    {
      # The role that Application Auto Scaling changes counts with; made once in an account.
      Sid       = "ScalingRole"
      Effect    = "Allow"
      Action    = "iam:CreateServiceLinkedRole"
      Resource  = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/*"
      Condition = { StringEquals = { "iam:AWSServiceName" = "ecs.application-autoscaling.amazonaws.com" } }
    },

    # Log groups of previews that have their own
    {
      Sid      = "LogGroups"
      Effect   = "Allow"
      Action   = ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"]
      Resource = local.own_log_groups
    },
    {
      Sid      = "ListLogGroups"
      Effect   = "Allow"
      Action   = "logs:DescribeLogGroups"
      Resource = "arn:${local.partition}:logs:${local.here}:log-group:*"
    },
  ]
}

resource "aws_iam_policy" "worker" {
  name        = "${var.name}-worker-more"
  description = "${var.name}: what some previews ask for"
  tags        = local.tags

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.more_worker
  })
}

resource "aws_iam_role_policy_attachment" "worker" {
  role       = aws_iam_role.this["worker"].name
  policy_arn = aws_iam_policy.worker.arn
}
