# CloudFront for the API and its pages: TLS ends near the caller, pages are kept there. It is no gate: the load balancer
# answers to everybody who asks it for the API.

locals {
  cdn = var.cloudfront ? 1 : 0

  # Where CloudFront asks: the API is behind every load balancer.
  origins = { for name in var.cloudfront ? slice(local.balancers, 0, 2) : [] : name => "origin-${name}.${var.domain}" }

  # CloudFront takes certificates from this region alone, wherever the rest is.
  cdn_region = "us-east-1"
}

data "aws_cloudfront_cache_policy" "none" {
  count = local.cdn
  name  = "Managed-CachingDisabled"
}

# Keeps what the API says may be kept, and for as long; nothing by default.
resource "aws_cloudfront_cache_policy" "as_told" {
  count = local.cdn

  name        = "${var.name}-as-told"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 86400

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

# The caller's Host goes along: the API refuses requests whose Origin is not their Host.
data "aws_cloudfront_origin_request_policy" "everything" {
  count = local.cdn
  name  = "Managed-AllViewer"
}

data "aws_cloudfront_response_headers_policy" "security" {
  count = local.cdn
  name  = "Managed-SecurityHeadersPolicy"
}

resource "aws_acm_certificate" "cdn" {
  count  = local.cdn
  region = local.cdn_region

  domain_name       = local.api_domain
  validation_method = "DNS"
  tags              = merge(local.tags, { Name = "${var.name}-cdn" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "cdn" {
  count  = local.cdn
  region = local.cdn_region

  certificate_arn = aws_acm_certificate.cdn[0].arn

  # The same account asks for the same record for the same name, whatever the region.
  validation_record_fqdns = [aws_route53_record.proof["api/${local.api_domain}"].fqdn]
}

resource "aws_route53_record" "origin" {
  for_each = local.origins

  zone_id = var.zone_id
  name    = each.value
  type    = "A"

  alias {
    name                   = aws_lb.this[each.key].dns_name
    zone_id                = aws_lb.this[each.key].zone_id
    evaluate_target_health = false
  }
}

resource "aws_cloudfront_distribution" "api" {
  # checkov:skip=CKV_AWS_86:the load balancer logs every request that is not answered from the cache, and only /docs is
  # checkov:skip=CKV_AWS_374:who may call is not a matter of countries
  # checkov:skip=CKV2_AWS_47:web_acl_arn takes a web ACL of one's own; the program has no Java in it
  count = local.cdn

  enabled         = true
  is_ipv6_enabled = true
  comment         = "${var.name}: API and pages"

  # Who opens the API's name in a browser sees its page.
  default_root_object = "docs"

  aliases      = [local.api_domain]
  price_class  = "PriceClass_100"
  http_version = "http2and3"
  web_acl_id   = var.web_acl_arn
  tags         = local.tags

  dynamic "origin" {
    for_each = local.origins

    content {
      origin_id   = origin.key
      domain_name = origin.value

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = ["TLSv1.2"]

        # A job's events come with pauses.
        origin_read_timeout = 60
      }
    }
  }

  # Of what only reads. A change is asked for where it was sent: whether it was made is not known when an answer is lost.
  origin_group {
    origin_id = "either"

    failover_criteria {
      status_codes = [500, 502, 503, 504]
    }

    member {
      origin_id = "a1"
    }

    member {
      origin_id = "a2"
    }
  }

  default_cache_behavior {
    target_origin_id           = "a1"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = data.aws_cloudfront_cache_policy.none[0].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.everything[0].id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security[0].id
  }

  ordered_cache_behavior {
    path_pattern               = "/docs*"
    target_origin_id           = "either"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.as_told[0].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.everything[0].id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security[0].id
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.cdn[0].certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}
