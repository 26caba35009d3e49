output "listener_arns" {
  description = "The listeners that previews answer on."
  value       = [for name in local.balancers : aws_lb_listener.https[name].arn]
}

output "listeners" {
  description = "The pool as the program wants to know it: ecs.listeners."
  value       = local.listeners

  # Previews are made with a listener at once: it must be able to speak TLS for them, and be found.
  depends_on = [aws_acm_certificate_validation.this, aws_route53_record.previews]
}

output "api_listener_arns" {
  description = "The listeners that the API answers on, by load balancer."
  value       = { for name, listener in aws_lb_listener.https : name => listener.arn }

  depends_on = [aws_lb_listener_certificate.api]
}

output "api_domain" {
  description = "The name that the API answers to."
  value       = local.api_domain
}

output "balancers" {
  description = "The load balancers as metrics have them, by name."
  value       = { for name, balancer in aws_lb.this : name => balancer.arn_suffix }
}

output "distribution_id" {
  description = "The CloudFront distribution, or null."
  value       = one(aws_cloudfront_distribution.api[*].id)
}
