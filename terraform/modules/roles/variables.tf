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

variable "installation" {
  description = "The installation's id, eight hex digits, as the table module has it. Names and tags of everything that a worker makes hold it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{8}$", var.installation))
    error_message = "installation must be eight lower-case hex digits."
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

variable "table_arn" {
  description = "The engine's table: the table module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:", var.table_arn))
    error_message = "table_arn must be an ARN of dynamodb."
  }
}

variable "queue_arn" {
  description = "The queue of hints: the queue module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:sqs:", var.queue_arn))
    error_message = "queue_arn must be an ARN of sqs."
  }
}

variable "dead_letter_arn" {
  description = "The queue behind it: the queue module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:sqs:", var.dead_letter_arn))
    error_message = "dead_letter_arn must be an ARN of sqs."
  }
}

variable "schedule_group" {
  description = "The name of the group of schedules: the scheduler module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-zA-Z._-]{1,64}$", var.schedule_group))
    error_message = "schedule_group must be the name of a schedule group."
  }
}

variable "schedule_role_arn" {
  description = "The role that schedules post with: the scheduler module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]+:role/", var.schedule_role_arn))
    error_message = "schedule_role_arn must be an ARN of iam."
  }
}

variable "task_schedule_group" {
  description = "The name of the group of the schedules that run tasks: the scheduler module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-zA-Z._-]{1,64}$", var.task_schedule_group)) && var.task_schedule_group != var.schedule_group
    error_message = "task_schedule_group must be the name of a schedule group, and another than schedule_group: what is in that one is an alarm."
  }
}

variable "cluster_arn" {
  description = "The cluster that previews run in: the cluster module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:ecs:", var.cluster_arn))
    error_message = "cluster_arn must be an ARN of ecs."
  }
}

variable "vpc_id" {
  description = "The VPC of load balancers and tasks: the network module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-z]+$", var.vpc_id))
    error_message = "vpc_id must be a VPC's id, such as vpc-0a1b."
  }
}

variable "listener_arns" {
  description = "The listeners that previews answer on: the edge module's."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.listener_arns) >= 1 && length(var.listener_arns) <= 25 && alltrue([for arn in var.listener_arns : can(regex("^arn:[a-z-]+:elasticloadbalancing:.*:listener/app/", arn))])
    error_message = "listener_arns must be 1 to 25 ARNs of listeners of application load balancers: a worker's policy has no room for more."
  }
}

variable "previews_log_group_arn" {
  description = "The previews' log group, without :* at its end: the cluster module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:logs:.*:log-group:[^:]+$", var.previews_log_group_arn))
    error_message = "previews_log_group_arn must be an ARN of logs."
  }
}

variable "control_log_group_arns" {
  description = "The control plane's own log groups, without :* at their ends: the cluster module's."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.control_log_group_arns : can(regex("^arn:[a-z-]+:logs:.*:log-group:[^:]+$", arn))])
    error_message = "control_log_group_arns must be ARNs of logs."
  }
}

variable "previews_repository_arns" {
  description = "The repositories that previews' images come from: the registry module's. May hold *, for a pull-through cache's prefix."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.previews_repository_arns : can(regex("^arn:[a-z-]+:ecr:", arn))])
    error_message = "previews_repository_arns must be ARNs of ecr."
  }
}

variable "control_repository_arns" {
  description = "The repositories that the control plane's image comes from: the registry module's."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.control_repository_arns : can(regex("^arn:[a-z-]+:ecr:", arn))])
    error_message = "control_repository_arns must be ARNs of ecr."
  }
}

variable "pull_through_repository_arns" {
  description = "What a pull-through cache may make when an image is first pulled, such as arn:…:repository/docker-hub/*."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.pull_through_repository_arns : can(regex("^arn:[a-z-]+:ecr:", arn))])
    error_message = "pull_through_repository_arns must be ARNs of ecr."
  }
}

variable "previews_secret_arns" {
  description = "Secrets that a preview may be given, such as the databases' and the cache's."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.previews_secret_arns : can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", arn))])
    error_message = "previews_secret_arns must be ARNs of secretsmanager or ssm."
  }
}

variable "control_secret_arns" {
  description = "Secrets of the control plane. No preview can read them."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.control_secret_arns : can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", arn))])
    error_message = "control_secret_arns must be ARNs of secretsmanager or ssm."
  }
}

variable "allow_exec" {
  description = "Whether a shell may be opened in a preview's task (the program's ecs.exec)."
  type        = bool
  default     = false
  nullable    = false
}

variable "delete_images" {
  description = "Whether workers delete a preview's images with it (the program's ecs.delete_images)."
  type        = bool
  default     = false
  nullable    = false
}
