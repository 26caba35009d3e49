//! The one container of a service's task.

use aws_sdk_ecs::types::{
    ContainerDefinition, KeyValuePair, LinuxParameters, LogConfiguration, LogDriver, PortMapping,
    Secret, TransportProtocol,
};
use std::collections::BTreeMap;
use tempus_model::{DnsName, Service, Spec, Template};

use crate::aws::logs::{log_group, stream_prefix};
use crate::aws::names::Names;
use crate::aws::options::AwsOptions;
use crate::common::preview_url;
use crate::postgres;
use crate::{Ctx, StepError};

/// How long a container has between SIGTERM and SIGKILL, in seconds. AWS's own is 30.
const STOP: i32 = 5;
/// How many log lines wait when CloudWatch is slow, before the oldest are dropped: an application
/// must never stand still for its log.
const LOG_BUFFER: &str = "4m";

/// A task definition, without its name and roles.
pub(super) struct Definition {
    pub(super) container: ContainerDefinition,
    pub(super) cpu: String,
    pub(super) memory: String,
}

/// What a service of this specification runs.
pub(super) fn definition(
    options: &AwsOptions,
    ctx: &dyn Ctx,
    spec: &Spec,
    service: &DnsName,
) -> Result<Definition, StepError> {
    let service = spec.service(service.as_str()).ok_or_else(|| {
        StepError::rejected(format!("the specification has no service {service}"))
    })?;
    let image = service.image.as_deref();
    let image = image
        .ok_or_else(|| StepError::rejected(format!("{} has no image to run", service.name)))?;
    let port = PortMapping::builder()
        .name(service.name.as_str())
        .container_port(i32::from(service.port))
        // Siblings may speak anything, a database's protocol too.
        .protocol(TransportProtocol::Tcp);
    let env = environment(ctx, spec, service);
    let env = env
        .into_iter()
        .map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
    let mut container = ContainerDefinition::builder()
        .name(service.name.as_str())
        .image(image)
        .essential(true)
        .port_mappings(port.build())
        .set_environment(Some(env.collect()))
        .set_secrets(Some(secrets(ctx, spec, service)?))
        .set_working_directory(service.dir.clone())
        .stop_timeout(STOP)
        // A shell as the first process forwards no signals and leaves zombies behind.
        .linux_parameters(
            LinuxParameters::builder()
                .init_process_enabled(true)
                .build(),
        )
        .log_configuration(log(options, ctx, spec)?);
    if let Some(command) = &service.command {
        container = container
            .entry_point("/bin/sh")
            .entry_point("-c")
            .command(command);
    }
    Ok(Definition {
        container: container.build(),
        cpu: service.cpu.to_string(),
        memory: service.memory.to_string(),
    })
}

fn environment(ctx: &dyn Ctx, spec: &Spec, service: &Service) -> BTreeMap<String, String> {
    let names = Names {
        installation: ctx.installation(),
        preview: ctx.identity().id,
    };
    let mut env = BTreeMap::new();
    if spec.services.len() > 1 {
        for sibling in &spec.services {
            let url = format!("http://{}:{}", names.sibling(&sibling.name), sibling.port);
            env.insert(format!("{}_URL", sibling.name.env_prefix()), url);
        }
    }
    env.extend(preview_url(ctx));
    env.extend(service.env.clone());
    env.insert("PORT".to_owned(), service.port.to_string());
    // ECS refuses a variable that is given in both ways.
    env.retain(|name, _| !service.secrets.contains_key(name));
    env
}

/// Secrets by the ARN of the secret or parameter: ECS reads the value when the task starts, with
/// the execution role; it is never in a definition, a row or a log of ours. A database's URL is in a
/// parameter of this region's, which its name says alone.
fn secrets(ctx: &dyn Ctx, spec: &Spec, service: &Service) -> Result<Vec<Secret>, StepError> {
    let names = Names {
        installation: ctx.installation(),
        preview: ctx.identity().id,
    };
    let mut all = service.secrets.clone();
    if spec.is_of(Template::ApiDatabase) {
        all.insert(postgres::VARIABLE.to_owned(), names.database_url());
    }
    all.iter()
        .map(|(name, arn)| {
            let secret = Secret::builder().name(name).value_from(arn).build();
            secret.map_err(|error| StepError::rejected(format!("the secret {name}: {error}")))
        })
        .collect()
}

fn log(options: &AwsOptions, ctx: &dyn Ctx, spec: &Spec) -> Result<LogConfiguration, StepError> {
    let log = LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", log_group(options, ctx, spec))
        .options("awslogs-region", &options.region)
        .options("awslogs-stream-prefix", stream_prefix(ctx.identity().id))
        .options("mode", "non-blocking")
        .options("max-buffer-size", LOG_BUFFER);
    log.build()
        .map_err(|error| StepError::rejected(format!("the log configuration: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{TestCtx, options, service, spec};

    #[test]
    fn a_container_is_told_its_port_its_address_and_its_siblings() {
        let ctx = TestCtx::new();
        let mut web = service("web", 8080, Some("/"));
        web.command = Some("serve --fast".to_owned());
        web.env.insert("PORT".into(), "1".into());
        web.env.insert("MODE".into(), "test".into());
        let spec = spec(vec![web, service("my-api", 9000, None)]);
        let made = definition(&options(), &ctx, &spec, &spec.services[0].name).unwrap();
        let env: BTreeMap<_, _> = made
            .container
            .environment()
            .iter()
            .map(|pair| (pair.name().unwrap(), pair.value().unwrap()))
            .collect();
        assert_eq!(
            env["PORT"], "8080",
            "the port is not the application's to choose"
        );
        assert_eq!(env["MODE"], "test");
        assert_eq!(Some(env["PREVIEW_URL"]), ctx.identity().url());
        let short = ctx.identity().short();
        assert_eq!(env["MY_API_URL"], format!("http://my-api-{short}:9000"));
        assert_eq!(made.container.entry_point(), ["/bin/sh", "-c"]);
        assert_eq!(made.container.command(), ["serve --fast"]);
    }

    #[test]
    fn a_secret_is_named_by_its_arn_and_never_read() {
        let ctx = TestCtx::new();
        let mut web = service("web", 8080, Some("/"));
        for name in ["TOKEN", "MY_API_URL"] {
            let arn = format!("arn:aws:secretsmanager:eu-west-1:1:secret:{name}");
            web.secrets.insert(name.to_owned(), arn);
        }
        let spec = spec(vec![web, service("my-api", 9000, None)]);
        let made = definition(&options(), &ctx, &spec, &spec.services[0].name).unwrap();
        let secrets = made.container.secrets().iter();
        let secrets: Vec<_> = secrets
            .map(|secret| (secret.name(), secret.value_from()))
            .collect();
        let arns = spec.services[0].secrets.iter();
        let arns: Vec<_> = arns.map(|(name, arn)| (&**name, &**arn)).collect();
        assert_eq!(secrets, arns);
        let env = made.container.environment().iter();
        let told: Vec<_> = env.filter_map(|pair| pair.name()).collect();
        assert_eq!(
            told,
            ["PORT", "PREVIEW_URL", "WEB_URL"],
            "ECS takes a name once"
        );
    }
}
