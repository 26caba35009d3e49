variable "bucket" {
  description = "The bucket's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket must be a valid bucket name: 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "kms_key_arn" {
  description = "The key that objects are encrypted with; S3's own keys unless given."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be an ARN of kms."
  }
}

variable "expire_days" {
  description = "How long an object is kept; for ever unless given."
  type        = number
  default     = null

  validation {
    condition     = var.expire_days == null || coalesce(var.expire_days, 0) >= 1
    error_message = "expire_days must be 1 or more."
  }
}

variable "earlier_days" {
  description = "How long an earlier version of an object is kept."
  type        = number
  nullable    = false

  validation {
    condition     = var.earlier_days >= 1 && floor(var.earlier_days) == var.earlier_days
    error_message = "earlier_days must be a whole number, 1 or more."
  }
}

variable "access_logs" {
  description = "The bucket, and the beginning of the keys in it, that this bucket's access logs are written to."
  type        = object({ bucket = string, prefix = string })
  default     = null
}

variable "writers" {
  description = "Services of AWS that may write, each with the keys that it may write to and, where it tells for which account it writes, that account."
  type        = map(object({ keys = list(string), account = optional(string) }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for service in keys(var.writers) : endswith(service, ".amazonaws.com")])
    error_message = "writers must be services of AWS, such as logging.s3.amazonaws.com."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket removes what is in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "The bucket's tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
