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

variable "seed_days" {
  description = "How long earlier versions of a database seed are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.seed_days >= 1 && var.seed_days <= 3650 && floor(var.seed_days) == var.seed_days
    error_message = "seed_days must be a whole number from 1 to 3650."
  }
}

variable "backup_days" {
  description = "How long backups are kept."
  type        = number
  default     = 35
  nullable    = false

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 3650 && floor(var.backup_days) == var.backup_days
    error_message = "backup_days must be a whole number from 1 to 3650."
  }
}

variable "log_days" {
  description = "How long access logs are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.log_days >= 1 && var.log_days <= 3650 && floor(var.log_days) == var.log_days
    error_message = "log_days must be a whole number from 1 to 3650."
  }
}

variable "force_destroy" {
  description = "Whether destroying a bucket removes what is in it. For environments that are thrown away."
  type        = bool
  default     = false
  nullable    = false
}
