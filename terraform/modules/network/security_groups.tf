# Who may speak to whom. Groups name each other, never addresses, but for clients and the way out. Nothing lets the
# members of a group reach each other: previews are apart. (A preview of several services has a group of its own for
# them, which the worker makes and removes.)

locals {
  groups = {
    balancer = "Load balancers"
    previews = "Public services of previews"
    api      = "tempus api"
    worker   = "tempus worker"
    database = "PostgreSQL for previews"
    cache    = "Redis for previews"
  }
  group_ids = { for whose, group in aws_security_group.this : whose => group.id }

  anywhere = "0.0.0.0/0"

  # Each pair is one rule at its end and one at the other's.
  between = merge(
    { for ports in var.preview_ports : "balancer-previews-${ports.from}" => { from = "balancer", to = "previews", first = ports.from, last = ports.to } },
    {
      balancer-api      = { from = "balancer", to = "api", first = var.api_port, last = var.api_port }
      worker-database   = { from = "worker", to = "database", first = 5432, last = 5432 }
      previews-database = { from = "previews", to = "database", first = 5432, last = 5432 }
      previews-cache    = { from = "previews", to = "cache", first = 6379, last = 6379 }
    },
  )

  # Port 80 only says where 443 is.
  clients = merge([
    for cidr in var.client_cidrs : { for port in [80, 443] : "${cidr}-${port}" => { cidr = cidr, port = port } }
  ]...)

  outwards = merge(
    { for port in var.outbound_ports : "previews-${port}" => { from = "previews", port = port } },
    { for role in ["api", "worker"] : "${role}-443" => { from = role, port = 443 } },
  )
}

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5:other modules put load balancers, tasks and databases in them, and workers previews
  for_each = local.groups

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id
  tags        = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = local.clients

  security_group_id = local.group_ids.balancer
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  description       = each.key
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.between

  security_group_id            = local.group_ids[each.value.to]
  referenced_security_group_id = local.group_ids[each.value.from]
  ip_protocol                  = "tcp"
  from_port                    = each.value.first
  to_port                      = each.value.last
  description                  = each.key
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.between

  security_group_id            = local.group_ids[each.value.from]
  referenced_security_group_id = local.group_ids[each.value.to]
  ip_protocol                  = "tcp"
  from_port                    = each.value.first
  to_port                      = each.value.last
  description                  = each.key
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "outwards" {
  for_each = local.outwards

  security_group_id = local.group_ids[each.value.from]
  cidr_ipv4         = local.anywhere
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  description       = each.key
  tags              = local.tags
}
