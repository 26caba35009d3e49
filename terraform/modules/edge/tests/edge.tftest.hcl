mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      domain_validation_options = [
        { domain_name = "*.a1.previews.example.com", resource_record_name = "_a1.example.com.", resource_record_type = "CNAME", resource_record_value = "_v1.acm." },
        { domain_name = "*.a2.previews.example.com", resource_record_name = "_a2.example.com.", resource_record_type = "CNAME", resource_record_value = "_v2.acm." },
        { domain_name = "api.previews.example.com", resource_record_name = "_api.example.com.", resource_record_type = "CNAME", resource_record_value = "_v3.acm." },
        { domain_name = "origin-a1.previews.example.com", resource_record_name = "_origin-a1.example.com.", resource_record_type = "CNAME", resource_record_value = "_v4.acm." },
        { domain_name = "origin-a2.previews.example.com", resource_record_name = "_origin-a2.example.com.", resource_record_type = "CNAME", resource_record_value = "_v5.acm." },
      ]
    }
  }
}

variables {
  environment        = "dev"
  domain             = "previews.example.com"
  zone_id            = "Z0123456789ABC"
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_ids = ["sg-balancer"]
  logs_bucket        = "tempus-dev-logs"

  api_target_group_arns = {
    a1 = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/tempus-api-a1/1"
    a2 = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/tempus-api-a2/2"
  }
}

run "only_tls_of_today_is_spoken" {
  assert {
    condition     = alltrue([for listener in aws_lb_listener.https : listener.protocol == "HTTPS" && listener.port == 443 && startswith(listener.ssl_policy, "ELBSecurityPolicy-TLS13-1-2-")])
    error_message = "a listener speaks less than TLS 1.2"
  }

  assert {
    condition     = alltrue([for listener in aws_lb_listener.http : listener.default_action[0].type == "redirect" && listener.default_action[0].redirect[0].protocol == "HTTPS" && listener.default_action[0].redirect[0].port == "443"])
    error_message = "port 80 does more than redirect"
  }
}

run "what_has_no_preview_reaches_the_api_which_says_why" {
  variables {
    balancers = 2
  }

  assert {
    condition     = { for name, listener in aws_lb_listener.https : name => [for action in listener.default_action : [action.type, action.target_group_arn]] } == { for name, arn in var.api_target_group_arns : name => [["forward", arn]] }
    error_message = "a name without a preview reaches something else than the API behind the same load balancer"
  }
}

run "ambiguous_requests_are_refused_and_every_request_is_logged" {
  assert {
    condition = alltrue([
      for balancer in aws_lb.this :
      balancer.drop_invalid_header_fields && balancer.desync_mitigation_mode == "strictest" && balancer.access_logs[0].enabled && balancer.access_logs[0].bucket == var.logs_bucket
    ])
    error_message = "a load balancer passes on what can be read in two ways, or keeps no log"
  }

  assert {
    condition     = alltrue([for balancer in aws_lb.this : balancer.enable_deletion_protection && toset(balancer.security_groups) == toset(var.security_group_ids)])
    error_message = "a load balancer can be deleted, or is in other groups"
  }
}

run "each_load_balancer_has_a_wildcard_of_its_own" {
  variables {
    balancers = 2
  }

  assert {
    condition     = { for name, certificate in aws_acm_certificate.this : name => certificate.domain_name } == { a1 = "*.a1.previews.example.com", a2 = "*.a2.previews.example.com", api = "api.previews.example.com" }
    error_message = "a certificate is for another name"
  }

  assert {
    condition     = alltrue([for name in ["a1", "a2"] : aws_lb_listener.https[name].certificate_arn == aws_acm_certificate_validation.this[name].certificate_arn && aws_route53_record.previews[name].name == "*.${name}.previews.example.com"])
    error_message = "a listener has another load balancer's certificate or name"
  }

  assert {
    condition     = aws_route53_record.proof["a2/*.a2.previews.example.com"].name == "_a2.example.com." && aws_route53_record.proof["a2/*.a2.previews.example.com"].records == toset(["_v2.acm."])
    error_message = "what AWS wants to see is not shown under its name"
  }
}

