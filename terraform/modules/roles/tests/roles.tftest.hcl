mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::111122223333:policy/mocked" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
}

variables {
  environment              = "dev"
  installation             = "0a1b2c3d"
  kms_key_arn              = "arn:aws:kms:us-east-1:111122223333:key/k"
  table_arn                = "arn:aws:dynamodb:us-east-1:111122223333:table/tempus"
  queue_arn                = "arn:aws:sqs:us-east-1:111122223333:tempus-hints"
  dead_letter_arn          = "arn:aws:sqs:us-east-1:111122223333:tempus-hints-dead"
  schedule_group           = "tempus"
  task_schedule_group      = "tempus-tasks"
  schedule_role_arn        = "arn:aws:iam::111122223333:role/tempus-scheduler"
  cluster_arn              = "arn:aws:ecs:us-east-1:111122223333:cluster/tempus"
  vpc_id                   = "vpc-0a1b"
  listener_arns            = ["arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/tempus-a1/0a/1b"]
  previews_log_group_arn   = "arn:aws:logs:us-east-1:111122223333:log-group:/tempus/dev/previews"
  control_log_group_arns   = ["arn:aws:logs:us-east-1:111122223333:log-group:/tempus/dev/api"]
  previews_repository_arns = ["arn:aws:ecr:us-east-1:111122223333:repository/tempus/previews"]
  control_repository_arns  = ["arn:aws:ecr:us-east-1:111122223333:repository/tempus/control"]
  previews_secret_arns     = ["arn:aws:secretsmanager:us-east-1:111122223333:secret:tempus/dev/redis-url-abc"]
  control_secret_arns      = ["arn:aws:secretsmanager:us-east-1:111122223333:secret:tempus/dev/github-app-abc"]
}

run "policies_allow_the_calls_that_the_code_makes_and_no_other" {
  variables {
    delete_images = true
  }

  assert {
    condition = alltrue([
      for role, calls in jsondecode(file("calls.json")) : length(setsubtract(
        flatten(values(calls)),
        concat(
          flatten(jsondecode(aws_iam_role_policy.this[role].policy).Statement[*].Action),
          flatten([for statement in jsondecode(aws_iam_policy.worker.policy).Statement : statement.Action if role == "worker"]),
        ),
      )) == 0
    ])
    error_message = "a call that the code makes is not allowed"
  }

  assert {
    condition = alltrue([
      for role, calls in jsondecode(file("calls.json")) : length(setsubtract(
        concat(
          flatten([for statement in jsondecode(aws_iam_role_policy.this[role].policy).Statement : statement.Action if statement.Sid != "Key"]),
          flatten([for statement in jsondecode(aws_iam_policy.worker.policy).Statement : statement.Action if role == "worker"]),
        ),
        flatten(values(calls)),
      )) == 0
    ])
    error_message = "an action is allowed that no call of the code needs"
  }
}

run "the_api_touches_no_service_that_makes_previews" {
  assert {
    condition = alltrue([
      for action in flatten(jsondecode(aws_iam_role_policy.this["api"].policy).Statement[*].Action) :
      contains(["dynamodb", "sqs", "logs", "kms"], split(":", action)[0])
    ])
    error_message = "the API may call something else than its table, its queue and the previews' log group"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this["api"].policy).Statement :
      alltrue([for resource in flatten([statement.Resource]) : startswith(resource, "arn:aws:")])
    ])
    error_message = "the API may do something to more than what is named"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this["api"].policy).Statement : statement.Resource
      if contains(flatten([statement.Action]), "logs:FilterLogEvents")
      ] == [
      ["arn:aws:logs:us-east-1:111122223333:log-group:/tempus/dev/previews", "arn:aws:logs:us-east-1:111122223333:log-group:/tempus/dev/previews:*", "arn:aws:logs:us-east-1:111122223333:log-group:/tempus/dev/previews/tempus-0a1b2c3d-*"]
    ]
    error_message = "the API may read other logs than the previews'"
  }
}

