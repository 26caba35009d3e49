variable "name" {
  description = "The installation's prefix: what every name begins with. Two installations in one account need two."
  type        = string
  default     = "tempus"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "environment" {
  description = "Which environment this is, such as dev or prod: part of log groups and tags."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,15}$", var.environment))
    error_message = "environment must be 1 to 16 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "tags" {
  description = "Tags of everything that is made here, beside the module's own."
  type        = map(string)
  default     = {}
  nullable    = false

  # Workers may change and remove what carries the installation's tag: that must be previews alone.
  validation {
    condition     = !anytrue([for key in ["tempus:installation", "tempus:preview", "tempus:managed"] : contains(keys(var.tags), key)])
    error_message = "tags must not hold tempus:installation, tempus:preview or tempus:managed: those mark what workers made."
  }
}

variable "kms_key_arn" {
  description = "The key that what is stored here is encrypted with: the secrets module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be an ARN of kms."
  }
}

variable "previews" {
  description = "Repositories for images of previews, by name."
  type        = set(string)
  default     = ["previews"]
  nullable    = false

  validation {
    condition     = length(var.previews) > 0 && alltrue([for repository in var.previews : can(regex("^[a-z][a-z0-9-]{0,62}$", repository)) && repository != "tempus"])
    error_message = "previews must be names of lower-case letters, digits and hyphens, beginning with a letter, and none of them tempus, which is the program's own."
  }
}

variable "tag_prefixes" {
  description = "What tags begin with. Of each, the newest images are kept."
  type        = list(string)
  default     = ["pr-", "sha-", "main", "v"]
  nullable    = false

  validation {
    condition     = length(var.tag_prefixes) > 0 && length(distinct(var.tag_prefixes)) == length(var.tag_prefixes) && alltrue([for prefix in var.tag_prefixes : can(regex("^[a-zA-Z0-9_][a-zA-Z0-9._-]*$", prefix))])
    error_message = "tag_prefixes must be one or more different beginnings of tags, such as pr-."
  }
}

variable "moving_tags" {
  description = "Tags that may be pushed again, as patterns. All others stay what they were."
  type        = list(string)
  default     = ["pr-*", "main"]
  nullable    = false

  validation {
    condition     = length(var.moving_tags) <= 5 && alltrue([for pattern in var.moving_tags : can(regex("^[0-9a-zA-Z._*-]{1,128}$", pattern))])
    error_message = "moving_tags must be at most five patterns of letters, digits, '.', '_', '-' and '*'."
  }
}

variable "keep" {
  description = "How many images of each prefix are kept."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.keep >= 1 && var.keep <= 1000 && floor(var.keep) == var.keep
    error_message = "keep must be a whole number from 1 to 1000."
  }
}

variable "pull_through" {
  description = "Other registries to keep copies of, by the name that their images are pulled under, such as docker-hub. credential_arn is a secret named ecr-pullthroughcache/…, which most registries ask for."
  type = map(object({
    registry       = string
    credential_arn = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for prefix in keys(var.pull_through) : can(regex("^[a-z][a-z0-9-]*[a-z0-9]$", prefix)) && length("${var.name}/${prefix}") <= 30])
    error_message = "pull_through must be named with lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen, and with name and / at most 30 characters: ECR takes no more."
  }

  validation {
    condition     = alltrue([for upstream in values(var.pull_through) : upstream.credential_arn == null || can(regex("^arn:[a-z-]+:secretsmanager:.*:secret:ecr-pullthroughcache/", upstream.credential_arn))])
    error_message = "pull_through's credential_arn must be a secret whose name begins with ecr-pullthroughcache/."
  }
}

variable "force_delete" {
  description = "Whether destroying a repository removes its images. For environments that are thrown away."
  type        = bool
  default     = false
  nullable    = false
}
