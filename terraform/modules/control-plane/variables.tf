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

variable "image" {
  description = "The program's image, by a tag that does not move or by digest."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("(@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image must end with a tag other than latest, or with a digest."
  }
}

variable "settings" {
  description = "The program's configuration, by key as tempus config lists them, such as \"ecs.cluster\". None is a secret."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.settings) : can(regex("^[a-z_]+(\\.[a-z_]+)?$", key))])
    error_message = "settings must be keys of the program, such as ecs.cluster."
  }

  validation {
    condition = length(setintersection(keys(var.settings), [
      "engine", "platform", "log.format", "telemetry.emf", "telemetry.name", "ecs.processes", "worker.listen",
      "api.listen", "api.names", "api.trusted_proxies", "identity.admin_token_hash", "identity.oidc",
    ])) == 0
    error_message = "settings must not hold engine, platform, log.format, telemetry.emf, telemetry.name, ecs.processes, worker.listen, api.listen, api.names, api.trusted_proxies, identity.admin_token_hash or identity.oidc: this module sets them."
  }
}

variable "identity" {
  description = "Who may call: the hash of an administrator's token (tempus token new), and rules for tokens of an identity provider, such as \"issuer=https://token.actions.githubusercontent.com audience=tempus repository=acme/shop scope=deployer\"."
  type        = object({ admin_token_hash = optional(string), oidc = optional(list(string), []) })
  nullable    = false

  validation {
    condition     = var.identity.admin_token_hash != null || length(var.identity.oidc) > 0
    error_message = "identity must have an admin_token_hash, oidc rules, or both: an API that cannot tell who is asking answers to nobody here."
  }

  # A token that is put here by mistake is in the state, so it must not be taken for a hash.
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", coalesce(var.identity.admin_token_hash, format("%064d", 0))))
    error_message = "identity.admin_token_hash must be the 64 hex digits that tempus token new prints, and never the token itself."
  }

  validation {
    condition = alltrue([
      for rule in var.identity.oidc : !strcontains(rule, ";") && alltrue([
        for field in ["issuer=https://", "audience=", "scope="] : length([for given in split(" ", rule) : given if startswith(given, field)]) == 1
      ])
    ])
    error_message = "identity.oidc must be rules of fields with spaces between them, each with issuer=https://…, audience= and scope= once."
  }
}

variable "balancer_cidrs" {
  description = "The networks that the load balancers call from: the network module's. The API answers to nobody else."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.balancer_cidrs) > 0 && alltrue([for cidr in var.balancer_cidrs : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "balancer_cidrs must be one or more networks, and none of them everybody's."
  }
}

variable "api_secrets" {
  description = "What the API is given from Secrets Manager, by environment variable."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.api_secrets) : can(regex("^arn:[a-z-]+:secretsmanager:", arn))])
    error_message = "api_secrets must be ARNs of secretsmanager."
  }
}

variable "worker_secrets" {
  description = "What workers are given from Secrets Manager, by environment variable."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.worker_secrets) : can(regex("^arn:[a-z-]+:secretsmanager:", arn))])
    error_message = "worker_secrets must be ARNs of secretsmanager."
  }
}

variable "cluster_name" {
  description = "The cluster to run in: the cluster module's."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.cluster_name) > 0
    error_message = "cluster_name must not be empty."
  }
}

variable "log_groups" {
  description = "The log groups of api and worker, by those names: the cluster module's."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for role in ["api", "worker"] : contains(keys(var.log_groups), role)])
    error_message = "log_groups must have api and worker."
  }
}

variable "vpc_id" {
  description = "The VPC: the network module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-z]+$", var.vpc_id))
    error_message = "vpc_id must be a VPC's id, such as vpc-0a1b."
  }
}

variable "subnet_ids" {
  description = "Where tasks are placed: private subnets of the network module."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(distinct(var.subnet_ids)) == length(var.subnet_ids)
    error_message = "subnet_ids must be one or more different subnets."
  }
}

variable "security_group_ids" {
  description = "The security groups of api and worker, by those names: the network module's."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for role in ["api", "worker"] : contains(keys(var.security_group_ids), role)])
    error_message = "security_group_ids must have api and worker."
  }
}

variable "task_role_arns" {
  description = "What api and worker may do, by those names: the roles module's. Never the same role."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for role in ["api", "worker"] : can(regex("^arn:[a-z-]+:iam::[0-9]+:role/", var.task_role_arns[role]))]) && length(distinct(values(var.task_role_arns))) == length(var.task_role_arns)
    error_message = "task_role_arns must have api and worker, each the ARN of a role of its own."
  }
}

