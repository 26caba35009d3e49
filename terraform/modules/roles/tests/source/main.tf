# The program's own lists of its calls, in the form of calls.json. A clone has them; a copy of terraform/ alone has not.

locals {
  clone    = "${path.module}/../../../../.."
  is_clone = fileexists("${local.clone}/Cargo.toml")

  engine   = local.is_clone ? file("${local.clone}/engine/src/aws/actions.rs") : ""
  platform = local.is_clone ? file("${local.clone}/steps/src/aws/client/action.rs") : ""

  # "DynamoDB.GetItem": ["dynamodb:GetItem"], EVERYBODY;
  engine_calls = regexall("\"([A-Za-z]+\\.[A-Za-z]+)\":\\s*\\[([^\\]]+)\\],\\s*([^;]+);", local.engine)
  roles        = { EVERYBODY = "Api, Worker", RUNNING = "Api, Worker", WORKER = "Worker", BOOTSTRAP = "" }

  # CreateService: ServiceChange, Change, ["ecs:CreateService", "ecs:TagResource"];
  platform_calls = regexall("(\\w+): \\w+, \\w+,\\s*\\[([^\\]]+)\\];", local.platform)
}

output "is_clone" {
  description = "Whether the program's source is here."
  value       = local.is_clone
}

output "calls" {
  description = "Each role's calls, with the actions that each needs."
  value = {
    for role in ["api", "worker"] : role => merge(
      {
        for call in local.engine_calls : call[0] => [for action in regexall("\"([^\"]+)\"", call[1]) : action[0]]
        if strcontains(lower(lookup(local.roles, trimspace(call[2]), call[2])), role)
      },
      {
        for call in local.platform_calls : call[0] => [for action in regexall("\"([^\"]+)\"", call[1]) : action[0]]
        # Of the platform's calls, the API makes the one that reads logs.
        if role == "worker" || call[0] == "FilterLogEvents"
      },
    )
  }
}
