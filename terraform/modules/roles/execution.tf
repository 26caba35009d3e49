# What ECS may do to start a task, and what the application in it may do then.

locals {
  # The control plane's tasks and previews': nobody's secrets are in reach of the other.
  started = {
    control = {
      repositories = var.control_repository_arns
      imports      = []
      log_groups   = var.control_log_group_arns
      secrets      = var.control_secret_arns
      parameters   = []
    }
    previews = {
      repositories = var.previews_repository_arns
      imports      = var.pull_through_repository_arns
      log_groups   = [var.previews_log_group_arn, local.own_log_groups]
      secrets      = var.previews_secret_arns
      # Of databases' URLs, which workers make: encrypted with the account's own key for parameters.
      parameters = [local.parameters]
    }
  }

  execution = {
    for whose, started in local.started : whose => [
      for statement in [
        {
          # Takes no resource: what can be pulled with the token is said below.
          Sid      = "Token"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
        {
          Sid      = "Pull"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = concat(started.repositories, started.imports)
        },
        {
          # A pull-through cache makes the repository when an image is first pulled.
          Sid      = "PullThrough"
          Effect   = "Allow"
          Action   = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
          Resource = started.imports
        },
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = [for arn in started.log_groups : "${arn}:*"]
        },
        {
          Sid      = "ReadSecrets"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = [for arn in started.secrets : arn if can(regex(":secretsmanager:", arn))]
        },
        {
          Sid      = "ReadParameters"
          Effect   = "Allow"
          Action   = ["ssm:GetParameters"]
          Resource = concat([for arn in started.secrets : arn if can(regex(":ssm:", arn))], started.parameters)
        },
        {
          Sid       = "DecryptSecrets"
          Effect    = "Allow"
          Action    = ["kms:Decrypt"]
          Resource  = length(started.secrets) == 0 ? [] : [var.kms_key_arn]
          Condition = { StringEquals = { "kms:ViaService" = [for service in ["secretsmanager", "ssm"] : "${service}.${local.region}.amazonaws.com"] } }
        },
      ] : statement if length(statement.Resource) > 0
    ]
  }

  application = [
    for statement in [{
      # ECS Exec's channel; takes no resource.
      Sid    = "Shell"
      Effect = "Allow"
      Action = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = "*"
    }] : statement if var.allow_exec
  ]
}