run "what_a_worker_changes_is_confined_to_the_installation" {
  # Not to be confined by resource: reads that take none, and one change that takes neither resource nor tag.
  assert {
    condition = toset(flatten([
      for statement in concat(jsondecode(aws_iam_role_policy.this["worker"].policy).Statement, jsondecode(aws_iam_policy.worker.policy).Statement) : statement.Action
      if contains(flatten([statement.Resource]), "*") && !can(statement.Condition)
      ])) == toset([
      "application-autoscaling:DescribeScalableTargets",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:GetMetricData",
      "ec2:DescribeSecurityGroups",
      "ecs:DeregisterTaskDefinition",
      "ecs:DescribeTaskDefinition",
      "ecs:ListTaskDefinitionFamilies",
      "tag:GetResources",
      "ecs:ListTaskDefinitions",
      "elasticloadbalancing:DescribeRules",
      "elasticloadbalancing:DescribeTags",
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeTargetHealth",
      "scheduler:ListSchedules",
      "ssm:DescribeParameters",
    ])
    error_message = "a worker may do something unconfined that could be confined"
  }

  # Every other change of ECS, of load balancers, security groups and schedules: by name or by tag.
  assert {
    condition = alltrue([
      for statement in concat(jsondecode(aws_iam_role_policy.this["worker"].policy).Statement, jsondecode(aws_iam_policy.worker.policy).Statement) : anytrue([
        alltrue([for resource in flatten([statement.Resource]) : strcontains(resource, "tempus-0a1b2c3d-")]),
        try(statement.Condition.StringEquals["aws:ResourceTag/tempus:installation"] == "0a1b2c3d", false),
        try(statement.Condition.StringEquals["aws:RequestTag/tempus:installation"] == "0a1b2c3d", false),
        can(statement.Condition.StringEquals["ecs:CreateAction"]),
        can(statement.Condition.StringEquals["elasticloadbalancing:CreateAction"]),
        can(statement.Condition.StringEquals["ec2:CreateAction"]),
        statement.Sid == "CreateGroupsHere" && statement.Resource == "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b",
      ])
      if anytrue([
        for action in flatten([statement.Action]) :
        can(regex("^(ecs|elasticloadbalancing|ec2|scheduler|logs|application-autoscaling|cloudwatch):", action))
        && !can(regex("^[a-z0-9-]+:(Describe|List|Get|Filter|DeregisterTaskDefinition)", action))
      ])
    ])
    error_message = "a worker may change what is not of its installation"
  }

  assert {
    condition = alltrue([
      for statement in concat(jsondecode(aws_iam_role_policy.this["worker"].policy).Statement, jsondecode(aws_iam_policy.worker.policy).Statement) :
      alltrue([for value in values(try(statement.Condition.StringEquals, {})) : !contains(flatten([value]), "*")])
    ])
    error_message = "a condition holds for everything"
  }

  assert {
    condition = {
      for statement in concat(jsondecode(aws_iam_role_policy.this["worker"].policy).Statement, jsondecode(aws_iam_policy.worker.policy).Statement) :
      statement.Sid => statement.Condition.StringEquals["iam:PassedToService"] if contains(flatten([statement.Action]), "iam:PassRole")
    } == { PassSchedulesRole = "scheduler.amazonaws.com", PassPreviewsRoles = "ecs-tasks.amazonaws.com" }
    error_message = "a worker may pass a role to somebody else"
  }

  assert {
    condition = alltrue([
      for statement in concat(jsondecode(aws_iam_role_policy.this["worker"].policy).Statement, jsondecode(aws_iam_policy.worker.policy).Statement) : alltrue([
        for resource in flatten([statement.Resource]) : resource != "*"
      ]) if contains(flatten([statement.Action]), "iam:PassRole")
    ])
    error_message = "a worker may pass any role"
  }
}

run "a_schedule_runs_tasks_of_the_installation_and_does_nothing_else" {
  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.tasks.policy).Statement :
      statement.Sid => [jsonencode(statement.Action), jsonencode(statement.Resource), jsonencode(statement.Condition)]
      } == {
      Run               = [jsonencode("ecs:RunTask"), jsonencode("arn:aws:ecs:us-east-1:111122223333:task-definition/tempus-0a1b2c3d-*:*"), jsonencode({ ArnEquals = { "ecs:cluster" = var.cluster_arn } })]
      TagNewTasks       = [jsonencode("ecs:TagResource"), jsonencode("arn:aws:ecs:us-east-1:111122223333:task/tempus/*"), jsonencode({ StringEquals = { "ecs:CreateAction" = "RunTask" } })]
      PassPreviewsRoles = [jsonencode("iam:PassRole"), jsonencode(["arn:aws:iam::111122223333:role/mocked", "arn:aws:iam::111122223333:role/mocked"]), jsonencode({ StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } })]
    }
    error_message = "the role may do more than run the previews' tasks"
  }

  assert {
    condition     = jsondecode(aws_iam_role.tasks.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceArn"] == "arn:aws:scheduler:us-east-1:111122223333:schedule-group/tempus-tasks"
    error_message = "a schedule of another group can take the role on"
  }
}

run "alarms_and_tasks_are_apart" {
  command = plan

  variables {
    task_schedule_group = "tempus"
  }

  expect_failures = [var.task_schedule_group]
}

