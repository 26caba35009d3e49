//! Every key: its name, what it is for, and the field it sets. The one list that all layers, the
//! checks and `tempus config` go by.

use serde_json::Value;

use super::{Config, Setting};

type Setter = dyn Fn(&mut Config, &str) -> Option<()>;
type Getter = dyn Fn(&mut Config) -> Value;

/// One key.
pub struct Key {
    /// Its full name, such as `api.listen`.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it accepts; ends a sentence that begins with "must be".
    pub expects: &'static str,
    set: Box<Setter>,
    get: Box<Getter>,
}

impl Key {
    fn new<T: Setting + 'static>(
        name: &'static str,
        about: &'static str,
        field: fn(&mut Config) -> &mut T,
    ) -> Self {
        Self {
            name,
            about,
            expects: T::EXPECTS,
            set: Box::new(move |config, text| {
                *field(config) = T::read(text)?;
                Some(())
            }),
            get: Box::new(move |config| field(config).show()),
        }
    }

    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!(
            "TEMPUS_{}",
            self.name.replace('.', "_").to_ascii_uppercase()
        )
    }

    /// Sets it; `None` if the text is not what it accepts.
    #[must_use]
    pub fn set(&self, config: &mut Config, text: &str) -> Option<()> {
        (self.set)(config, text)
    }

    /// Its value.
    pub fn get(&self, config: &Config) -> Value {
        // The accessor borrows mutably, so that each key needs only one.
        (self.get)(&mut config.clone())
    }
}

