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
  description = "The domain that everything answers under: previews at {name}.a1.{domain}, the API at api.{domain}."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain)) && length(var.domain) <= 180
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

variable "subnet_ids" {
  description = "The public subnets, in two zones at least: the network module's."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2 && length(distinct(var.subnet_ids)) == length(var.subnet_ids)
    error_message = "subnet_ids must be two or more different subnets."
  }
}

variable "security_group_ids" {
  description = "Who may reach the load balancers, and whom they reach: the network module's balancer group."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) > 0
    error_message = "security_group_ids must name at least one group."
  }
}

variable "logs_bucket" {
  description = "Where access logs are written: the storage module's."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.logs_bucket) >= 3
    error_message = "logs_bucket must be the name of a bucket."
  }
}

variable "balancers" {
  description = "How many load balancers there are: each takes up to slots previews' public services. The API answers on the first, and on all of them for what has no preview, which ECS allows on five."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.balancers >= 1 && var.balancers <= 5 && floor(var.balancers) == var.balancers
    error_message = "balancers must be a whole number from 1 to 5."
  }
}

variable "api_target_group_arns" {
  description = "The API's target groups by load balancer (a1, a2, …): the control-plane module's. They are sent what has no preview."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.api_target_group_arns) : can(regex("^arn:[a-z-]+:elasticloadbalancing:.*:targetgroup/", arn))])
    error_message = "api_target_group_arns must be ARNs of target groups."
  }
}

variable "slots" {
  description = "How many previews a load balancer takes. AWS gives each 100 target groups and no more, and the API has one of them."
  type        = number
  default     = 95
  nullable    = false

  validation {
    condition     = var.slots >= 1 && var.slots <= 95 && floor(var.slots) == var.slots
    error_message = "slots must be a whole number from 1 to 95."
  }
}

variable "ssl_policy" {
  description = "Which TLS is spoken: 1.2 at least."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  nullable    = false

  validation {
    condition     = can(regex("^ELBSecurityPolicy-TLS13-1-[23]-", var.ssl_policy)) && !can(regex("-Ext[0-9]", var.ssl_policy))
    error_message = "ssl_policy must be a policy of TLS 1.2 or 1.3 alone, such as ELBSecurityPolicy-TLS13-1-2-Res-2021-06."
  }
}

variable "idle_timeout_seconds" {
  description = "How long a connection may be silent. Longer than the pauses between a job's events."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.idle_timeout_seconds >= 60 && var.idle_timeout_seconds <= 4000 && floor(var.idle_timeout_seconds) == var.idle_timeout_seconds
    error_message = "idle_timeout_seconds must be a whole number from 60 to 4000."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancers refuse to be deleted."
  type        = bool
  default     = true
  nullable    = false
}

variable "cloudfront" {
  description = "Whether the API and its pages answer through CloudFront. It takes the pages from a second load balancer if the first fails, so there must be two."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.cloudfront || var.balancers >= 2
    error_message = "cloudfront needs balancers of two at least."
  }
}

variable "web_acl_arn" {
  description = "A web ACL of WAF for CloudFront, which must be in us-east-1; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.web_acl_arn == null || can(regex("^arn:[a-z-]+:wafv2:us-east-1:[0-9]+:global/webacl/", var.web_acl_arn))
    error_message = "web_acl_arn must be the ARN of a global web ACL."
  }
}
