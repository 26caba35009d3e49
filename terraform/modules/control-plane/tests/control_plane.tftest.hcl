mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/mocked/1" }
  }
}

variables {
  environment        = "dev"
  image              = "111122223333.dkr.ecr.us-east-1.amazonaws.com/tempus/tempus:v1.0.0"
  settings           = { "aws.region" = "us-east-1", "aws.table" = "tempus", "ecs.cluster" = "tempus", "quota.per_owner" = "5" }
  cluster_name       = "tempus"
  log_groups         = { api = "/tempus/dev/api", worker = "/tempus/dev/worker", previews = "/tempus/dev/previews" }
  vpc_id             = "vpc-0a1b"
  subnet_ids         = ["subnet-a"]
  security_group_ids = { api = "sg-api", worker = "sg-worker", previews = "sg-previews" }
  task_role_arns     = { api = "arn:aws:iam::111122223333:role/tempus-api", worker = "arn:aws:iam::111122223333:role/tempus-worker" }
  execution_role_arn = "arn:aws:iam::111122223333:role/tempus-control-execution"
  balancers          = ["a1"]
  listener_arns      = { a1 = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/tempus-a1/1/2" }
  balancer_cidrs     = ["10.0.1.0/24", "10.0.4.0/24"]
  identity           = { admin_token_hash = "0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d" }
  api_domain         = "api.previews.example.com"
  queue_name         = "tempus-hints"
}

run "each_has_a_role_and_a_group_of_its_own" {
  assert {
    condition     = tomap({ for role, task in aws_ecs_task_definition.this : role => task.task_role_arn }) == var.task_role_arns
    error_message = "a task has another's role"
  }

  assert {
    condition     = alltrue([for role, service in { api = aws_ecs_service.api, worker = aws_ecs_service.worker } : toset(service.network_configuration[0].security_groups) == toset([var.security_group_ids[role]])])
    error_message = "a task is in another's group"
  }
}

run "no_task_has_a_public_address_or_a_shell" {
  assert {
    condition     = alltrue([for service in [aws_ecs_service.api, aws_ecs_service.worker] : !service.network_configuration[0].assign_public_ip && !service.enable_execute_command])
    error_message = "a task has a public address, or may be entered"
  }
}

run "a_container_can_do_nothing_but_its_work" {
  assert {
    condition = alltrue([
      for task in aws_ecs_task_definition.this : alltrue([
        for container in jsondecode(task.container_definitions) :
        container.readonlyRootFilesystem && !container.privileged && container.user == "65532:65532"
        && container.linuxParameters.capabilities.drop == ["ALL"]
      ])
    ])
    error_message = "a container writes to its disk, is root, or has capabilities"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].portMappings == []
    error_message = "a worker is reached by somebody"
  }
}

run "a_task_that_hangs_is_replaced_and_one_that_ends_has_time_to_hand_over" {
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : jsondecode(task.container_definitions)[0].healthCheck.command == ["CMD", "/tempus", "health"]])
    error_message = "nobody asks a task how it is"
  }

  # The worker's calls in flight end first; Fargate grants 120 seconds, and Spot gives no more notice than that.
  assert {
    condition     = { for role, task in aws_ecs_task_definition.this : role => jsondecode(task.container_definitions)[0].stopTimeout } == { api = 30, worker = 115 }
    error_message = "a task is killed while it hands over"
  }
}

run "a_task_is_a_quarter_of_a_core" {
  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.this : task.cpu == "256" && task.memory == "512" && task.requires_compatibilities == toset(["FARGATE"])])
    error_message = "a task is larger or smaller"
  }
}

run "lines_are_logged_where_each_may_write" {
  assert {
    condition = alltrue([
      for role, task in aws_ecs_task_definition.this :
      jsondecode(task.container_definitions)[0].logConfiguration.options.awslogs-group == "/tempus/dev/${role}"
    ])
    error_message = "a task logs elsewhere"
  }
}

run "the_program_is_told_its_configuration_as_it_reads_it" {
  assert {
    condition = { for pair in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].environment : pair.name => pair.value } == {
      TEMPUS_ENGINE          = "aws"
      TEMPUS_PLATFORM        = "aws"
      TEMPUS_LOG_FORMAT      = "json"
      TEMPUS_TELEMETRY_EMF   = "yes"
      TEMPUS_TELEMETRY_NAME  = "tempus"
      TEMPUS_ECS_PROCESSES   = "8"
      TEMPUS_WORKER_LISTEN   = "127.0.0.1:9464"
      TEMPUS_AWS_REGION      = "us-east-1"
      TEMPUS_AWS_TABLE       = "tempus"
      TEMPUS_ECS_CLUSTER     = "tempus"
      TEMPUS_QUOTA_PER_OWNER = "5"
    }
    error_message = "a worker would not be told, or not understand"
  }

  assert {
    condition = setsubtract(
      [for pair in jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].environment : "${pair.name}=${pair.value}"],
      [for pair in jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].environment : "${pair.name}=${pair.value}"],
      ) == toset([
        "TEMPUS_API_LISTEN=0.0.0.0:8080",
        "TEMPUS_API_NAMES=api.previews.example.com",
        "TEMPUS_API_TRUSTED_PROXIES=10.0.1.0/24, 10.0.4.0/24",
        "TEMPUS_IDENTITY_ADMIN_TOKEN_HASH=${var.identity.admin_token_hash}",
    ])
    error_message = "the API would not be told, or answer to others than the load balancers"
  }

  assert {
    condition     = { for role, task in aws_ecs_task_definition.this : role => jsondecode(task.container_definitions)[0].command } == { api = ["api"], worker = ["worker"] }
    error_message = "a task runs the other's command"
  }
}

