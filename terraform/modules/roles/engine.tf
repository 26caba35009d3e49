# What the API and the workers may do with rows, hints and schedules.

locals {
  # What both may.
  engine = [
    {
      Sid    = "Rows"
      Effect = "Allow"
      Action = [
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
      ]
      Resource = var.table_arn
    },
    {
      Sid      = "Lists"
      Effect   = "Allow"
      Action   = "dynamodb:Query"
      Resource = [var.table_arn, "${var.table_arn}/index/*"]
    },
    {
      Sid      = "Send"
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = var.queue_arn
    },
    {
      Sid      = "Queues"
      Effect   = "Allow"
      Action   = "sqs:GetQueueAttributes"
      Resource = [var.queue_arn, var.dead_letter_arn]
    },
    {
      # DynamoDB and SQS use the key on behalf of whoever calls them.
      Sid    = "Key"
      Effect = "Allow"
      Action = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ]
      Resource  = var.kms_key_arn
      Condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "sqs"] : "${service}.${local.region}.amazonaws.com"] } }
    },
    {
      Sid    = "ReadLogs"
      Effect = "Allow"
      Action = "logs:FilterLogEvents"
      # All previews' group, and the groups of those that have their own, below it.
      Resource = [var.previews_log_group_arn, "${var.previews_log_group_arn}:*", local.own_log_groups]
    },
  ]

  api = local.engine

  engine_worker = concat(local.engine, [
    {
      Sid      = "Receive"
      Effect   = "Allow"
      Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
      Resource = [var.queue_arn, var.dead_letter_arn]
    },
    {
      Sid    = "Schedules"
      Effect = "Allow"
      Action = [
        "scheduler:CreateSchedule",
        "scheduler:DeleteSchedule",
        "scheduler:GetSchedule",
        "scheduler:UpdateSchedule",
      ]
      # Alarms, and the schedules of tasks.
      Resource = [
        for group in [var.schedule_group, var.task_schedule_group] :
        "arn:${local.partition}:scheduler:${local.here}:schedule/${group}/${local.ours}*"
      ]
    },
    {
      # Takes no resource.
      Sid      = "ListSchedules"
      Effect   = "Allow"
      Action   = "scheduler:ListSchedules"
      Resource = "*"
    },
    {
      Sid       = "PassSchedulesRole"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = [var.schedule_role_arn, aws_iam_role.tasks.arn]
      Condition = { StringEquals = { "iam:PassedToService" = "scheduler.amazonaws.com" } }
    },
  ])
}