variable "execution_role_arn" {
  description = "The role that ECS pulls the image, writes logs and reads secrets with: the roles module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]+:role/", var.execution_role_arn))
    error_message = "execution_role_arn must be the ARN of a role."
  }
}

# Apart from their listeners, which send to the target groups that are made for these.
variable "balancers" {
  description = "The load balancers that the API answers on, by name: the edge module's. ECS takes five for a service."
  type        = set(string)
  nullable    = false

  validation {
    condition     = contains(var.balancers, "a1") && length(var.balancers) <= 5
    error_message = "balancers must be one to five, a1 among them."
  }
}

variable "listener_arns" {
  description = "The load balancers' listeners, by name: the edge module's."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(setsubtract(var.balancers, keys(var.listener_arns))) == 0 && alltrue([for arn in values(var.listener_arns) : can(regex("^arn:[a-z-]+:elasticloadbalancing:.*:listener/app/", arn))])
    error_message = "listener_arns must have the ARN of a listener for each of the balancers."
  }
}

variable "api_domain" {
  description = "The name that the API answers to: the edge module's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]*\\.[a-z]{2,}$", var.api_domain))
    error_message = "api_domain must be a domain name in lower case."
  }
}

variable "api_port" {
  description = "The port that the API listens on: what the network module lets the load balancers reach."
  type        = number
  default     = 8080
  nullable    = false

  validation {
    condition     = var.api_port >= 1024 && var.api_port <= 65535 && floor(var.api_port) == var.api_port
    error_message = "api_port must be a port from 1024 to 65535."
  }
}

variable "worker_port" {
  description = "The port that a worker says on, to its own health check alone, how it is."
  type        = number
  default     = 9464
  nullable    = false

  validation {
    condition     = var.worker_port >= 1024 && var.worker_port <= 65535 && floor(var.worker_port) == var.worker_port
    error_message = "worker_port must be a port from 1024 to 65535."
  }
}

variable "cpu" {
  description = "CPU units of a task, 1024 to a core."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "cpu must be 256, 512, 1024, 2048 or 4096."
  }
}

variable "memory" {
  description = "Memory of a task, in MiB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory >= 2 * var.cpu && var.memory <= 8 * var.cpu && (var.memory == 512 || var.memory % 1024 == 0)
    error_message = "memory must be two to eight times cpu, and 512 or a multiple of 1024."
  }
}

variable "architecture" {
  description = "What the image is built for."
  type        = string
  default     = "X86_64"
  nullable    = false

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "architecture must be X86_64 or ARM64."
  }
}

variable "capacity" {
  description = "What tasks run on. Spot is a third of the price; a task may be taken away with two minutes' notice, which the program survives."
  type        = string
  default     = "FARGATE"
  nullable    = false

  validation {
    condition     = contains(["FARGATE", "FARGATE_SPOT"], var.capacity)
    error_message = "capacity must be FARGATE or FARGATE_SPOT."
  }
}

variable "api_tasks" {
  description = "How many APIs there are."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.api_tasks >= 1 && var.api_tasks <= 20 && floor(var.api_tasks) == var.api_tasks
    error_message = "api_tasks must be a whole number from 1 to 20."
  }
}

variable "worker_tasks" {
  description = "How many workers there are: always minimum, and up to maximum while hints wait."
  type        = object({ minimum = number, maximum = number })
  default     = { minimum = 2, maximum = 6 }
  nullable    = false

  validation {
    condition     = var.worker_tasks.minimum >= 1 && var.worker_tasks.minimum <= var.worker_tasks.maximum && var.worker_tasks.maximum <= 50
    error_message = "worker_tasks must be a minimum of 1 at least and a maximum that is no less and at most 50."
  }
}

variable "queue_name" {
  description = "The queue of hints, by whose age workers are added: the queue module's."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.queue_name) > 0
    error_message = "queue_name must not be empty."
  }
}

variable "queue_age_seconds" {
  description = "The age of the oldest hint that workers are added at. A hint stays in flight while its saga is at work, so it is above what a saga holds its lease for in one go."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.queue_age_seconds >= 30 && var.queue_age_seconds <= 3600
    error_message = "queue_age_seconds must be from 30 to 3600."
  }
}
