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
}

variables {
  environment = "dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/k"
}

run "images_are_encrypted_and_scanned" {
  assert {
    condition = alltrue([
      for repository in concat([aws_ecr_repository.control], values(aws_ecr_repository.previews)) :
      repository.encryption_configuration[0].encryption_type == "KMS"
      && repository.encryption_configuration[0].kms_key == var.kms_key_arn
      && repository.image_scanning_configuration[0].scan_on_push
    ])
    error_message = "a repository is not under the environment's key, or not scanned"
  }
}

run "what_a_tag_names_stays" {
  assert {
    condition     = aws_ecr_repository.control.image_tag_mutability == "IMMUTABLE"
    error_message = "the program's tags can be pushed again"
  }

  assert {
    condition = (
      aws_ecr_repository.previews["previews"].image_tag_mutability == "IMMUTABLE_WITH_EXCLUSION"
      && toset(aws_ecr_repository.previews["previews"].image_tag_mutability_exclusion_filter[*].filter) == toset(["pr-*", "main"])
    )
    error_message = "more tags of previews can be pushed again than those that move"
  }
}

run "old_images_go" {
  assert {
    condition = alltrue([
      for policy in concat([aws_ecr_lifecycle_policy.control], values(aws_ecr_lifecycle_policy.previews)) :
      jsondecode(policy.policy).rules[0].selection == { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 1 }
    ])
    error_message = "an untagged image outlives its day"
  }

  assert {
    condition = alltrue([
      for policy in concat([aws_ecr_lifecycle_policy.control], values(aws_ecr_lifecycle_policy.previews)) :
      { for rule in slice(jsondecode(policy.policy).rules, 1, 1 + length(var.tag_prefixes)) : rule.selection.tagPrefixList[0] => rule.selection.countNumber } == { for prefix in var.tag_prefixes : prefix => 50 }
    ])
    error_message = "of a prefix, more or fewer than 50 are kept"
  }
}

run "nothing_is_copied_unasked" {
  assert {
    condition     = length(aws_ecr_pull_through_cache_rule.this) == 0 && length(output.pull_through_repository_arns) == 0
    error_message = "images of another registry are copied"
  }
}

run "copies_lie_under_the_installation_s_name_and_go" {
  variables {
    pull_through = { "docker-hub" = { registry = "registry-1.docker.io", credential_arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:ecr-pullthroughcache/hub-AbCdEf" } }
  }

  assert {
    condition     = output.pull_through_repository_arns == ["arn:aws:ecr:us-east-1:111122223333:repository/tempus/docker-hub/*"]
    error_message = "copies lie elsewhere"
  }

  assert {
    condition     = output.pull_through_prefixes["docker-hub"] == "111122223333.dkr.ecr.us-east-1.amazonaws.com/tempus/docker-hub"
    error_message = "copies are pulled from elsewhere"
  }

  assert {
    condition     = aws_ecr_repository_creation_template.this["docker-hub"].prefix == "tempus/docker-hub" && jsondecode(aws_ecr_repository_creation_template.this["docker-hub"].lifecycle_policy).rules[1].selection.countNumber == 50
    error_message = "copies are kept for ever"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    previews     = ["tempus"]
    moving_tags  = ["a b"]
    pull_through = { "docker-hub" = { registry = "registry-1.docker.io", credential_arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:hub" } }
  }

  expect_failures = [var.previews, var.moving_tags, var.pull_through]
}
