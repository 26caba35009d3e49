//! What this platform refuses before anything is accepted.

use std::time::Duration;

use tempus_model::{FieldError, SecretPlace, Service, Spec, secret_place};

use super::options::AwsOptions;

/// What a secret must be.
const SECRET: &str = "must be the ARN of a secret of Secrets Manager or of a parameter of Systems \
    Manager, such as arn:aws:secretsmanager:eu-west-1:123456789012:secret:token, and not PORT";

/// The shortest time without a request that is told from the lateness of CloudWatch's counts.
const SHORTEST_SLEEP: Duration = Duration::from_mins(5);
/// What it must be.
const SLEEP: &str =
    "must be at least 5m: a load balancer's requests are counted by the minute, and late";

/// Fargate's sizes: CPU units, then the least and the most memory in MiB, and its steps. The
/// smallest size also takes 512 MiB.
const SIZES: &[(u32, u32, u32, u32)] = &[
    (256, 1024, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

pub(super) fn admit(options: &AwsOptions, spec: &Spec) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if spec
        .sleep
        .is_some_and(|sleep| sleep.duration() < SHORTEST_SLEEP)
    {
        errors.push(FieldError::new("sleep", SLEEP));
    }
    for (index, service) in spec.services.iter().enumerate() {
        let mut refuse = |field: &str, problem: String| {
            errors.push(FieldError::new(
                format!("services[{index}].{field}"),
                problem,
            ));
        };
        if service
            .image
            .as_deref()
            .is_none_or(|image| image.trim().is_empty())
        {
            let also = match service.command {
                Some(_) => "; \"command\" is what to run in it",
                None => "",
            };
            refuse(
                "image",
                format!("is needed: this platform runs containers{also}"),
            );
        }
        if let Some((field, problem)) = size(service) {
            refuse(field, problem);
        }
        // What was given instead is not repeated: it may be the secret itself.
        for name in service.secrets.keys() {
            if name == "PORT" || secret_place(&service.secrets[name]) != Some(SecretPlace::Arn) {
                refuse("secrets", format!("{name} {SECRET}"));
            }
        }
        if spec.services.len() > 1 && options.service_connect_namespace.is_none() {
            refuse(
                "name",
                "is one of several services, which find each other through a Service Connect \
                 namespace, and this installation has none: configure one, or give one service"
                    .to_owned(),
            );
            break;
        }
    }
    errors
}

/// Why Fargate has no task of this size.
fn size(service: &Service) -> Option<(&'static str, String)> {
    let (cpu, memory) = (service.cpu, service.memory);
    let Some((_, least, most, step)) = SIZES.iter().find(|(units, ..)| *units == cpu) else {
        let units: Vec<_> = SIZES.iter().map(|(units, ..)| units.to_string()).collect();
        let problem = format!("{cpu} is no Fargate size; use one of {}", units.join(", "));
        return Some(("cpu", problem));
    };
    let fits = (*least..=*most).contains(&memory) && memory % step == 0;
    if fits || (cpu == 256 && memory == 512) {
        return None;
    }
    let small = if cpu == 256 { "512 or " } else { "" };
    let problem = format!(
        "{memory} MiB does not go with {cpu} CPU units on Fargate; use {small}{least} to {most} in \
         steps of {step}"
    );
    Some(("memory", problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{options, service, spec};

    fn fields(spec: &Spec) -> Vec<String> {
        let errors = admit(&options(), spec);
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_command_alone_is_no_container() {
        let mut web = service("web", 80, Some("/"));
        web.command = Some("run".into());
        assert!(fields(&spec(vec![web.clone()])).is_empty());
        web.image = None;
        assert_eq!(fields(&spec(vec![web])), ["services[0].image"]);
    }

    #[test]
    fn secrets_are_references_and_are_not_repeated() {
        for (name, reference, fits) in [
            (
                "TOKEN",
                "arn:aws:secretsmanager:eu-west-1:1:secret:token",
                true,
            ),
            (
                "TOKEN",
                "arn:aws-cn:ssm:cn-north-1:1:parameter/app/token",
                true,
            ),
            ("TOKEN", "arn:aws:s3:::bucket", false),
            ("TOKEN", "hunter2", false),
            (
                "PORT",
                "arn:aws:secretsmanager:eu-west-1:1:secret:port",
                false,
            ),
        ] {
            let mut web = service("web", 80, Some("/"));
            web.secrets.insert(name.to_owned(), reference.to_owned());
            let errors = admit(&options(), &spec(vec![web]));
            assert_eq!(errors.is_empty(), fits, "{name} {reference}");
            for error in errors {
                assert_eq!(error.field, "services[0].secrets");
                assert!(!error.problem.contains("hunter2"), "{}", error.problem);
            }
        }
    }

    #[test]
    fn sizes_are_fargate_s() {
        for (cpu, memory, refused) in [
            (256, 512, None),
            (256, 2048, None),
            (512, 1024, None),
            (4096, 30_720, None),
            (8192, 20_480, None),
            (256, 3072, Some("services[0].memory")),
            (1024, 1024, Some("services[0].memory")),
            (8192, 17_408, Some("services[0].memory")),
            (300, 512, Some("services[0].cpu")),
        ] {
            let mut web = service("web", 80, Some("/"));
            (web.cpu, web.memory) = (cpu, memory);
            assert_eq!(
                fields(&spec(vec![web])).first().map(String::as_str),
                refused
            );
        }
    }

    #[test]
    fn several_services_need_a_namespace() {
        let both = spec(vec![service("web", 80, Some("/")), service("db", 81, None)]);
        assert!(fields(&both).is_empty());
        let mut options = options();
        options.service_connect_namespace = None;
        assert_eq!(admit(&options, &both)[0].field, "services[0].name");
    }
}