/// Every key, in the order in which `tempus config` shows them.
#[rustfmt::skip] // a table reads better with one key a line
#[expect(clippy::too_many_lines, reason = "as many as there are keys")]
pub fn keys() -> Vec<Key> {
    vec![
        Key::new("data", "the folder that holds all state", |c| &mut c.data),
        Key::new("engine", "what keeps rows, hints and timers", |c| &mut c.engine),
        Key::new("platform", "where previews run", |c| &mut c.platform),
        Key::new("aws.region", "the AWS region", |c| &mut c.aws.region),
        Key::new("aws.endpoint", "where every AWS service answers, if not at AWS", |c| &mut c.aws.endpoint),
        Key::new("aws.credentials", "who calls AWS", |c| &mut c.aws.credentials),
        Key::new("aws.table", "the engine's DynamoDB table", |c| &mut c.aws.table),
        Key::new("aws.queue_url", "the engine's SQS queue", |c| &mut c.aws.queue_url),
        Key::new("aws.dead_letter_url", "the queue for what was received too often", |c| &mut c.aws.dead_letter_url),
        Key::new("aws.schedule_group", "the engine's group of schedules", |c| &mut c.aws.schedule_group),
        Key::new("aws.schedule_role_arn", "the role by which schedules send to the queue", |c| &mut c.aws.schedule_role_arn),
        Key::new("aws.history", "how long jobs and receipts are kept after their preview is gone", |c| &mut c.aws.history),
        Key::new("ecs.cluster", "the cluster that previews run in", |c| &mut c.ecs.cluster),
        Key::new("ecs.vpc_id", "the VPC of load balancers and tasks", |c| &mut c.ecs.vpc_id),
        Key::new("ecs.subnets", "where tasks are placed", |c| &mut c.ecs.subnets),
        Key::new("ecs.security_groups", "what lets the load balancers reach the tasks", |c| &mut c.ecs.security_groups),
        Key::new("ecs.public_ip", "whether tasks get a public address", |c| &mut c.ecs.public_ip),
        Key::new("ecs.capacity", "what tasks run on", |c| &mut c.ecs.capacity),
        Key::new("ecs.execution_role_arn", "the role that pulls images and writes logs", |c| &mut c.ecs.execution_role_arn),
        Key::new("ecs.task_role_arn", "the role of the applications themselves", |c| &mut c.ecs.task_role_arn),
        Key::new("ecs.log_group", "the CloudWatch log group", |c| &mut c.ecs.log_group),
        Key::new("ecs.schedule_group", "the group of the schedules that run tasks", |c| &mut c.ecs.schedule_group),
        Key::new("ecs.schedule_role_arn", "the role by which those schedules run tasks", |c| &mut c.ecs.schedule_role_arn),
        Key::new("ecs.service_connect_namespace", "where the services of one preview find each other", |c| &mut c.ecs.service_connect_namespace),
        Key::new("ecs.exec", "whether a shell may be opened in a task", |c| &mut c.ecs.exec),
        Key::new("ecs.delete_images", "whether the images of a preview's commits are deleted from ECR with it", |c| &mut c.ecs.delete_images),
        Key::new("ecs.cost_center", "what previews are booked on", |c| &mut c.ecs.cost_center),
        Key::new("ecs.listeners", "the load balancer listeners that previews answer on", |c| &mut c.ecs.listeners),
        Key::new("ecs.ready_within", "time a service has to become ready", |c| &mut c.ecs.ready_within),
        Key::new("ecs.verify_delay", "time between a destroy and its receipt's check", |c| &mut c.ecs.verify_delay),
        Key::new("ecs.processes", "processes that share the account's request rates", |c| &mut c.ecs.processes),
        Key::new("ecs.rates", "the account's request rates where they are not AWS's defaults", |c| &mut c.ecs.rates),
        Key::new("api.listen", "where the API listens", |c| &mut c.api.listen),
        Key::new("api.names", "names that the API answers to besides localhost", |c| &mut c.api.names),
        Key::new("api.tls_certificate", "the file of the API's certificate", |c| &mut c.api.tls_certificate),
        Key::new("api.tls_key", "the file of the certificate's key", |c| &mut c.api.tls_key),
        Key::new("api.trusted_proxies", "through whom alone the API is called, if through anybody", |c| &mut c.api.trusted_proxies),
        Key::new("identity.admin_token_hash", "the hash of an administrator's token, to begin with", |c| &mut c.identity.admin_token_hash),
        Key::new("identity.oidc", "whose identity tokens are taken, and for what", |c| &mut c.identity.oidc),
        Key::new("identity.rate", "how fast each caller may call", |c| &mut c.identity.rate),
        Key::new("github.app_id", "the id of the GitHub App through which pull requests have previews", |c| &mut c.github.app_id),
        Key::new("github.private_key_file", "the file with the App's private key", |c| &mut c.github.private_key_file),
        Key::new("github.webhook_secret_file", "the file with the App's webhook secret", |c| &mut c.github.webhook_secret_file),
        Key::new("github.api", "where GitHub's API is, if not at GitHub", |c| &mut c.github.api),
        Key::new("github.public_url", "where this API is reached, for links", |c| &mut c.github.public_url),
        Key::new("github.branches", "whether branches without a pull request have previews", |c| &mut c.github.branches),
        Key::new("github.image", "the image of a service that names none, with {name}, {sha} and {short_sha}", |c| &mut c.github.image),
        Key::new("github.pass_every", "how often the open pull requests are listed", |c| &mut c.github.pass_every),
        Key::new("github.pass_cap", "previews that one such pass may take down", |c| &mut c.github.pass_cap),
        Key::new("github.processes", "processes that share what GitHub lets an installation write", |c| &mut c.github.processes),
        Key::new("database.url", "the Postgres server of previews' databases, and the user that makes them", |c| &mut c.database.url),
        Key::new("database.password_file", "the file with that user's password", |c| &mut c.database.password_file),
        Key::new("database.tls", "whether the databases' server is spoken to by TLS", |c| &mut c.database.tls),
        Key::new("database.ca_file", "the file of the authorities that its certificate is from", |c| &mut c.database.ca_file),
        Key::new("database.key_file", "the file with the key that previews' database passwords are derived from", |c| &mut c.database.key_file),
        Key::new("notify.url", "where it is told that a preview's time is nearly over", |c| &mut c.notify.url),
        Key::new("notify.secret_file", "the file with the secret that what is told is signed with", |c| &mut c.notify.secret_file),
        Key::new("notify.patience", "how long the receiver has to answer", |c| &mut c.notify.patience),
        Key::new("previews.listen", "where previews answer", |c| &mut c.previews.listen),
        Key::new("previews.ports", "the ports given to preview processes", |c| &mut c.previews.ports),
        Key::new("previews.grace", "time between SIGTERM and SIGKILL", |c| &mut c.previews.grace),
        Key::new("previews.ready_within", "time a service has to answer its health path", |c| &mut c.previews.ready_within),
        Key::new("previews.hold", "time a request is held until its preview has woken", |c| &mut c.previews.hold),
        Key::new("previews.build_within", "time a pull request's checkout has to be built, locally", |c| &mut c.previews.build_within),
        Key::new("previews.access", "who may see a preview whose request does not say", |c| &mut c.previews.access),
        Key::new("previews.gate_key_file", "the file with the key that sessions and links are signed with", |c| &mut c.previews.gate_key_file),
        Key::new("previews.secret_file", "the file with the secrets that previews may refer to, locally", |c| &mut c.previews.secret_file),
        Key::new("ttl.minimum", "the shortest life of a preview", |c| &mut c.ttl.minimum),
        Key::new("ttl.default", "the life of a preview that asks for none", |c| &mut c.ttl.default),
        Key::new("ttl.maximum", "the longest life of a preview", |c| &mut c.ttl.maximum),
        Key::new("ttl.pin_maximum", "the longest time for which a preview may be pinned", |c| &mut c.ttl.pin_maximum),
        Key::new("ttl.warn_before", "how long before a preview's end somebody is warned; 0s warns nobody", |c| &mut c.ttl.warn_before),
        Key::new("quota.per_owner", "previews of one owner", |c| &mut c.quota.per_owner),
        Key::new("quota.total", "previews in all", |c| &mut c.quota.total),
        Key::new("costs.monthly_usd", "what all previews may cost in a month, by estimate, before new ones are refused", |c| &mut c.costs.monthly_usd),
        Key::new("costs.monthly_usd_per_owner", "the same of one owner's", |c| &mut c.costs.monthly_usd_per_owner),
        Key::new("costs.owners", "owners with another monthly budget", |c| &mut c.costs.owners),
        Key::new("costs.warn_percent", "the part of a budget from which on it is warned of", |c| &mut c.costs.warn_percent),
        Key::new("costs.vcpu_usd_per_hour", "what a core costs, if not AWS's list price", |c| &mut c.costs.vcpu_usd_per_hour),
        Key::new("costs.memory_usd_per_gb_hour", "what a gigabyte of memory costs, if not AWS's list price", |c| &mut c.costs.memory_usd_per_gb_hour),
        Key::new("costs.task_usd_per_hour", "what a service costs besides, whatever its size", |c| &mut c.costs.task_usd_per_hour),
        Key::new("costs.region", "the region that these prices are of", |c| &mut c.costs.region),
        Key::new("costs.dated", "when these prices were so", |c| &mut c.costs.dated),
        Key::new("limits.services", "services in one preview", |c| &mut c.limits.services),
        Key::new("limits.cpu", "CPU units of one preview, 1024 to a core", |c| &mut c.limits.cpu),
        Key::new("limits.memory", "memory of one preview, in MiB", |c| &mut c.limits.memory),
        Key::new("service.cpu", "CPU units of a service that asks for none", |c| &mut c.service.cpu),
        Key::new("service.memory", "memory of a service that asks for none, in MiB", |c| &mut c.service.memory),
        Key::new("default_app.command", "what a request that names nothing runs, locally", |c| &mut c.default_app.command),
        Key::new("default_app.image", "what a request that names nothing runs, on AWS", |c| &mut c.default_app.image),
        Key::new("worker.builds", "creates and updates at the same time", |c| &mut c.worker.builds),
        Key::new("worker.destroys", "destroys at the same time", |c| &mut c.worker.destroys),
        Key::new("worker.maintenance", "verifies and sweeps at the same time", |c| &mut c.worker.maintenance),
        Key::new("worker.lease", "how long a claim holds without renewal", |c| &mut c.worker.lease),
        Key::new("worker.poll", "how long one look at the queue waits for a message", |c| &mut c.worker.poll),
        Key::new("worker.reminder", "how often due rows are looked for", |c| &mut c.worker.reminder),
        Key::new("worker.verify_delay", "time between a local destroy and its receipt's check", |c| &mut c.worker.verify_delay),
        Key::new("worker.sweep_every", "how often what exists is compared with the rows", |c| &mut c.worker.sweep_every),
        Key::new("worker.sweep_cap", "rows that one sweep may mark as suspect", |c| &mut c.worker.sweep_cap),
        Key::new("worker.sweep_age", "how old something must be for a sweep to mind it", |c| &mut c.worker.sweep_age),
        Key::new("worker.listen", "where a worker answers /health, /ready and /metrics", |c| &mut c.worker.listen),
        Key::new("log.format", "how log lines are written", |c| &mut c.log.format),
        Key::new("log.level", "which log lines are written", |c| &mut c.log.level),
        Key::new("telemetry.otlp_endpoint", "where a collector takes OTLP over HTTP", |c| &mut c.telemetry.otlp_endpoint),
        Key::new("telemetry.sample", "the share of traces that is sent", |c| &mut c.telemetry.sample),
        Key::new("telemetry.interval", "how often metrics are sent or written", |c| &mut c.telemetry.interval),
        Key::new("telemetry.name", "the installation's name in what is sent or written", |c| &mut c.telemetry.name),
        Key::new("telemetry.emf", "whether metrics are written to standard output for CloudWatch", |c| &mut c.telemetry.emf),
    ]
}

