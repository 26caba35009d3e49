mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
}

variables {
  region    = "us-east-1"
  domain    = "previews.example.com"
  zone_id   = "Z0123456789ABC"
  image_tag = "v1.0.0"

  admin_token_hash = "0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d"
}

run "a_month_costs_what_it_may" {
  command = plan

  assert {
    condition     = output.monthly_cost.total <= 98
    error_message = "a month costs more than 98 dollars: ${jsonencode(output.monthly_cost)}"
  }
}

run "the_table_in_the_readme_is_true" {
  command = plan

  assert {
    condition = [
      for item, usd in merge(output.monthly_cost.items, { "**total**" = output.monthly_cost.total }) : item
      if !strcontains(file("${path.module}/README.md"), item == "**total**" ? format("| **total** | **%.2f** |", usd) : format("| %s | %.2f |", item, usd))
    ] == []
    error_message = "README.md has other figures: ${jsonencode(output.monthly_cost)}"
  }
}

run "with_a_cache_it_is_more_than_that" {
  command = plan

  variables {
    cache = true
  }

  assert {
    condition     = output.monthly_cost.items["cache"] == 11.68 && output.monthly_cost.total > 98
    error_message = "the cache is not counted"
  }
}

run "previews_run_on_spot" {
  command = plan

  assert {
    condition     = output.settings["ecs.capacity"] == "fargate_spot"
    error_message = "previews run on demand"
  }
}
