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

variable "subnet_ids" {
  description = "The database subnets, in two zones at least, without a route out: the network module's."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2 && length(distinct(var.subnet_ids)) == length(var.subnet_ids)
    error_message = "subnet_ids must be two or more different subnets."
  }
}

variable "security_group_ids" {
  description = "Who may reach port 5432: the network module's database group."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) > 0
    error_message = "security_group_ids must name at least one group."
  }
}

variable "engine_version" {
  description = "The major version of PostgreSQL."
  type        = string
  default     = "16"
  nullable    = false

  validation {
    condition     = can(regex("^16(\\.[0-9]+)?$", var.engine_version))
    error_message = "engine_version must be 16 or a version of it, such as 16.10."
  }
}

variable "instance_class" {
  description = "What the server runs on."
  type        = string
  default     = "db.t4g.micro"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be an RDS class such as db.t4g.micro."
  }
}

variable "allocated_gb" {
  description = "How much storage there is at first."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.allocated_gb >= 20 && var.allocated_gb <= 65536 && floor(var.allocated_gb) == var.allocated_gb
    error_message = "allocated_gb must be a whole number from 20 to 65536."
  }
}

variable "maximum_gb" {
  description = "How far the storage grows by itself."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.maximum_gb > var.allocated_gb && var.maximum_gb <= 65536
    error_message = "maximum_gb must be more than allocated_gb and at most 65536."
  }
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over. Twice the price."
  type        = bool
  default     = true
  nullable    = false
}

variable "backup_days" {
  description = "How far back the server can be taken, to within five minutes."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35 && floor(var.backup_days) == var.backup_days
    error_message = "backup_days must be a whole number from 7 to 35."
  }
}

variable "log_days" {
  description = "How long the server's log is kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.log_days)
    error_message = "log_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400."
  }
}

variable "deletion_protection" {
  description = "Whether the server refuses to be deleted, and leaves a last snapshot if it is."
  type        = bool
  default     = true
  nullable    = false
}

variable "database_name" {
  description = "The first database."
  type        = string
  default     = "previews"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name must be lower-case letters, digits and underscores, beginning with a letter."
  }
}
