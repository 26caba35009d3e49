//! From a repository's file to the request that it stands for, for whoever reads such a file: the
//! client in a folder, the server at a pull request's commit.

use std::collections::BTreeMap;

use tempus_model::DnsName;
use tempus_model::repository_file::{DEFAULT_PORT, DEFAULT_TTL, FileService, RepositoryFile, Runs};

use crate::shape::{CreateRequest, ServiceRequest};

/// What a repository's file asks for. `dir` is where its processes run: the repository's root.
///
/// Who may see it is left out: a password is not in the file, and where it is taken from depends
/// on who asks.
pub fn asks(file: RepositoryFile, dir: Option<&str>) -> CreateRequest {
    let mut request = CreateRequest {
        template: file.template.map(|template| template.to_string()),
        seed: file.seed,
        ttl: file.ttl.map(|ttl| ttl.to_string()),
        sleep: file.sleep.map(|sleep| sleep.to_string()),
        log_retention_days: file.log_retention_days,
        schedule: file.schedule.map(|schedule| schedule.to_string()),
        ..CreateRequest::default()
    };
    match file.runs {
        Runs::Several(services) => {
            let services = services.into_iter();
            request.services = Some(services.map(|(name, s)| service(&name, s, dir)).collect());
        }
        Runs::Single(single) => {
            request.dir = dir.map(ToOwned::to_owned);
            request.port = single.port;
            request.command = single.command;
            request.image = single.image;
            request.env = some(single.environment);
            request.secrets = some(single.secrets);
            request.health_path = single.health_path;
            request.cpu = single.cpu;
            request.memory = single.memory;
            request.replicas = single.replicas;
            request.autoscale = single.autoscale.map(Into::into);
        }
    }
    request
}

/// Fits together what the file and others have said. To be called when all of it is there.
///
/// An image listens on port 80 unless anybody says otherwise. Where there is nothing to run, it is
/// the server's default application, which needs no folder and listens where it listens.
pub fn settle(request: &mut CreateRequest) {
    if request.command.is_none() {
        request.dir = None;
    }
    match (&request.command, &request.image) {
        (None, None) => request.port = None,
        (_, Some(_)) => request.port = request.port.or(Some(DEFAULT_PORT)),
        (Some(_), None) => {}
    }
}

/// The same for a preview that is to be made: it lives for seven days unless anybody says otherwise.
pub fn complete(request: &mut CreateRequest) {
    settle(request);
    if request.ttl.is_none() && request.ttl_hours.is_none() {
        request.ttl = Some(DEFAULT_TTL.to_owned());
    }
}

fn service(name: &DnsName, service: FileService, dir: Option<&str>) -> ServiceRequest {
    ServiceRequest {
        name: name.to_string(),
        dir: service.command.as_ref().and(dir).map(ToOwned::to_owned),
        command: service.command,
        image: service.image,
        port: service.port,
        env: some(service.environment),
        secrets: some(service.secrets),
        health_path: service.health_path,
        path: service.path,
        cpu: service.cpu,
        memory: service.memory,
        replicas: service.replicas,
        autoscale: service.autoscale.map(Into::into),
    }
}

fn some(map: BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then_some(map)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn asked(text: &str) -> Value {
        let file = RepositoryFile::read(".tempus.yml", text).unwrap();
        let mut request = asks(file, Some("/app"));
        complete(&mut request);
        serde_json::to_value(request).unwrap()
    }

    #[test]
    fn whatever_the_request_has_a_field_for_reaches_it() {
        let text = "template: api-service\nttl: 2d\nsleep: 30m\ncommand: run\nport: 3000\nhealth_path: /up\n\
            environment: {A: 1}\nsecrets: {B: C}\ncpu: 512\nmemory: 1024\n";
        assert_eq!(
            asked(text),
            json!({
                "template": "api-service", "ttl": "2d", "sleep": "30m", "command": "run", "dir": "/app",
                "port": 3000, "health_path": "/up", "env": {"A": "1"}, "secrets": {"B": "C"},
                "cpu": 512, "memory": 1024,
            })
        );
        let file = "template: api-database\nseed: {database: a}\ncommand: run\n";
        assert_eq!(asked(file)["seed"], json!({"database": "a"}));
        let text =
            "services:\n  web: {image: a, port: 80}\n  api: {command: b, path: /api, cpu: 1}\n";
        assert_eq!(
            asked(text),
            json!({"ttl": "7d", "services": [
                {"name": "web", "image": "a", "port": 80},
                {"name": "api", "command": "b", "dir": "/app", "path": "/api", "cpu": 1},
            ]})
        );
    }

    #[test]
    fn what_is_not_said_is_what_is_documented() {
        assert_eq!(asked(""), json!({"ttl": "7d"}));
        assert_eq!(
            asked("image: a"),
            json!({"ttl": "7d", "image": "a", "port": 80})
        );
        // The default application listens where it listens.
        assert_eq!(asked("port: 3000"), json!({"ttl": "7d"}));
        // An image that was built from the repository is given later, and listens where the file says.
        let file = RepositoryFile::read(".tempus.yml", "container_port: 3000\n").unwrap();
        let mut request = asks(file, Some("/app"));
        request.image = Some("built".to_owned());
        complete(&mut request);
        let request = serde_json::to_value(request).unwrap();
        assert_eq!(
            request,
            json!({"ttl": "7d", "image": "built", "port": 3000})
        );
    }
}