run "starting_a_task_pulls_logs_and_reads_the_named_secrets" {
  assert {
    condition = alltrue([
      for role in ["control-execution", "previews-execution"] : length(setsubtract(
        flatten(jsondecode(aws_iam_role_policy.this[role].policy).Statement[*].Action),
        [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
          "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue", "ssm:GetParameters",
        ],
      )) == 0
    ])
    error_message = "an execution role may do more than pull, log, read secrets and decrypt"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this["previews-execution"].policy).Statement : statement.Resource
      if contains(statement.Action, "ssm:GetParameters")
    ] == [["arn:aws:ssm:us-east-1:111122223333:parameter/tempus/0a1b2c3d/*"]]
    error_message = "previews can be given a parameter that no worker made for one"
  }

  assert {
    condition = !anytrue([
      for statement in jsondecode(aws_iam_role_policy.this["control-execution"].policy).Statement : contains(statement.Action, "ssm:GetParameters")
    ])
    error_message = "the control plane is given what is the previews'"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this["worker"].policy).Statement : statement.Resource
      if contains(flatten([statement.Action]), "ssm:PutParameter")
    ] == ["arn:aws:ssm:us-east-1:111122223333:parameter/tempus/0a1b2c3d/*"]
    error_message = "a worker may write other parameters than its installation's"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this["previews-execution"].policy).Statement : statement.Resource
      if contains(statement.Action, "secretsmanager:GetSecretValue")
    ] == [["arn:aws:secretsmanager:us-east-1:111122223333:secret:tempus/dev/redis-url-abc"]]
    error_message = "previews can be given a secret that is not named for them"
  }

  assert {
    condition = alltrue([
      for statement in concat(
        jsondecode(aws_iam_role_policy.this["control-execution"].policy).Statement,
        jsondecode(aws_iam_role_policy.this["previews-execution"].policy).Statement,
      ) : !contains(statement.Resource, "*") || statement.Action == ["ecr:GetAuthorizationToken"]
    ])
    error_message = "an execution role may do something to everything"
  }
}

run "nothing_is_decrypted_where_there_are_no_secrets" {
  variables {
    previews_secret_arns = []
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this["previews-execution"].policy, "kms:")
    error_message = "previews' execution role may use the key for nothing"
  }
}

run "an_application_may_do_nothing_unless_a_shell_is_allowed" {
  assert {
    condition     = !contains(keys(aws_iam_role_policy.this), "previews-task")
    error_message = "the applications of previews may do something"
  }
}

run "an_application_with_a_shell_may_do_that_alone" {
  variables {
    allow_exec = true
  }

  assert {
    condition = alltrue([
      for action in flatten(jsondecode(aws_iam_role_policy.this["previews-task"].policy).Statement[*].Action) :
      startswith(action, "ssmmessages:")
    ])
    error_message = "a shell needs its channel and nothing else"
  }
}

run "only_ecs_takes_the_roles_on_and_only_for_this_account" {
  assert {
    condition = alltrue([
      for role in aws_iam_role.this : alltrue([
        for statement in jsondecode(role.assume_role_policy).Statement :
        statement.Principal == { Service = "ecs-tasks.amazonaws.com" }
        && statement.Condition.StringEquals["aws:SourceAccount"] == "111122223333"
      ])
    ])
    error_message = "somebody else can take a role on"
  }
}

run "no_action_is_a_pattern" {
  assert {
    condition = alltrue([
      for policy in aws_iam_role_policy.this :
      alltrue([for action in flatten(jsondecode(policy.policy).Statement[*].Action) : !strcontains(action, "*")])
    ])
    error_message = "an action with * allows what nobody has listed"
  }
}

run "images_are_deleted_where_it_is_asked_for_and_previews_alone" {
  variables {
    delete_images = true
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.worker.policy).Statement : statement.Resource
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "ecr:")])
    ] == [["arn:aws:ecr:us-east-1:111122223333:repository/tempus/previews"]]
    error_message = "a worker may touch images that are not previews'"
  }
}

run "images_are_nobody_s_to_delete_where_it_is_not_asked_for" {
  assert {
    condition     = !strcontains(aws_iam_policy.worker.policy, "ecr:") && !strcontains(aws_iam_role_policy.this["worker"].policy, "ecr:")
    error_message = "a worker may touch images for nothing"
  }
}

run "the_largest_pool_fits_into_a_role_s_policies" {
  variables {
    delete_images = true
    previews_repository_arns = [
      for number in range(8) : "arn:aws:ecr:us-east-1:111122223333:repository/tempus-production/application-number-${number}"
    ]
    listener_arns = [
      for number in range(25) :
      "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/tempus-production-a${number + 1}/0123456789abcdef/0123456789abcdef"
    ]
  }

  assert {
    condition     = length(aws_iam_role_policy.this["worker"].policy) <= 10240 && length(aws_iam_policy.worker.policy) <= 6144
    error_message = "IAM takes 10,240 characters"
  }
}

run "the_installation_s_tag_is_for_previews_alone" {
  command = plan

  variables {
    tags = { "tempus:installation" = "0a1b2c3d" }
  }

  expect_failures = [var.tags]
}
