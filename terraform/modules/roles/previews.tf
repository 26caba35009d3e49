# What the workers may do to make previews and take them down.

locals {
  definitions   = "arn:${local.partition}:ecs:${local.here}:task-definition/${local.ours}*:*"
  services      = "arn:${local.partition}:ecs:${local.here}:service/${local.cluster}/${local.ours}*"
  target_groups = "arn:${local.partition}:elasticloadbalancing:${local.here}:targetgroup/${local.ours}*/*"
  rules         = "arn:${local.partition}:elasticloadbalancing:${local.here}:listener-rule/app/*"
  parameters    = "arn:${local.partition}:ssm:${local.here}:parameter/tempus/${var.installation}/*"
  groups        = "arn:${local.partition}:ec2:${local.here}:security-group/*"

  previews_worker = [
    # ECS
    {
      # Takes no resource: what may be registered is told by its tag, and by the roles that may be passed to it.
      Sid       = "RegisterDefinitions"
      Effect    = "Allow"
      Action    = "ecs:RegisterTaskDefinition"
      Resource  = "*"
      Condition = local.tagging
    },
    {
      Sid       = "PassPreviewsRoles"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = [aws_iam_role.this["previews-execution"].arn, aws_iam_role.this["previews-task"].arn]
      Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
    },
    {
      # Takes neither a resource nor a tag. It stops nothing that runs, and can be undone by registering again.
      Sid      = "DeregisterDefinitions"
      Effect   = "Allow"
      Action   = "ecs:DeregisterTaskDefinition"
      Resource = "*"
    },
    {
      Sid      = "DeleteDefinitions"
      Effect   = "Allow"
      Action   = "ecs:DeleteTaskDefinitions"
      Resource = local.definitions
    },
    {
      # Take no resource.
      Sid      = "ReadDefinitions"
      Effect   = "Allow"
      Action   = ["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitionFamilies", "ecs:ListTaskDefinitions"]
      Resource = "*"
    },
    {
      Sid       = "CreateServices"
      Effect    = "Allow"
      Action    = "ecs:CreateService"
      Resource  = local.services
      Condition = local.tagging
    },
    {
      Sid      = "Services"
      Effect   = "Allow"
      Action   = ["ecs:DeleteService", "ecs:DescribeServices", "ecs:UpdateService"]
      Resource = local.services
    },
    {
      Sid       = "ListServicesAndTasks"
      Effect    = "Allow"
      Action    = ["ecs:ListServices", "ecs:ListTasks"]
      Resource  = "*"
      Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
    },
    {
      Sid      = "Tasks"
      Effect   = "Allow"
      Action   = "ecs:DescribeTasks"
      Resource = local.tasks
    },
    {
      Sid       = "TagNewOfEcs"
      Effect    = "Allow"
      Action    = "ecs:TagResource"
      Resource  = [local.definitions, local.services]
      Condition = { StringEquals = { "ecs:CreateAction" = ["CreateService", "RegisterTaskDefinition"] } }
    },

    # Load balancers
    {
      Sid       = "CreateTargetGroups"
      Effect    = "Allow"
      Action    = "elasticloadbalancing:CreateTargetGroup"
      Resource  = local.target_groups
      Condition = local.tagging
    },
    {
      Sid    = "TargetGroups"
      Effect = "Allow"
      Action = [
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
      ]
      Resource  = local.target_groups
      Condition = local.tagged
    },
    {
      Sid       = "CreateRules"
      Effect    = "Allow"
      Action    = "elasticloadbalancing:CreateRule"
      Resource  = var.listener_arns
      Condition = local.tagging
    },
    {
      # By their tag alone: a rule's ARN is as long as its listener's, and a role's policies have 10 KB in all.
      Sid       = "Rules"
      Effect    = "Allow"
      Action    = ["elasticloadbalancing:DeleteRule", "elasticloadbalancing:ModifyRule"]
      Resource  = local.rules
      Condition = local.tagged
    },
    {
      Sid       = "TagNewOfLoadBalancers"
      Effect    = "Allow"
      Action    = "elasticloadbalancing:AddTags"
      Resource  = [local.target_groups, local.rules]
      Condition = { StringEquals = { "elasticloadbalancing:CreateAction" = ["CreateRule", "CreateTargetGroup"] } }
    },
    {
      # Take no resource.
      Sid    = "ReadLoadBalancers"
      Effect = "Allow"
      Action = [
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
      ]
      Resource = "*"
    },

    # What bears a preview's tags, whatever it is
    {
      # Takes no resource.
      Sid      = "FindByTag"
      Effect   = "Allow"
      Action   = "tag:GetResources"
      Resource = "*"
    },

    # Security groups: between the services of one preview
    {
      Sid       = "CreateGroups"
      Effect    = "Allow"
      Action    = "ec2:CreateSecurityGroup"
      Resource  = local.groups
      Condition = local.tagging
    },
    {
      # A VPC bears no tag of the request, so it stands in a statement of its own.
      Sid      = "CreateGroupsHere"
      Effect   = "Allow"
      Action   = "ec2:CreateSecurityGroup"
      Resource = "arn:${local.partition}:ec2:${local.here}:vpc/${var.vpc_id}"
    },
    {
      Sid       = "Groups"
      Effect    = "Allow"
      Action    = ["ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup"]
      Resource  = local.groups
      Condition = local.tagged
    },
    {
      Sid       = "TagNewGroups"
      Effect    = "Allow"
      Action    = "ec2:CreateTags"
      Resource  = local.groups
      Condition = { StringEquals = { "ec2:CreateAction" = "CreateSecurityGroup" } }
    },
    # Parameters: what tells a preview of its database
    {
      Sid      = "Parameters"
      Effect   = "Allow"
      Action   = ["ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:PutParameter"]
      Resource = local.parameters
    },
    {
      # Takes no resource. It shows names, and no value.
      Sid      = "ListParameters"
      Effect   = "Allow"
      Action   = "ssm:DescribeParameters"
      Resource = "*"
    },
    {
      # Takes no resource.
      Sid      = "ReadGroups"
      Effect   = "Allow"
      Action   = "ec2:DescribeSecurityGroups"
      Resource = "*"
    },
  ]
}
