mock_provider "aws" {}

variables {
  environment = "dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/k"
}

run "logs_are_encrypted_and_end" {
  assert {
    condition     = alltrue([for group in concat([aws_cloudwatch_log_group.previews], values(aws_cloudwatch_log_group.control)) : group.kms_key_id == var.kms_key_arn && group.retention_in_days == 365])
    error_message = "a log group is not under the environment's key, or kept for ever"
  }

  assert {
    condition     = output.log_groups == { previews = "/tempus/dev/previews", api = "/tempus/dev/api", worker = "/tempus/dev/worker" }
    error_message = "log groups have other names than the key lets through"
  }
}

run "the_control_plane_s_logs_are_not_the_previews" {
  assert {
    condition     = !contains(output.control_log_group_arns, output.previews_log_group_arn) && length(output.control_log_group_arns) == 2
    error_message = "the API may read more than the previews' log group"
  }
}

run "both_kinds_of_fargate_are_there" {
  assert {
    condition     = toset(aws_ecs_cluster_capacity_providers.this.capacity_providers) == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "a kind of Fargate is missing, or something else is there"
  }
}

run "tasks_are_measured_unless_told_otherwise" {
  assert {
    condition     = one(aws_ecs_cluster.this.setting).name == "containerInsights" && one(aws_ecs_cluster.this.setting).value == "enabled"
    error_message = "Container Insights is off"
  }
}

run "nothing_is_measured_that_is_not_to_be_paid_for" {
  variables {
    container_insights = false
  }

  assert {
    condition     = one(aws_ecs_cluster.this.setting).value == "disabled"
    error_message = "Container Insights is on"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    control_log_days = 2
    default_capacity = "EC2"
    kms_key_arn      = "none"
  }

  expect_failures = [var.control_log_days, var.default_capacity, var.kms_key_arn]
}
