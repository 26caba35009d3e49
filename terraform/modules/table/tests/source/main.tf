# What the program itself calls its table's attributes and indexes. A clone has its source; a copy of terraform/ alone
# has not.

locals {
  clone    = "${path.module}/../../../../.."
  is_clone = fileexists("${local.clone}/Cargo.toml")

  # pub(in crate::aws) const DUE: &str = "due";
  constants = {
    for constant in flatten([
      for name in ["table/index.rs", "table/item.rs", "store/idempotency.rs"] : [
        for found in regexall("const ([A-Z_]+): &str = \"([^\"]+)\";", local.is_clone ? file("${local.clone}/engine/src/aws/${name}") : "") :
        { name = found[0], value = found[1] }
      ]
    ]) : constant.name => constant.value...
  }

  # pub(in crate::aws) const COPIED: [&str; 2] = [REPOSITORY, PR_NUMBER];
  copied = local.is_clone ? regex("const COPIED: \\[&str; [0-9]+\\] = \\[([^\\]]+)\\]", file("${local.clone}/engine/src/aws/table/index.rs"))[0] : ""
}

output "is_clone" {
  description = "Whether the program's source is here."
  value       = local.is_clone
}

output "names" {
  description = "The program's names, by the names of its constants."
  value       = { for name, values in local.constants : name => values[0] }
}

output "copied" {
  description = "What is copied into the indexes that list previews."
  value       = [for name in regexall("[A-Z_]+", local.copied) : local.constants[name][0]]
}
