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

variable "domain" {
  description = "The domain that everything answers under: the API at api.{domain}, previews at {name}.a1.{domain}."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a domain name in lower case, such as previews.example.com."
  }
}

variable "zone_id" {
  description = "The Route 53 zone that the domain is in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[0-9A-Z]+$", var.zone_id))
    error_message = "zone_id must be the id of a hosted zone, such as Z0123456789ABC."
  }
}

variable "image_tag" {
  description = "The tag of the program's image in the installation's own repository."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag must be a tag other than latest, such as v1.2.0."
  }
}

variable "network" {
  description = "Zones, how many of them have tasks, the way out (one NAT gateway or per_zone), who may be a client, and how long flows are logged (null: not)."
  type = object({
    cidr          = optional(string, "10.0.0.0/16")
    zones         = list(string)
    task_zones    = number
    nat           = string
    client_cidrs  = optional(list(string), ["0.0.0.0/0"])
    flow_log_days = optional(number)
  })
  nullable = false

  validation {
    condition     = var.network.task_zones >= 1 && var.network.task_zones <= length(var.network.zones)
    error_message = "network.task_zones must be from 1 to the number of network.zones."
  }
}

variable "balancers" {
  description = "How many load balancers there are, for 95 previews each."
  type        = number
  nullable    = false
}

variable "cloudfront" {
  description = "Whether the API answers through CloudFront."
  type        = bool
  default     = false
  nullable    = false
}

variable "control_plane" {
  description = "How many APIs and workers run, and on what (FARGATE or FARGATE_SPOT)."
  type = object({
    api_tasks    = number
    worker_tasks = object({ minimum = number, maximum = number })
    capacity     = string
  })
  nullable = false

  validation {
    condition     = contains(["FARGATE", "FARGATE_SPOT"], var.control_plane.capacity)
    error_message = "control_plane.capacity must be FARGATE or FARGATE_SPOT."
  }
}

variable "identity" {
  description = "Who may call the API: the control-plane module's."
  type        = object({ admin_token_hash = optional(string), oidc = optional(list(string), []) })
  nullable    = false
}

variable "cloudfront_web_acl_arn" {
  description = "A web ACL of WAF for CloudFront, which must be in us-east-1; null for none."
  type        = string
  default     = null
}

variable "preview_capacity" {
  description = "What previews run on: the program's ecs.capacity."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["fargate", "fargate_spot"], var.preview_capacity)
    error_message = "preview_capacity must be fargate or fargate_spot."
  }
}

variable "database" {
  description = "PostgreSQL for previews; null for none."
  type        = object({ multi_az = bool })
  default     = null
}

variable "cache" {
  description = "Redis for previews; null for none."
  type        = object({ replicas = number })
  default     = null
}

variable "pull_through" {
  description = "Other registries to keep copies of: the registry module's."
  type        = map(object({ registry = string, credential_arn = optional(string) }))
  default     = {}
  nullable    = false
}

variable "delete_images" {
  description = "Whether the images of a preview's commits are deleted from the previews' repositories with it."
  type        = bool
  default     = false
  nullable    = false
}

variable "secrets" {
  description = "Secrets of the control plane by name: what each is for, the environment variable that it is given as, and to whom (api, worker)."
  type        = map(object({ about = string, variable = string, roles = set(string) }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue(flatten([for secret in values(var.secrets) : [for role in secret.roles : contains(["api", "worker"], role)]]))
    error_message = "secrets' roles must be api, worker or both."
  }

  validation {
    condition     = !contains(keys(var.secrets), "gate-key") && !contains([for secret in values(var.secrets) : secret.variable], "TEMPUS_GATE_KEY")
    error_message = "secrets must not hold gate-key or TEMPUS_GATE_KEY: that one is always there."
  }
}

variable "settings" {
  description = "More of the program's configuration, by key, such as \"quota.total\"."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "protected" {
  description = "Whether what holds data, and what answers, refuses to be deleted."
  type        = bool
  default     = true
  nullable    = false
}

variable "container_insights" {
  description = "Whether the cluster measures its tasks. Paid for by the metric, those of previews included."
  type        = bool
  nullable    = false
}

variable "fast_burn" {
  description = "Whether an objective that is missed often within an hour is told at once: the observability module's."
  type        = bool
  default     = true
  nullable    = false
}

variable "runbooks" {
  description = "Where the runbooks can be read: what alarms refer to."
  type        = string
  default     = "runbooks"
  nullable    = false
}

variable "emails" {
  description = "Who is told of alarms."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "budget_usd" {
  description = "What a month may cost before somebody is told."
  type        = number
  nullable    = false
}

variable "usage" {
  description = "What the cost table takes a month to be: hours of previews of 0.25 vCPU and 512 MB, their lifecycles, and what moves and lies around, in GB. Capacity units (LCU) are the average of each load balancer."
  type = object({
    preview_hours      = number
    lifecycles         = number
    lcu_per_balancer   = number
    nat_gb             = number
    egress_gb          = number
    log_gb             = number
    table_gb           = number
    bucket_gb          = number
    image_gb           = number
    table_reads        = number
    queue_requests     = number
    worker_tasks_above = number
  })
  nullable = false
}

variable "installation" {
  description = "The installation's id, where the table holds one that was not stored from here: the table module's."
  type        = string
  default     = null
}