run "secrets_are_given_by_their_arn_and_to_whom_they_are_for" {
  variables {
    worker_secrets = { TEMPUS_KEY = "arn:aws:secretsmanager:us-east-1:111122223333:secret:tempus/dev/key-AbCdEf" }
  }

  assert {
    condition = (
      jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].secrets == [{ name = "TEMPUS_KEY", valueFrom = var.worker_secrets["TEMPUS_KEY"] }]
      && jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].secrets == []
    )
    error_message = "a secret is given to somebody else"
  }
}

run "rules_of_an_identity_provider_reach_the_api_and_nobody_else" {
  variables {
    identity = { oidc = [
      "issuer=https://token.actions.githubusercontent.com audience=tempus repository=acme/shop scope=deployer",
      "issuer=https://token.actions.githubusercontent.com audience=tempus repository=acme/infra ref=refs/heads/main scope=admin",
    ] }
  }

  assert {
    condition     = output.role_settings.api["identity.oidc"] == join("; ", var.identity.oidc) && !contains(keys(output.role_settings.api), "identity.admin_token_hash")
    error_message = "the API would take other tokens"
  }

  assert {
    condition     = length([for key in keys(output.role_settings.worker) : key if startswith(key, "identity.") || startswith(key, "api.")]) == 0
    error_message = "a worker is told what is the API's"
  }
}

run "every_load_balancer_has_a_way_to_the_api" {
  override_resource {
    target = aws_lb_target_group.api["a2"]
    values = { arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/mocked/2" }
  }

  variables {
    balancers     = ["a1", "a2"]
    listener_arns = { a1 = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/tempus-a1/1/2", a2 = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/tempus-a2/3/4" }
  }

  assert {
    condition = (
      { for name, group in aws_lb_target_group.api : name => group.name } == { a1 = "tempus-api-a1", a2 = "tempus-api-a2" }
      && tomap({ for name, rule in aws_lb_listener_rule.api : name => rule.listener_arn }) == var.listener_arns
      && length(aws_ecs_service.api.load_balancer) == 2
      && output.target_group == aws_lb_target_group.api["a1"].arn_suffix
    )
    error_message = "the API is not behind each of them"
  }
}

run "requests_go_to_an_api_that_is_ready_and_by_its_name_alone" {
  assert {
    condition     = aws_lb_target_group.api["a1"].health_check[0].path == "/ready"
    error_message = "an API whose engine does not answer gets requests"
  }

  assert {
    condition     = one(aws_lb_listener_rule.api["a1"].condition).host_header[0].values == toset([var.api_domain]) && aws_lb_listener_rule.api["a1"].priority == 50000
    error_message = "the API answers to other names, or is in the way of previews' rules"
  }
}

run "workers_follow_the_age_of_the_queue" {
  assert {
    condition = (
      aws_appautoscaling_target.worker.min_capacity == 2 && aws_appautoscaling_target.worker.max_capacity == 6
      && aws_appautoscaling_target.worker.resource_id == "service/tempus/tempus-worker"
      && aws_appautoscaling_policy.worker.target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metric_name == "ApproximateAgeOfOldestMessage"
      && one(aws_appautoscaling_policy.worker.target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].dimensions).value == var.queue_name
    )
    error_message = "workers are not added while hints wait"
  }
}

run "a_version_that_does_not_start_is_taken_back" {
  assert {
    condition     = alltrue([for service in [aws_ecs_service.api, aws_ecs_service.worker] : service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback && service.deployment_minimum_healthy_percent == 100])
    error_message = "a version that does not start takes the old one's place"
  }
}

run "one_role_for_both_is_refused" {
  command = plan

  variables {
    task_role_arns = { api = "arn:aws:iam::111122223333:role/tempus", worker = "arn:aws:iam::111122223333:role/tempus" }
    settings       = { "api.listen" = "127.0.0.1:8080" }
    image          = "tempus:latest"
    memory         = 300
    worker_tasks   = { minimum = 3, maximum = 2 }
    balancer_cidrs = ["0.0.0.0/0"]
    balancers      = ["a2"]
  }

  expect_failures = [var.task_role_arns, var.settings, var.image, var.memory, var.worker_tasks, var.balancer_cidrs, var.balancers]
}

run "an_api_that_cannot_tell_who_is_asking_is_refused" {
  command = plan

  variables {
    identity = {}
  }

  expect_failures = [var.identity]
}

run "a_token_in_place_of_its_hash_is_refused" {
  command = plan

  variables {
    identity = { admin_token_hash = "tps_0a1b2c3d" }
  }

  expect_failures = [var.identity]
}

run "a_rule_that_does_not_say_for_whom_it_is_is_refused" {
  command = plan

  variables {
    identity = { oidc = ["issuer=https://token.actions.githubusercontent.com repository=acme/shop scope=admin"] }
  }

  expect_failures = [var.identity]
}
