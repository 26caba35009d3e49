data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account  = data.aws_caller_identity.current.account_id
  region   = data.aws_region.current.region
  registry = "${local.account}.dkr.ecr.${local.region}.${data.aws_partition.current.dns_suffix}"
  tags     = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })

  # Copies of another registry's images lie under the installation's name: two of them keep their own.
  upstreams = { for name, upstream in var.pull_through : name => merge(upstream, { prefix = "${var.name}/${name}" }) }
  copies = [
    for upstream in values(local.upstreams) :
    "arn:${data.aws_partition.current.partition}:ecr:${local.region}:${local.account}:repository/${upstream.prefix}/*"
  ]

  untagged = {
    rulePriority = 1
    description  = "Untagged: gone after a day"
    selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 1 }
    action       = { type = "expire" }
  }

  newest = [
    for place, prefix in var.tag_prefixes : {
      rulePriority = 10 + place
      description  = "${prefix}: the newest ${var.keep}"
      selection    = { tagStatus = "tagged", tagPrefixList = [prefix], countType = "imageCountMoreThan", countNumber = var.keep }
      action       = { type = "expire" }
    }
  ]

  # Copies have the other registry's tags: nothing is known of their beginnings.
  oldest_copies = {
    rulePriority = 100
    description  = "Of each image, the newest ${var.keep} copies"
    selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.keep }
    action       = { type = "expire" }
  }
}

resource "aws_ecr_repository" "control" {
  name                 = "${var.name}/tempus"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_delete
  tags                 = local.tags

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_repository" "previews" {
  for_each = var.previews

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = length(var.moving_tags) == 0 ? "IMMUTABLE" : "IMMUTABLE_WITH_EXCLUSION"
  force_delete         = var.force_delete
  tags                 = local.tags

  dynamic "image_tag_mutability_exclusion_filter" {
    for_each = var.moving_tags

    content {
      filter      = image_tag_mutability_exclusion_filter.value
      filter_type = "WILDCARD"
    }
  }

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "control" {
  repository = aws_ecr_repository.control.name
  policy     = jsonencode({ rules = concat([local.untagged], local.newest) })
}

resource "aws_ecr_lifecycle_policy" "previews" {
  for_each = aws_ecr_repository.previews

  repository = each.value.name
  policy     = jsonencode({ rules = concat([local.untagged], local.newest) })
}

resource "aws_ecr_pull_through_cache_rule" "this" {
  for_each = local.upstreams

  ecr_repository_prefix = each.value.prefix
  upstream_registry_url = each.value.registry
  credential_arn        = each.value.credential_arn
}

# Repositories of copies are made by ECR at the first pull, as this says. A key or tags would take a role that may
# use them; copies of public images need neither.
resource "aws_ecr_repository_creation_template" "this" {
  for_each = local.upstreams

  prefix               = each.value.prefix
  description          = "Copies of ${each.value.registry} for ${var.name}"
  applied_for          = ["PULL_THROUGH_CACHE"]
  image_tag_mutability = "MUTABLE"
  lifecycle_policy     = jsonencode({ rules = [local.untagged, local.oldest_copies] })
}
