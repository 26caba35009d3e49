data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  oidc = join("; ", var.identity.oidc)

  # What both are told.
  settings = merge(var.settings, {
    "engine"         = "aws"
    "platform"       = "aws"
    "log.format"     = "json"
    "telemetry.emf"  = "yes"
    "telemetry.name" = var.name

    # Every process takes its part of the account's request rates: counted as if all of them were there.
    "ecs.processes" = tostring(var.api_tasks + var.worker_tasks.maximum)
  })

  # Only the load balancers reach the API, so it believes them who is asking, and nobody else.
  api_settings = merge(
    local.settings,
    {
      "api.listen"          = "0.0.0.0:${var.api_port}"
      "api.names"           = var.api_domain
      "api.trusted_proxies" = join(", ", var.balancer_cidrs)
    },
    { for key, value in { "identity.admin_token_hash" = var.identity.admin_token_hash } : key => value if value != null },
    { for key, value in { "identity.oidc" = local.oidc } : key => value if value != "" },
  )

  # Nobody reaches a worker: only its own health check asks how it is.
  worker_settings = merge(local.settings, { "worker.listen" = "127.0.0.1:${var.worker_port}" })

  roles = {
    api    = { settings = local.api_settings, ports = [{ containerPort = var.api_port, protocol = "tcp" }], secrets = var.api_secrets, stop_seconds = 30 }
    worker = { settings = local.worker_settings, ports = [], secrets = var.worker_secrets, stop_seconds = 115 }
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.roles

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arns[each.key]
  tags                     = local.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  container_definitions = jsonencode([{
    name         = each.key
    image        = var.image
    essential    = true
    command      = [each.key]
    portMappings = each.value.ports
    user         = "65532:65532"

    # A key is a variable in capitals, with _ for the dot.
    environment = [
      for key in sort(keys(each.value.settings)) :
      { name = "TEMPUS_${upper(replace(key, ".", "_"))}", value = each.value.settings[key] }
    ]

    secrets = [for name in sort(keys(each.value.secrets)) : { name = name, valueFrom = each.value.secrets[name] }]

    # Everything is kept by the engine; what writes to its own disk is not the program.
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }

    # ECS reads this one and not the image's. It asks what runs here whether it lives; whether the engine answers is the
    # load balancer's question, for a task that is replaced would find the same engine.
    healthCheck = {
      command     = ["CMD", "/tempus", "health"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }

    # A worker gives its leases back when its calls in flight have ended. Fargate grants 120 seconds.
    stopTimeout = each.value.stop_seconds

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = var.log_groups[each.key]
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = each.key
      }
    }
  }])
}

# One for each load balancer, for AWS takes no group of two: the API answers for itself on the first, and on every one of
# them for previews that are starting, gone, or protected.
resource "aws_lb_target_group" "api" {
  # checkov:skip=CKV_AWS_378:TLS ends at the load balancer, and nobody else reaches the task
  for_each = var.balancers

  name        = "${var.name}-api-${each.key}"
  vpc_id      = var.vpc_id
  target_type = "ip"
  port        = var.api_port
  protocol    = "HTTP"
  tags        = local.tags

  # Longer than a request, shorter than a task's stop: streams of events are taken up again by their clients.
  deregistration_delay = 15

  # Ready, and not only alive: an API whose engine does not answer gets no requests.
  health_check {
    path                = "/ready"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

# The last priority there is: previews take theirs from below it.
resource "aws_lb_listener_rule" "api" {
  for_each = var.balancers

  listener_arn = var.listener_arns[each.key]
  priority     = 50000
  tags         = merge(local.tags, { Name = "${var.name}-api" })

  condition {
    host_header {
      values = [var.api_domain]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api[each.key].arn
  }
}

resource "aws_ecs_service" "api" {
  name            = "${var.name}-api"
  cluster         = var.cluster_name
  task_definition = aws_ecs_task_definition.this["api"].arn
  desired_count   = var.api_tasks
  propagate_tags  = "SERVICE"
  tags            = local.tags

  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  enable_execute_command             = false

  capacity_provider_strategy {
    capacity_provider = var.capacity
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_ids["api"]]
    assign_public_ip = false
  }

  dynamic "load_balancer" {
    for_each = aws_lb_target_group.api

    content {
      target_group_arn = load_balancer.value.arn
      container_name   = "api"
      container_port   = var.api_port
    }
  }

  # ECS refuses a target group that no listener knows.
  depends_on = [aws_lb_listener_rule.api]
}

resource "aws_ecs_service" "worker" {
  name            = "${var.name}-worker"
  cluster         = var.cluster_name
  task_definition = aws_ecs_task_definition.this["worker"].arn
  desired_count   = var.worker_tasks.minimum
  propagate_tags  = "SERVICE"
  tags            = local.tags

  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  enable_execute_command             = false

  capacity_provider_strategy {
    capacity_provider = var.capacity
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_ids["worker"]]
    assign_public_ip = false
  }

  # From here on it is the scaling's.
  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "worker" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster_name}/${aws_ecs_service.worker.name}"
  min_capacity       = var.worker_tasks.minimum
  max_capacity       = var.worker_tasks.maximum
  tags               = local.tags
}

# How long work waits is what people feel; how many messages there are says little, since one may be delayed for long.
resource "aws_appautoscaling_policy" "worker" {
  name               = "${var.name}-queue-age"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.worker.service_namespace
  scalable_dimension = aws_appautoscaling_target.worker.scalable_dimension
  resource_id        = aws_appautoscaling_target.worker.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.queue_age_seconds
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    customized_metric_specification {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateAgeOfOldestMessage"
      statistic   = "Maximum"

      dimensions {
        name  = "QueueName"
        value = var.queue_name
      }
    }
  }
}
