output "vpc_id" {
  description = "The VPC: ecs.vpc_id."
  value       = aws_vpc.this.id
}

output "zones" {
  description = "The zones, in the order of the subnets."
  value       = local.zones
}

output "public_subnet_ids" {
  description = "The load balancers' subnets, one a zone."
  value       = [for zone in local.zones : aws_subnet.this["public/${zone}"].id]

  # A load balancer is refused while its subnets have no way to the internet.
  depends_on = [aws_route.internet]
}

output "private_subnet_ids" {
  description = "The tasks' subnets, one a zone: ecs.subnets."
  value       = [for zone in local.zones : aws_subnet.this["private/${zone}"].id]

  # A task that starts before there is a way out fails to pull its image.
  depends_on = [aws_route.nat]
}

output "database_subnet_ids" {
  description = "The databases' subnets, one a zone, without a route out."
  value       = [for zone in local.zones : aws_subnet.this["database/${zone}"].id]
}

output "outbound_addresses" {
  description = "The addresses that tasks come from, for other people's allow lists."
  value       = [for address in aws_eip.nat : address.public_ip]
}

output "security_group_ids" {
  description = "The security groups by who is in them: balancer, previews (ecs.security_groups), api, worker, database, cache."
  value       = { for role, group in aws_security_group.this : role => group.id }

  # Whoever starts in a group needs its rules.
  depends_on = [aws_vpc_security_group_ingress_rule.clients, aws_vpc_security_group_ingress_rule.this, aws_vpc_security_group_egress_rule.this, aws_vpc_security_group_egress_rule.outwards]
}
