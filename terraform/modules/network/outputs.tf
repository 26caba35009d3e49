output "vpc_id" {
  description = "The VPC: ecs.vpc_id."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "The load balancers' subnets, one a zone."
  value       = [for zone in var.zones : aws_subnet.this["public/${zone}"].id]

  # A load balancer is refused while its subnets have no way to the internet.
  depends_on = [aws_route.internet]
}

output "public_subnet_cidrs" {
  description = "The networks that the load balancers call from: api.trusted_proxies."
  value       = [for zone in var.zones : aws_subnet.this["public/${zone}"].cidr_block]
}

output "private_subnet_ids" {
  description = "The tasks' subnets, one a zone: ecs.subnets."
  value       = [for zone in var.zones : aws_subnet.this["private/${zone}"].id]

  # A task that starts before there is a way out fails to pull its image.
  depends_on = [aws_route.nat]
}

output "database_subnet_ids" {
  description = "The databases' subnets, one a zone, without a route out."
  value       = [for zone in var.zones : aws_subnet.this["database/${zone}"].id]
}

output "outbound_addresses" {
  description = "The addresses that tasks come from, for other people's allow lists."
  value       = [for address in aws_eip.nat : address.public_ip]
}

output "balancer_security_group_id" {
  description = "The group of the load balancers."
  value       = aws_security_group.this["balancer"].id

  # Whoever starts in a group needs its rules.
  depends_on = [aws_vpc_security_group_ingress_rule.clients, aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this, aws_vpc_security_group_egress_rule.outwards]
}

output "previews_security_group_id" {
  description = "The group of previews' public services: ecs.security_groups."
  value       = aws_security_group.this["previews"].id

  # Whoever starts in a group needs its rules.
  depends_on = [aws_vpc_security_group_ingress_rule.clients, aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this, aws_vpc_security_group_egress_rule.outwards]
}

output "api_security_group_id" {
  description = "The group of tempus api."
  value       = aws_security_group.this["api"].id

  # Whoever starts in a group needs its rules.
  depends_on = [aws_vpc_security_group_ingress_rule.clients, aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this, aws_vpc_security_group_egress_rule.outwards]
}

output "worker_security_group_id" {
  description = "The group of tempus worker."
  value       = aws_security_group.this["worker"].id

  # Whoever starts in a group needs its rules.
  depends_on = [aws_vpc_security_group_ingress_rule.clients, aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this, aws_vpc_security_group_egress_rule.outwards]
}

output "database_security_group_id" {
  description = "The group of the databases' server."
  value       = aws_security_group.this["database"].id

  # Whoever starts in a group needs its rules.
  depends_on = [aws_vpc_security_group_ingress_rule.clients, aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this, aws_vpc_security_group_egress_rule.outwards]
}

output "cache_security_group_id" {
  description = "The group of the cache."
  value       = aws_security_group.this["cache"].id

  # Whoever starts in a group needs its rules.
  depends_on = [aws_vpc_security_group_ingress_rule.clients, aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this, aws_vpc_security_group_egress_rule.outwards]
}
