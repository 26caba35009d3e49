# Certificates, and the names that they are for.

resource "aws_acm_certificate" "this" {
  for_each = local.certificates

  domain_name               = each.value[0]
  subject_alternative_names = slice(each.value, 1, length(each.value))
  validation_method         = "DNS"
  tags                      = merge(local.tags, { Name = "${var.name}-${each.key}" })

  # A listener holds on to the old one until it has the new one.
  lifecycle {
    create_before_destroy = true
  }
}

# By the name that is asked about, which is known before AWS says what it wants to see.
resource "aws_route53_record" "proof" {
  for_each = local.proofs

  zone_id = var.zone_id
  name    = local.asked[each.key].resource_record_name
  type    = local.asked[each.key].resource_record_type
  records = [local.asked[each.key].resource_record_value]
  ttl     = 300
}

locals {
  asked = {
    for key, proof in local.proofs : key => one([
      for option in aws_acm_certificate.this[proof.certificate].domain_validation_options : option if option.domain_name == proof.domain
    ])
  }
}

resource "aws_acm_certificate_validation" "this" {
  for_each = local.certificates

  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = [for domain in each.value : aws_route53_record.proof["${each.key}/${domain}"].fqdn]
}

resource "aws_route53_record" "previews" {
  for_each = local.domains

  zone_id = var.zone_id
  name    = "*.${each.value}"
  type    = "A"

  alias {
    name                   = aws_lb.this[each.key].dns_name
    zone_id                = aws_lb.this[each.key].zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "api" {
  zone_id = var.zone_id
  name    = local.api_domain
  type    = "A"

  alias {
    name                   = var.cloudfront ? aws_cloudfront_distribution.api[0].domain_name : aws_lb.this[local.balancers[0]].dns_name
    zone_id                = var.cloudfront ? aws_cloudfront_distribution.api[0].hosted_zone_id : aws_lb.this[local.balancers[0]].zone_id
    evaluate_target_health = false
  }
}
