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

variable "cidr" {
  description = "The VPC's addresses. Each zone takes three networks of 256 addresses: public, private, database."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.).*/(1[6-9]|20)$", var.cidr)) && can(cidrhost(var.cidr, 0))
    error_message = "cidr must be a private network from /16 to /20, such as 10.0.0.0/16."
  }
}

variable "zones" {
  description = "The zones to be in, by name: two at least, as load balancers and databases want. One added at the end moves none of the others."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 4 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones must be two to four different zones."
  }
}

variable "nat" {
  description = "The way out of the private subnets: one gateway for all of them, or one in each zone, so that no zone depends on another."
  type        = string
  default     = "per_zone"
  nullable    = false

  validation {
    condition     = contains(["one", "per_zone"], var.nat)
    error_message = "nat must be one or per_zone."
  }
}

variable "client_cidrs" {
  description = "Who may reach the load balancers. Everybody, unless previews are for an office or a VPN."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = length(var.client_cidrs) > 0 && alltrue([for cidr in var.client_cidrs : can(cidrhost(cidr, 0))])
    error_message = "client_cidrs must be one or more networks, such as 203.0.113.0/24."
  }
}

variable "preview_ports" {
  description = "The ports that previews may listen on."
  type        = list(object({ from = number, to = number }))
  default     = [{ from = 80, to = 80 }, { from = 1024, to = 65535 }]
  nullable    = false

  validation {
    condition     = length(var.preview_ports) > 0 && alltrue([for ports in var.preview_ports : ports.from >= 1 && ports.from <= ports.to && ports.to <= 65535])
    error_message = "preview_ports must be ranges of ports from 1 to 65535, the lower first."
  }
}

variable "api_port" {
  description = "The port that the API listens on."
  type        = number
  default     = 8080
  nullable    = false

  validation {
    condition     = var.api_port >= 1024 && var.api_port <= 65535 && floor(var.api_port) == var.api_port
    error_message = "api_port must be a port from 1024 to 65535."
  }
}

variable "outbound_ports" {
  description = "The ports that previews may reach outside: what pulls images and calls services."
  type        = list(number)
  default     = [80, 443]
  nullable    = false

  validation {
    condition     = contains(var.outbound_ports, 443) && alltrue([for port in var.outbound_ports : port >= 1 && port <= 65535])
    error_message = "outbound_ports must be ports from 1 to 65535, and 443 among them: images are pulled over it."
  }
}

variable "flow_log_days" {
  description = "How long it is kept who spoke to whom; null keeps no such log."
  type        = number
  default     = null

  validation {
    condition     = var.flow_log_days == null || contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], coalesce(var.flow_log_days, 30))
    error_message = "flow_log_days must be null or one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400."
  }
}
