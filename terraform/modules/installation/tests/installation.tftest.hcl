mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:111122223333:key/k" }
  }
  mock_resource "aws_vpc" {
    defaults = { id = "vpc-0a1b" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:us-east-1:111122223333:mocked"
      url = "https://sqs.us-east-1.amazonaws.com/111122223333/mocked"
    }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:us-east-1:111122223333:table/tempus" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:us-east-1:111122223333:cluster/tempus" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:mocked" }
  }
  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:us-east-1:111122223333:repository/tempus/tempus"
      repository_url = "111122223333.dkr.ecr.us-east-1.amazonaws.com/tempus/tempus"
    }
  }
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/tempus-a1/1"
      arn_suffix = "app/tempus-a1/1"
      dns_name   = "tempus-a1-1.us-east-1.elb.amazonaws.com"
    }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/tempus-a1/1/2" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/tempus-api-a1/1"
      arn_suffix = "targetgroup/tempus-api-a1/1"
    }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:mocked" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      domain_validation_options = [
        { domain_name = "*.a1.previews.example.com", resource_record_name = "_a1.example.com.", resource_record_type = "CNAME", resource_record_value = "_v1.acm." },
        { domain_name = "api.previews.example.com", resource_record_name = "_api.example.com.", resource_record_type = "CNAME", resource_record_value = "_v2.acm." },
      ]
    }
  }
}

# One role would do for both otherwise, which the control plane refuses.
override_resource {
  target = module.roles.aws_iam_role.this["worker"]
  values = { arn = "arn:aws:iam::111122223333:role/tempus-worker" }
}
override_resource {
  target = module.roles.aws_iam_role.this["api"]
  values = { arn = "arn:aws:iam::111122223333:role/tempus-api" }
}

variables {
  environment        = "dev"
  domain             = "previews.example.com"
  zone_id            = "Z0123456789ABC"
  image_tag          = "v1.0.0"
  network            = { zones = ["us-east-1a", "us-east-1b"], task_zones = 1, nat = "one" }
  balancers          = 1
  control_plane      = { api_tasks = 1, worker_tasks = { minimum = 1, maximum = 2 }, capacity = "FARGATE_SPOT" }
  preview_capacity   = "fargate_spot"
  container_insights = false
  budget_usd         = 98
  settings           = { "quota.total" = "50" }
  identity           = { admin_token_hash = "0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d" }

  usage = {
    preview_hours      = 0
    lifecycles         = 0
    lcu_per_balancer   = 0
    nat_gb             = 0
    egress_gb          = 0
    log_gb             = 0
    table_gb           = 0
    bucket_gb          = 0
    image_gb           = 0
    table_reads        = 0
    queue_requests     = 0
    worker_tasks_above = 0
  }
}

# In a clone; where terraform/ is a folder of its own there is nothing to hold it against.
run "the_program_knows_every_key_it_is_given" {
  assert {
    condition = [
      for key in distinct(flatten([for settings in values(output.role_settings) : keys(settings)])) : key
      if fileexists("${path.module}/../../../cli/src/config/keys.rs") ? !strcontains(file("${path.module}/../../../cli/src/config/keys.rs"), "Key::new(\"${key}\",") : false
    ] == []
    error_message = "the program would refuse a key"
  }
}

run "the_program_is_told_of_what_was_made" {
  assert {
    condition = (
      output.settings["aws.table"] == module.table.table_name
      && output.settings["aws.queue_url"] == module.queue.queue_url
      && output.settings["aws.dead_letter_url"] == module.queue.dead_letter_url
      && output.settings["aws.schedule_group"] == module.scheduler.group_name
      && output.settings["aws.schedule_role_arn"] == module.scheduler.role_arn
      && output.settings["ecs.cluster"] == module.cluster.cluster_name
      && output.settings["ecs.listeners"] == module.edge.listeners
      && output.settings["ecs.security_groups"] == module.network.previews_security_group_id
      && output.settings["ecs.log_group"] == "/tempus/dev/previews"
      && output.settings["quota.total"] == "50"
    )
    error_message = "the program works with something else"
  }
}

run "only_the_load_balancers_networks_are_believed" {
  assert {
    condition     = output.role_settings.api["api.trusted_proxies"] == "10.0.1.0/24, 10.0.4.0/24" && output.role_settings.api["api.names"] == "api.previews.example.com"
    error_message = "the API answers to others, or to another name"
  }
}

run "previews_have_no_public_address_no_shell_and_one_zone" {
  assert {
    condition     = output.settings["ecs.public_ip"] == "no" && output.settings["ecs.exec"] == "no" && output.settings["ecs.subnets"] == module.network.private_subnet_ids[0]
    error_message = "a preview would be outside"
  }
}

run "images_stay_unless_it_is_asked_for" {
  assert {
    condition     = output.settings["ecs.delete_images"] == "no"
    error_message = "previews take their images with them unasked"
  }
}

run "images_go_with_their_previews_where_it_is_asked_for" {
  variables {
    delete_images = true
  }

  assert {
    condition     = output.settings["ecs.delete_images"] == "yes"
    error_message = "workers do not know that images are to be deleted"
  }
}

run "what_was_not_asked_for_is_not_there" {
  assert {
    condition     = length(module.database) == 0 && length(module.cache) == 0 && output.database == null && output.redis_url_secret_arn == null
    error_message = "a database or a cache is paid for"
  }
}

run "the_bill_is_of_what_is_there" {
  assert {
    condition = output.monthly_cost.items == {
      "DNS zone"        = 0.5
      "NAT gateways"    = 36.5
      "alarms, metrics" = tonumber(format("%.2f", 0.1 * module.observability.alarm_metrics + 0.3 * length(module.observability.series)))
      "control plane"   = 5.58
      "key, secrets"    = 1.4
      "load balancers"  = 23.73
    }
    error_message = "the bill is another: ${jsonencode(output.monthly_cost)}"
  }
}

run "a_secret_goes_to_whom_it_is_for" {
  variables {
    secrets = { "github-app" = { about = "the App's key", variable = "TEMPUS_GITHUB_KEY", roles = ["worker"] } }
  }

  assert {
    condition     = keys(module.secrets.secret_arns) == ["gate-key", "github-app"] && output.monthly_cost.items["key, secrets"] == 1.8
    error_message = "the secret is not made, or not paid for"
  }

  assert {
    condition     = jsonencode({ for role, secrets in local.given : role => keys(secrets) }) == jsonencode({ api = ["TEMPUS_GATE_KEY"], worker = ["TEMPUS_GATE_KEY", "TEMPUS_GITHUB_KEY"] })
    error_message = "a secret goes to somebody else, or the gate's key not to both"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    network          = { zones = ["us-east-1a", "us-east-1b"], task_zones = 3, nat = "one" }
    image_tag        = "latest"
    preview_capacity = "FARGATE"
    secrets          = { "gate-key" = { about = "a key", variable = "TEMPUS_KEY", roles = ["api"] } }
  }

  expect_failures = [var.network, var.image_tag, var.preview_capacity, var.secrets]
}