# As cli/src/config/listeners.rs reads it: one listener, six fields, each once.
run "the_pool_is_given_as_the_program_reads_it" {
  variables {
    balancers = 2
    slots     = 40
  }

  assert {
    condition = [
      for listener in split("; ", output.listeners) : { for field in split(" ", listener) : split("=", field)[0] => join("=", slice(split("=", field), 1, length(split("=", field)))) }
      ] == [
      for name in ["a1", "a2"] : {
        name     = name
        listener = aws_lb_listener.https[name].arn
        balancer = aws_lb.this[name].arn
        dns      = aws_lb.this[name].dns_name
        mode     = "host:${name}.previews.example.com"
        slots    = "40"
      }
    ]
    error_message = "the program would not understand ecs.listeners"
  }
}

run "without_cloudfront_the_api_answers_on_the_first" {
  assert {
    condition     = length(aws_cloudfront_distribution.api) == 0 && aws_route53_record.api.alias[0].name == aws_lb.this["a1"].dns_name && output.api_domain == "api.previews.example.com"
    error_message = "the API's name leads elsewhere"
  }
}

run "cloudfront_speaks_tls_on_both_sides" {
  variables {
    cloudfront = true
    balancers  = 2
  }

  assert {
    condition = (
      aws_cloudfront_distribution.api[0].viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
      && aws_cloudfront_distribution.api[0].default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
      && aws_cloudfront_distribution.api[0].ordered_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
      && alltrue([for origin in aws_cloudfront_distribution.api[0].origin : origin.custom_origin_config[0].origin_protocol_policy == "https-only" && origin.custom_origin_config[0].origin_ssl_protocols == toset(["TLSv1.2"])])
    )
    error_message = "something is spoken in the clear"
  }

  assert {
    condition     = aws_cloudfront_distribution.api[0].price_class == "PriceClass_100" && aws_acm_certificate.cdn[0].region == "us-east-1"
    error_message = "CloudFront answers from everywhere, or with a certificate that it cannot take"
  }

  assert {
    condition     = toset(aws_acm_certificate.this["api"].subject_alternative_names) == toset(["origin-a1.previews.example.com", "origin-a2.previews.example.com"]) && toset(keys(aws_lb_listener_certificate.api)) == toset(["a1", "a2"]) && aws_route53_record.api.alias[0].name == aws_cloudfront_distribution.api[0].domain_name
    error_message = "the API's name does not lead to CloudFront, or CloudFront not to the load balancer"
  }

  # Answers of the API are nobody else's.
  assert {
    condition     = aws_cloudfront_distribution.api[0].default_cache_behavior[0].cache_policy_id == data.aws_cloudfront_cache_policy.none[0].id
    error_message = "the API's answers are kept"
  }
}

run "pages_outlive_a_load_balancer" {
  variables {
    cloudfront = true
    balancers  = 2
  }

  assert {
    condition = (
      aws_cloudfront_distribution.api[0].ordered_cache_behavior[0].target_origin_id == one(aws_cloudfront_distribution.api[0].origin_group).origin_id
      && join(" ", one(aws_cloudfront_distribution.api[0].origin_group).member[*].origin_id) == "a1 a2"
      && toset([for origin in aws_cloudfront_distribution.api[0].origin : origin.domain_name]) == toset(["origin-a1.previews.example.com", "origin-a2.previews.example.com"])
    )
    error_message = "CloudFront asks one load balancer alone"
  }

  # CloudFront takes no group where changes are sent.
  assert {
    condition     = aws_cloudfront_distribution.api[0].default_cache_behavior[0].target_origin_id == "a1"
    error_message = "a change may be sent twice"
  }
}

run "cloudfront_with_one_load_balancer_is_refused" {
  command = plan

  variables {
    cloudfront = true
  }

  expect_failures = [var.cloudfront]
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    ssl_policy  = "ELBSecurityPolicy-2016-08"
    slots       = 100
    subnet_ids  = ["subnet-a"]
    domain      = "Example"
    web_acl_arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/x/y"
    balancers   = 6
  }

  expect_failures = [var.ssl_policy, var.slots, var.subnet_ids, var.domain, var.web_acl_arn, var.balancers]
}