/// Sections and the keys without one: what may stand at the top of the file.
pub(super) fn top_level(keys: &[Key]) -> Vec<&'static str> {
    let mut names: Vec<_> = keys
        .iter()
        .map(|key| {
            key.name
                .split_once('.')
                .map_or(key.name, |(section, _)| section)
        })
        .collect();
    names.dedup();
    names
}

/// The keys of a section, without its name.
pub(super) fn in_section(keys: &[Key], section: &str) -> Vec<&'static str> {
    keys.iter()
        .filter_map(|key| key.name.split_once('.'))
        .filter_map(|(of, name)| (of == section).then_some(name))
        .collect()
}

/// The keys of the section that a key names, in full: the whole list is a page long.
pub(super) fn near(keys: &[Key], key: &str) -> String {
    let section = key.split_once('.').map_or(key, |(section, _)| section);
    let names = in_section(keys, section);
    if names.is_empty() {
        return "the keys that `tempus config` lists".to_owned();
    }
    let names: Vec<_> = names
        .iter()
        .map(|name| format!("{section}.{name}"))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_keys_share_a_variable_and_every_default_is_accepted() {
        let (keys, mut config) = (keys(), Config::default());
        let variables: BTreeSet<_> = keys.iter().map(Key::variable).collect();
        assert_eq!(variables.len(), keys.len());
        for key in &keys {
            let shown = key.get(&config);
            let text = shown.as_str().map_or(shown.to_string(), ToOwned::to_owned);
            key.set(&mut config, &text)
                .unwrap_or_else(|| panic!("{}", key.name));
        }
        assert_eq!(config, Config::default());
    }
}
