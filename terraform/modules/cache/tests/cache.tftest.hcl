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
  mock_data "aws_secretsmanager_random_password" {
    defaults = { random_password = "drawnbysecretsmanager" }
  }
  mock_resource "aws_elasticache_replication_group" {
    defaults = {
      primary_endpoint_address = "master.tempus-dev.use1.cache.amazonaws.com"
    }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = {
      arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:redis-url"
    }
  }
}

variables {
  environment        = "dev"
  kms_key_arn        = "arn:aws:kms:us-east-1:111122223333:key/k"
  subnet_ids         = ["subnet-0a", "subnet-0b"]
  security_group_ids = ["sg-0a"]
}

run "it_is_encrypted_at_rest_and_in_transit" {
  assert {
    condition     = tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled) && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    error_message = "the cache is not encrypted with the environment's key"
  }

  assert {
    condition = (
      aws_elasticache_replication_group.this.transit_encryption_enabled
      && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    )
    error_message = "the cache answers without TLS"
  }
}

run "it_asks_for_a_password_that_only_the_secret_tells" {
  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == "drawnbysecretsmanager"
    error_message = "the cache asks for no password"
  }

  assert {
    condition = (
      aws_secretsmanager_secret_version.url.secret_string == "rediss://:drawnbysecretsmanager@master.tempus-dev.use1.cache.amazonaws.com:6379/0"
      && aws_secretsmanager_secret.url.kms_key_id == var.kms_key_arn
    )
    error_message = "the secret is not REDIS_URL, or not encrypted with the environment's key"
  }

  # They stand in a URL and must need no escape.
  assert {
    condition     = data.aws_secretsmanager_random_password.this.exclude_punctuation && data.aws_secretsmanager_random_password.this.password_length >= 32
    error_message = "the password is short, or would have to be escaped"
  }
}

run "nobody_reaches_it_but_its_users" {
  assert {
    condition     = aws_elasticache_replication_group.this.security_group_ids == toset(["sg-0a"])
    error_message = "the cache can be reached by others"
  }
}

run "a_replica_takes_over" {
  assert {
    condition = (
      aws_elasticache_replication_group.this.engine_version == "7.1"
      && aws_elasticache_replication_group.this.num_cache_clusters == 2
      && aws_elasticache_replication_group.this.automatic_failover_enabled
      && aws_elasticache_replication_group.this.multi_az_enabled
    )
    error_message = "the cache ends with its one node"
  }
}

run "one_node_alone_is_possible" {
  variables {
    replicas = 0
  }

  assert {
    condition = alltrue([
      aws_elasticache_replication_group.this.num_cache_clusters == 1,
      !aws_elasticache_replication_group.this.automatic_failover_enabled,
      !aws_elasticache_replication_group.this.multi_az_enabled,
    ])
    error_message = "one node has nothing to fail over to, and is refused"
  }
}
