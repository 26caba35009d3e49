locals {
  tags       = merge(var.tags, { "tempus:name" = var.name, "tempus:environment" = var.environment })
  balancers  = [for number in range(1, var.balancers + 1) : "a${number}"]
  domains    = { for name in local.balancers : name => "${name}.${var.domain}" }
  api_domain = "api.${var.domain}"

  # Each load balancer has a wildcard of its own: a name under it is one preview's on one load balancer.
  certificates = merge(
    { for name, domain in local.domains : name => ["*.${domain}"] },
    # CloudFront asks the load balancer for either name.
    { api = concat([local.api_domain], values(local.origins)) },
  )

  # What has to be shown to own each name. For a wildcard it is the same as for the name without it.
  proofs = {
    for proof in flatten([for name, domains in local.certificates : [for domain in domains : { certificate = name, domain = domain }]]) :
    "${proof.certificate}/${proof.domain}" => proof
  }

  listeners = join("; ", [
    for name in local.balancers : join(" ", [
      "name=${name}",
      "listener=${aws_lb_listener.https[name].arn}",
      "balancer=${aws_lb.this[name].arn}",
      "dns=${aws_lb.this[name].dns_name}",
      "mode=host:${local.domains[name]}",
      "slots=${var.slots}",
    ])
  ])
}

resource "aws_lb" "this" {
  # checkov:skip=CKV2_AWS_28:what previews are sent is their developers' to filter; CloudFront takes a web ACL for the API
  for_each = local.domains

  name               = "${var.name}-${each.key}"
  internal           = false
  load_balancer_type = "application"
  subnets            = var.subnet_ids
  security_groups    = var.security_group_ids
  idle_timeout       = var.idle_timeout_seconds
  tags               = local.tags

  # What a client and an application would read differently is refused.
  desync_mitigation_mode     = "strictest"
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection

  access_logs {
    bucket  = var.logs_bucket
    prefix  = "balancers"
    enabled = true
  }
}

resource "aws_lb_listener" "http" {
  for_each = aws_lb.this

  load_balancer_arn = each.value.arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

# Previews add their rules. What no rule takes (a preview that is starting, gone, or protected) is the API's to answer: it
# knows which.
resource "aws_lb_listener" "https" {
  for_each = aws_lb.this

  load_balancer_arn = each.value.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = var.ssl_policy
  certificate_arn   = aws_acm_certificate_validation.this[each.key].certificate_arn
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = var.api_target_group_arns[each.key]
  }
}

resource "aws_lb_listener_certificate" "api" {
  for_each = toset(concat([local.balancers[0]], keys(local.origins)))

  listener_arn    = aws_lb_listener.https[each.key].arn
  certificate_arn = aws_acm_certificate_validation.this["api"].certificate_arn
}
