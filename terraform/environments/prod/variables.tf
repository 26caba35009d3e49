variable "region" {
  description = "The region to be in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region such as us-east-1."
  }
}

variable "domain" {
  description = "The domain that everything answers under: the API at api.{domain}, previews at {name}.a1.{domain}."
  type        = string
  nullable    = false
}

variable "zone_id" {
  description = "The Route 53 zone that the domain is in."
  type        = string
  nullable    = false
}

variable "image_tag" {
  description = "The tag of the program's image in the installation's own repository."
  type        = string
  nullable    = false
}

variable "name" {
  description = "The installation's prefix: what every name begins with."
  type        = string
  default     = "tempus"
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that is made here."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "emails" {
  description = "Who is told of alarms and of the budget."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "runbooks" {
  description = "Where the runbooks can be read: what alarms refer to, such as https://github.com/acme/tempus/blob/v1.2.0/runbooks."
  type        = string
  default     = "runbooks"
  nullable    = false
}

variable "client_cidrs" {
  description = "Who may reach previews and the API."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false
}

variable "admin_token_hash" {
  description = "The hash of an administrator's token, as tempus token new prints it beside the token. The token itself is not for here."
  type        = string
  default     = null
}

variable "oidc" {
  description = "Whose identity tokens are taken, and for what: rules such as \"issuer=https://token.actions.githubusercontent.com audience=tempus repository=acme/shop scope=deployer\". The first that matches decides."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "cloudfront_web_acl_arn" {
  description = "A web ACL of WAF for CloudFront, which must be in us-east-1; null for none."
  type        = string
  default     = null
}

variable "secrets" {
  description = "Secrets of the control plane by name: what each is for, the environment variable that it is given as, and to whom (api, worker)."
  type        = map(object({ about = string, variable = string, roles = set(string) }))
  default     = {}
  nullable    = false
}

variable "settings" {
  description = "More of the program's configuration, by key, such as \"quota.total\"."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "pull_through" {
  description = "Other registries to keep copies of, such as docker-hub."
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

variable "zones" {
  description = "The letters of the zones to be in. Not every account has every letter."
  type        = list(string)
  default     = ["a", "b", "c"]
  nullable    = false

  validation {
    condition     = length(var.zones) == 3 && alltrue([for letter in var.zones : can(regex("^[a-z]$", letter))])
    error_message = "zones must be three letters."
  }
}

variable "cloudfront" {
  description = "Whether the API and its pages answer through CloudFront."
  type        = bool
  default     = false
  nullable    = false
}
