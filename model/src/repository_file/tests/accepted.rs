use std::collections::BTreeMap;

use super::*;

#[test]
fn every_example_is_read() {
    for text in ACCEPTED {
        assert_eq!(read(text).err(), None, "{text}");
    }
}

#[test]
fn a_file_that_says_nothing_is_no_file() {
    for text in ["", "# a comment\n", "---\n"] {
        assert_eq!(read(text), Ok(RepositoryFile::default()), "{text:?}");
    }
    assert_eq!(RepositoryFile::default().template(), Template::ApiService);
    assert!(DEFAULT_TTL.parse::<Ttl>().is_ok());
}

#[test]
fn what_mini_idp_documents_is_read_as_it_is_meant() {
    let text = "\
template: api-service          # api-service | api-database | scheduled-worker
container_port: 3000           # Port the container listens on
ttl: 7d                        # Auto-extended on every push
cpu: 256                       # Fargate CPU units
memory: 512                    # Fargate memory in MiB
log_retention_days: 3          # CloudWatch log retention

# Docker build config (auto-detected)
dockerfile: Dockerfile
build_context: .

# Environment variables
environment:
  NODE_ENV: preview
  LOG_LEVEL: debug

# Secrets (AWS Secrets Manager ARN references)
secrets:
  API_KEY: \"arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME:KEY::\"
";
    let file = read(text).unwrap();
    assert_eq!(file.template, Some(Template::ApiService));
    assert_eq!(file.ttl, Some("7d".parse().unwrap()));
    assert_eq!(file.log_retention_days, Some(3));
    let service = single(text);
    assert_eq!(
        (service.port, service.cpu, service.memory),
        (Some(3000), Some(256), Some(512))
    );
    assert_eq!(service.dockerfile.as_deref(), Some("Dockerfile"));
    assert_eq!(service.build_context.as_deref(), Some("."));
    assert_eq!(service.environment["NODE_ENV"], "preview");
    assert!(service.secrets["API_KEY"].starts_with("arn:aws:secretsmanager:"));
}

#[test]
fn variables_are_taken_as_they_are_written() {
    let text = "environment:\n  A: true\n  B: 010\n  C: 0.50\n  D: \"a b\"\n  E: 1_000\n  F: &x 2\n  G: *x\n";
    let written = [
        ("A", "true"),
        ("B", "010"),
        ("C", "0.50"),
        ("D", "a b"),
        ("E", "1_000"),
        ("F", "2"),
        ("G", "2"),
    ];
    let written = written.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(single(text).environment, BTreeMap::from(written));
}

#[test]
fn services_keep_their_order_as_a_map_and_as_a_list() {
    let map = "services:\n  web:\n    command: a\n  api:\n    command: b\n    path: /api\n";
    let list =
        "services:\n  - name: web\n    command: a\n  - name: api\n    command: b\n    path: /api\n";
    assert_eq!(read(map), read(list));
    let Runs::Several(services) = read(map).unwrap().runs else {
        panic!("several");
    };
    let names: Vec<_> = services.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["web", "api"]);
    assert_eq!(services[1].1.path.as_deref(), Some("/api"));
}
