use super::*;

fn refused(text: &str) -> String {
    read(text).unwrap_err()
}

#[test]
fn no_wrong_example_is_read() {
    for text in REFUSED {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn each_mistake_names_the_line_the_key_and_what_is_accepted() {
    for (text, says) in [
        (
            "command: x\nprot: 3",
            ".tempus.yml:2: prot: no such key; accepted here: template, ttl, access, command, image, \
             dockerfile, build_context, port, container_port, health_path, environment, secrets, cpu, \
             memory, replicas, autoscale, build, services, log_retention_days, schedule, seed, sleep, \
             labels, drafts",
        ),
        (
            "command: x\n\nport: 70000",
            ".tempus.yml:3: port: must be a whole number from 1 to 65535",
        ),
        (
            "services:\n  web:\n    command: x\n    container_port: 0",
            ".tempus.yml:4: services.web.container_port: must be a whole number from 1 to 65535",
        ),
        (
            "services:\n  - name: web\n    command: x\n  - name: web\n    command: y",
            ".tempus.yml:4: services[1].name: another service has this name; each needs its own",
        ),
        (
            "services:\n  web:\n    port: 1",
            ".tempus.yml:3: services.web: must have one of command, image, dockerfile: what should it \
             run?",
        ),
        (
            "command: x\nservices:\n  web:\n    command: y",
            ".tempus.yml:1: command: belongs to one service: move it into one of the services",
        ),
        (
            "services: web",
            ".tempus.yml:1: services: must be services as a map by name, or as a list of services \
             with a name; at least one",
        ),
        (
            "port: 80\ncontainer_port: 80",
            ".tempus.yml:2: container_port: is another spelling of port; keep one",
        ),
        (
            "environment:\n  A: 1\nsecrets:\n  A: B",
            ".tempus.yml:4: secrets.A: is in environment too; keep one",
        ),
        (
            "template: lambda",
            ".tempus.yml:1: template: must be one of \"api-service\", \"api-database\", \
             \"scheduled-worker\"",
        ),
        (
            "seed: a.sql",
            ".tempus.yml:1: seed: is for \"template: api-database\" alone; say that, or leave it out",
        ),
        (
            "template: scheduled-worker",
            ".tempus.yml:1: schedule: is missing: \"template: scheduled-worker\" cannot do without",
        ),
        (
            "command: x\ncommand: y",
            ".tempus.yml:2: command: stands there twice; keep one",
        ),
    ] {
        assert_eq!(refused(text), says);
    }
}

#[test]
fn all_mistakes_are_said_at_once_in_the_order_of_the_file() {
    let said = refused("ttl: soon\ncpu: 0\nprot: 1\nsecrets:\n  KEY: hunter2\n");
    let places: Vec<_> = said
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        places,
        [
            ".tempus.yml:1: ttl:",
            ".tempus.yml:2: cpu:",
            ".tempus.yml:3: prot:",
            ".tempus.yml:5: secrets.KEY:"
        ]
    );
}

#[test]
fn a_secret_is_never_repeated() {
    for text in [
        "secrets: {KEY: hunter2}\n",
        "secrets:\n  KEY: hunter2\n",
        "secrets: hunter2\n",
        "secrets: [hunter2]\n",
        "secrets: {KEY: [hunter2]}\n",
        "secrets: {KEY: {value: hunter2}}\n",
        "secrets:\n  KEY: 'hunter2\n",
        "secrets:\n  KEY: hunter2: x\n",
        "environment: {KEY: [hunter2]}\n",
        "access: hunter2\n",
    ] {
        let said = refused(text);
        assert!(!said.contains("hunter"), "{said}");
    }
    assert!(refused("secrets: {KEY: hunter2}\n").contains("the ARN of a secret"));
    assert!(refused("access: hunter2\n").contains("does not belong in this file"));
}

#[test]
fn what_is_not_yaml_is_said_with_its_line() {
    let said = refused("command: x\nport: 'y\n");
    assert!(said.contains("is not YAML"), "{said}");
    let long = format!("command: {}\n", "x".repeat(LONGEST));
    assert!(refused(&long).contains("longer than 65536 bytes"));
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\n";
    assert!(read(bomb).is_err());
}
