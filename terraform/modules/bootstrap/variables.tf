variable "name" {
  description = "The installation's prefix: what every name begins with. One bucket serves all environments of an account."
  type        = string
  default     = "tempus"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
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

variable "bucket" {
  description = "The state bucket's name; {name}-state-{account}-{region} unless given."
  type        = string
  default     = null

  validation {
    condition     = var.bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,56}[a-z0-9]$", var.bucket))
    error_message = "bucket must be a valid bucket name: 3 to 58 lower-case letters, digits, dots and hyphens; its logs' bucket is called the same with -logs."
  }
}

variable "noncurrent_days" {
  description = "How long earlier versions of a state are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 30 && var.noncurrent_days <= 3650 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "noncurrent_days must be a whole number from 30 to 3650."
  }
}
