# What EventBridge Scheduler may do to run the tasks of scheduled workers.

locals {
  tasks = "arn:${local.partition}:ecs:${local.here}:task/${local.cluster}/*"
}

resource "aws_iam_role" "tasks" {
  name        = "${var.name}-tasks"
  description = "${var.name}: runs the tasks of scheduled workers"
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
          "aws:SourceArn" = "arn:${local.partition}:scheduler:${local.here}:schedule-group/${var.task_schedule_group}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "tasks" {
  name = "tempus"
  role = aws_iam_role.tasks.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Run"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = local.definitions
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
      },
      {
        # A task has its definition's tags: by them a worker may stop it.
        Sid       = "TagNewTasks"
        Effect    = "Allow"
        Action    = "ecs:TagResource"
        Resource  = local.tasks
        Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
      },
      {
        Sid       = "PassPreviewsRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [aws_iam_role.this["previews-execution"].arn, aws_iam_role.this["previews-task"].arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
