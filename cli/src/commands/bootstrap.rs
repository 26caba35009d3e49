//! `tempus bootstrap`

use std::fmt::Write;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tempus_engine::aws::{Bootstrap as Wanted, Bootstrapped, bootstrap};

use super::config::Settings;
use crate::config::{Aws, Setting};
use crate::failure::Failure;
use crate::output::{Format, Screen};
use crate::server::chosen;

/// Make what the aws engine needs, and print the configuration to use
///
/// Makes the table, the queues, the schedule group and the recurring sweep in the account of
/// aws.region (aws.endpoint, aws.credentials), as far as they are missing: run twice, it changes
/// nothing. The role of `aws.schedule_role_arn` is only named, not made.
#[derive(Debug, Clone, Args)]
pub struct Bootstrap {
    /// What every name begins with
    #[arg(long, value_name = "NAME", default_value = "tempus")]
    prefix: String,
    #[command(flatten)]
    settings: Settings,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Bootstrap {
    /// Makes and prints it.
    pub async fn run(&self) -> Result<(), Failure> {
        let config = self.settings.load()?.config;
        let access = chosen::account(&config)?;
        let role = config.aws.schedule_role_arn.as_ref();
        let wanted = Wanted {
            schedule_role_arn: role.map(ToString::to_string),
            sweep_every: config.worker.sweep_every,
            ..Wanted::new(access, self.prefix.clone())
        };
        let made = bootstrap(&wanted).await.context("the bootstrap failed")?;
        let keys = keys(&config.aws, &made);
        if self.json {
            let aws: serde_json::Map<_, _> = keys
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.into()))
                .collect();
            let installation = made.installation.to_string();
            let answer = json!({"installation": installation, "aws": aws});
            return Ok(Screen::of_process(Format::Json).json(&answer)?);
        }
        Ok(Screen::of_process(Format::Human).write(section(&made, &keys))?)
    }
}

/// The keys of `[aws]` with their values.
fn keys(aws: &Aws, made: &Bootstrapped) -> Vec<(&'static str, String)> {
    let names = &made.names;
    let as_given = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut keys = vec![
        ("region", as_given(aws.region.show())),
        ("endpoint", as_given(aws.endpoint.show())),
        ("credentials", as_given(aws.credentials.show())),
        ("table", names.table.clone()),
        ("queue_url", names.queue_url.clone()),
        ("dead_letter_url", names.dead_letter_url.clone()),
        ("schedule_group", names.schedule_group.clone()),
        ("schedule_role_arn", names.schedule_role_arn.clone()),
    ];
    keys.retain(|(_, value)| !value.is_empty());
    keys
}

fn section(made: &Bootstrapped, keys: &[(&'static str, String)]) -> String {
    let mut text = format!("# installation {}\n[aws]\n", made.installation);
    for (key, value) in keys {
        let value = toml::Value::String(value.clone());
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{key} = {value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use tempus_engine::aws::AwsNames;
    use tempus_model::InstallationId;

    use super::*;
    use crate::config::HttpUrl;

    #[test]
    fn what_is_printed_is_a_section_that_can_be_used() {
        let aws = Aws {
            endpoint: HttpUrl::read("http://127.0.0.1:4566"),
            ..Aws::default()
        };
        let made = Bootstrapped {
            names: AwsNames {
                table: "tempus".into(),
                queue_url: "http://127.0.0.1:4566/0/tempus-hints".into(),
                dead_letter_url: "http://127.0.0.1:4566/0/tempus-hints-dead".into(),
                schedule_group: "tempus".into(),
                schedule_role_arn: "arn:aws:iam::0:role/tempus-scheduler".into(),
            },
            installation: InstallationId::new(7),
        };
        insta::assert_snapshot!(section(&made, &keys(&aws, &made)));
    }
}
