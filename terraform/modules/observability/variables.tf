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

variable "emails" {
  description = "Who is told. Each has to confirm once."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "emails must be addresses such as team@example.com."
  }
}

variable "budget_usd" {
  description = "What a month may cost before somebody is told."
  type        = number
  nullable    = false

  validation {
    condition     = var.budget_usd > 0
    error_message = "budget_usd must be above 0."
  }
}

variable "cluster_name" {
  description = "The cluster: the cluster module's."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.cluster_name) > 0
    error_message = "cluster_name must not be empty."
  }
}

variable "services" {
  description = "The control plane's services by role, each with the tasks it always has: the control-plane module's names."
  type        = map(object({ name = string, tasks = number }))
  nullable    = false

  validation {
    condition     = alltrue([for role in ["api", "worker"] : contains(keys(var.services), role)])
    error_message = "services must have api and worker."
  }
}

variable "container_insights" {
  description = "Whether the cluster measures its tasks, as the cluster module was told: only then can it be seen that one is missing."
  type        = bool
  default     = true
  nullable    = false
}

variable "fast_burn" {
  description = "Whether an objective that is missed often within an hour is told at once. With a handful of previews a day one late preview is a large share, and the alarm of six hours is enough."
  type        = bool
  default     = true
  nullable    = false
}

variable "balancers" {
  description = "The load balancers as metrics have them, by name: the edge module's."
  type        = map(string)
  nullable    = false

  validation {
    condition     = contains(keys(var.balancers), "a1")
    error_message = "balancers must have a1, on which the API answers."
  }
}

variable "api_target_group" {
  description = "The API's target group as metrics have it: the control-plane module's."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.api_target_group, "targetgroup/")
    error_message = "api_target_group must begin with targetgroup/."
  }
}

variable "queue_names" {
  description = "The queue of hints and the one behind it: the queue module's."
  type        = object({ live = string, dead = string })
  nullable    = false

  validation {
    condition     = var.queue_names.live != var.queue_names.dead
    error_message = "queue_names must be two different queues."
  }
}

variable "table_name" {
  description = "The engine's table: the table module's."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.table_name) > 0
    error_message = "table_name must not be empty."
  }
}

variable "schedule_group" {
  description = "The group of schedules: the scheduler module's."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.schedule_group) > 0
    error_message = "schedule_group must not be empty."
  }
}

variable "rule_names" {
  description = "The rules that put ECS's events on the queue, by kind: the events module's."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "database" {
  description = "The databases' server: the database module's. Null if there is none."
  type        = object({ id = string })
  default     = null
}

variable "cache" {
  description = "The cache: the cache module's, and how many nodes it has. Null if there is none."
  type        = object({ id = string, nodes = number })
  default     = null
}

variable "dashboard" {
  description = "Whether there is a dashboard. An account's first three cost nothing."
  type        = bool
  default     = true
  nullable    = false
}

variable "runbooks" {
  description = "Where the runbooks can be read, such as https://github.com/acme/tempus/blob/v1.2.0/runbooks: what alarms refer to."
  type        = string
  default     = "runbooks"
  nullable    = false
}
