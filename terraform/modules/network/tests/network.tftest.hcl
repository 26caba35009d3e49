mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/tempus/dev/network" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/tempus-flow-logs" }
  }
}

variables {
  environment = "dev"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/k"
  zones       = ["us-east-1a", "us-east-1b"]
}

run "databases_have_no_way_out" {
  assert {
    condition     = alltrue([for place, subnet in aws_route_table_association.this : subnet.route_table_id == aws_route_table.database.id if startswith(place, "database/")])
    error_message = "a database subnet has another table than the one without routes"
  }

  assert {
    condition = !contains(
      concat([aws_route.internet.route_table_id], [for route in aws_route.nat : route.route_table_id], flatten([for endpoint in aws_vpc_endpoint.gateway : tolist(endpoint.route_table_ids)])),
      aws_route_table.database.id,
    )
    error_message = "the databases' table has a route out"
  }

  assert {
    condition     = length([for group in ["database", "cache"] : group if anytrue([for rule in concat(values(aws_vpc_security_group_egress_rule.this), values(aws_vpc_security_group_egress_rule.outwards)) : rule.security_group_id == local.group_ids[group]])]) == 0
    error_message = "a database may open connections"
  }
}

run "nothing_gets_a_public_address_by_itself" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.this : !subnet.map_public_ip_on_launch])
    error_message = "a subnet gives public addresses"
  }

  assert {
    condition     = alltrue([for place, subnet in aws_route_table_association.this : subnet.route_table_id != aws_route_table.public.id if !startswith(place, "public/")])
    error_message = "a subnet of tasks or databases leads straight to the internet"
  }
}

run "tasks_are_reached_by_load_balancers_alone" {
  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_ingress_rule.this : rule.referenced_security_group_id == local.group_ids.balancer
      if contains([for group in ["previews", "api", "worker"] : local.group_ids[group]], rule.security_group_id)
    ])
    error_message = "a task is reached by something other than a load balancer"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.clients : rule.security_group_id == local.group_ids.balancer && contains([80, 443], rule.from_port) && rule.from_port == rule.to_port])
    error_message = "addresses reach more than the load balancers' 80 and 443"
  }

  assert {
    condition     = !anytrue([for rule in aws_vpc_security_group_ingress_rule.this : rule.security_group_id == local.group_ids.worker])
    error_message = "somebody reaches the workers"
  }
}

run "previews_do_not_reach_each_other" {
  assert {
    condition     = !anytrue([for rule in aws_vpc_security_group_ingress_rule.this : rule.security_group_id == rule.referenced_security_group_id])
    error_message = "the members of a group reach each other"
  }
}

run "databases_are_reached_by_their_users_alone" {
  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_ingress_rule.this :
      contains([local.group_ids.previews, local.group_ids.worker], rule.referenced_security_group_id) && [rule.from_port, rule.to_port] == [5432, 5432]
      if rule.security_group_id == local.group_ids.database
    ])
    error_message = "PostgreSQL is reached by others than previews and workers, which make their databases, or at another port"
  }

  assert {
    condition = [
      for rule in aws_vpc_security_group_ingress_rule.this : [rule.referenced_security_group_id == local.group_ids.previews, rule.from_port, rule.to_port]
      if rule.security_group_id == local.group_ids.cache
    ] == [[true, 6379, 6379]]
    error_message = "Redis is reached by others than previews, or at another port"
  }
}

run "load_balancers_reach_tasks_alone" {
  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_egress_rule.this : contains([local.group_ids.previews, local.group_ids.api], rule.referenced_security_group_id)
      if rule.security_group_id == local.group_ids.balancer
    ])
    error_message = "a load balancer reaches something other than tasks"
  }

  assert {
    condition     = !anytrue([for rule in aws_vpc_security_group_egress_rule.outwards : rule.security_group_id == local.group_ids.balancer])
    error_message = "a load balancer reaches the internet"
  }
}

run "the_way_out_is_tcp_at_named_ports" {
  assert {
    condition     = toset([for rule in aws_vpc_security_group_egress_rule.outwards : "${rule.ip_protocol}/${rule.from_port}-${rule.to_port}"]) == toset(["tcp/80-80", "tcp/443-443"])
    error_message = "more than 80 and 443 leads out"
  }
}

run "what_has_no_group_reaches_nothing" {
  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "the default group lets something through"
  }
}

run "networks_are_laid_out_zone_by_zone" {
  assert {
    condition = { for place, subnet in aws_subnet.this : place => subnet.cidr_block } == {
      "public/us-east-1a"   = "10.0.1.0/24"
      "private/us-east-1a"  = "10.0.2.0/24"
      "database/us-east-1a" = "10.0.3.0/24"
      "public/us-east-1b"   = "10.0.4.0/24"
      "private/us-east-1b"  = "10.0.5.0/24"
      "database/us-east-1b" = "10.0.6.0/24"
    }
    error_message = "the networks lie elsewhere"
  }

  assert {
    condition     = join(" ", output.public_subnet_cidrs) == "10.0.1.0/24 10.0.4.0/24"
    error_message = "load balancers are said to call from elsewhere"
  }
}

run "no_zone_depends_on_another" {
  assert {
    condition     = alltrue([for zone in var.zones : aws_route.nat[zone].nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "a zone goes out through another"
  }
}

run "one_gateway_serves_all_zones" {
  variables {
    nat = "one"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a"] && alltrue([for route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this["us-east-1a"].id])
    error_message = "a zone has no way out, or one of its own"
  }
}

run "image_layers_and_rows_go_round_the_gateway" {
  assert {
    condition = alltrue([
      for service in ["s3", "dynamodb"] :
      aws_vpc_endpoint.gateway[service].vpc_endpoint_type == "Gateway" && toset(aws_vpc_endpoint.gateway[service].route_table_ids) == toset([for table in aws_route_table.private : table.id])
    ])
    error_message = "a private subnet has no endpoint for S3 or DynamoDB"
  }
}

run "flows_are_logged_only_if_asked_for" {
  assert {
    condition     = length(aws_flow_log.this) == 0 && length(aws_iam_role.flow) == 0
    error_message = "flows are logged unasked"
  }
}

run "the_log_of_flows_is_encrypted_and_ends" {
  variables {
    flow_log_days = 30
  }

  assert {
    condition     = aws_flow_log.this[0].traffic_type == "ALL" && aws_cloudwatch_log_group.flow[0].kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.flow[0].retention_in_days == 30
    error_message = "the log is not encrypted, kept for ever, or not whole"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.flow[0].policy).Statement[0].Resource == "${aws_cloudwatch_log_group.flow[0].arn}:*"
    error_message = "the log's role may write elsewhere"
  }
}

run "what_cannot_work_is_refused" {
  command = plan

  variables {
    zones          = ["us-east-1a"]
    nat            = "none"
    cidr           = "8.8.0.0/16"
    outbound_ports = [80]
  }

  expect_failures = [var.zones, var.nat, var.cidr, var.outbound_ports]
}
