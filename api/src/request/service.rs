//! One service: from what a request says of it to what a preview runs.

use tempus_model::{DnsName, Service};

use crate::config::Size;
use crate::extract::Errors;
use crate::shape::{AutoscaleRequest, CreateRequest, ServiceRequest, UpdateRequest};

/// The name of the service that a request's own fields describe.
pub(super) const ONLY: &str = "web";

/// The port of the first service that asks for none.
const FIRST_PORT: u16 = 8000;

/// What is in front of a preview's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// A URL, at whose `/` the first of them answers.
    Url,
    /// Nothing.
    Nothing,
}

/// Where in the request a service is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// By the request's own fields.
    Top,
    /// By this item of `services`.
    Item(usize),
    /// By this item of `changes`.
    Change(usize),
}

impl Place {
    /// The path of one of its fields.
    pub fn field(self, name: &str) -> String {
        match self {
            Self::Top => name.to_owned(),
            Self::Item(index) => format!("services[{index}].{name}"),
            Self::Change(index) => format!("changes[{index}].{name}"),
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Top => 0,
            Self::Item(index) | Self::Change(index) => index,
        }
    }
}

/// The service, with what it does not say filled in; `None` if it has no usable name.
pub(super) fn read(
    asked: ServiceRequest,
    place: Place,
    size: Size,
    front: Front,
    errors: &mut Errors,
) -> Option<Service> {
    check(&asked, place, errors);
    if asked.command.is_none() && asked.image.is_none() {
        errors.push(
            place.field("command"),
            "is missing; say what to run (or give an image, where the platform runs containers)",
        );
    }
    let name = errors.take(&place.field("name"), asked.name.parse::<DnsName>())?;
    let index = place.index();
    let first = (front == Front::Url && index == 0).then(|| "/".to_owned());
    let mut service = Service {
        name,
        command: asked.command,
        image: asked.image,
        dir: asked.dir,
        port: asked.port.unwrap_or_else(|| default_port(index)),
        env: asked.env.unwrap_or_default(),
        secrets: asked.secrets.unwrap_or_default(),
        health_path: asked.health_path.unwrap_or_else(|| "/".to_owned()),
        path: asked.path.or(first),
        cpu: asked.cpu.unwrap_or(size.cpu),
        memory: asked.memory.unwrap_or(size.memory),
        replicas: None,
        autoscale: None,
    };
    scale(&mut service, asked.replicas, asked.autoscale);
    Some(service)
}

/// Sets how many of it run, if that is said: one word for it replaces the other.
fn scale(service: &mut Service, replicas: Option<u32>, autoscale: Option<AutoscaleRequest>) {
    if let Some(count) = replicas {
        service.set_replicas(count);
    }
    if let Some(by_load) = autoscale {
        service.autoscale = Some(by_load.into());
        // Both at once is a mistake, which is told where all of them are.
        service.replicas = replicas;
    }
}

/// The service with what the request says changed, and everything else as it is.
pub(super) fn patch(
    service: &mut Service,
    asked: ServiceRequest,
    place: Place,
    errors: &mut Errors,
) {
    check(&asked, place, errors);
    match (asked.command, asked.image) {
        (None, None) => {}
        // What runs is replaced as a whole: a process has no image, and an image brings its own
        // command and folder.
        (Some(command), None) => {
            service.command = Some(command);
            service.image = None;
        }
        (command, image) => {
            service.command = command;
            service.image = image;
            service.dir = None;
        }
    }
    service.dir = asked.dir.or(service.dir.take());
    service.port = asked.port.unwrap_or(service.port);
    if let Some(env) = asked.env {
        service.env = env;
    }
    if let Some(secrets) = asked.secrets {
        service.secrets = secrets;
    }
    if let Some(path) = asked.health_path {
        service.health_path = path;
    }
    service.cpu = asked.cpu.unwrap_or(service.cpu);
    service.memory = asked.memory.unwrap_or(service.memory);
    scale(service, asked.replicas, asked.autoscale);
}

/// What `Spec::check` leaves to us.
fn check(asked: &ServiceRequest, place: Place, errors: &mut Errors) {
    if let Some(dir) = &asked.dir
        && (!dir.starts_with('/') || dir.len() > 4096 || dir.contains('\0'))
    {
        errors.push(place.field("dir"), "must be an absolute path");
    }
    if let Some(image) = &asked.image
        && (image.is_empty() || image.len() > 512 || !image.bytes().all(|b| b.is_ascii_graphic()))
    {
        errors.push(
            place.field("image"),
            "must be an image reference such as registry.example/app:1.2",
        );
    }
}

/// `services` is bounded long before this runs out of ports; a list that is too long is refused
/// for its length.
fn default_port(index: usize) -> u16 {
    u16::try_from(index).map_or(FIRST_PORT, |index| FIRST_PORT.wrapping_add(index))
}

/// The service that a request's own fields describe.
pub(super) trait Single {
    /// The service; every field that is not given is `None`.
    fn single(&mut self) -> ServiceRequest;
}

macro_rules! single {
    ($request:ty) => {
        impl Single for $request {
            fn single(&mut self) -> ServiceRequest {
                ServiceRequest {
                    name: ONLY.to_owned(),
                    command: self.command.take(),
                    image: self.image.take(),
                    dir: self.dir.take(),
                    port: self.port.take(),
                    env: self.env.take(),
                    secrets: self.secrets.take(),
                    health_path: self.health_path.take(),
                    path: None,
                    cpu: self.cpu.take(),
                    memory: self.memory.take(),
                    replicas: self.replicas.take(),
                    autoscale: self.autoscale.take(),
                }
            }
        }
    };
}

single!(CreateRequest);
single!(UpdateRequest);

/// The fields of a single service that were given.
pub(super) fn given(single: &ServiceRequest) -> impl Iterator<Item = &'static str> {
    [
        ("command", single.command.is_some()),
        ("image", single.image.is_some()),
        ("dir", single.dir.is_some()),
        ("port", single.port.is_some()),
        ("env", single.env.is_some()),
        ("secrets", single.secrets.is_some()),
        ("health_path", single.health_path.is_some()),
        ("cpu", single.cpu.is_some()),
        ("memory", single.memory.is_some()),
        ("replicas", single.replicas.is_some()),
        ("autoscale", single.autoscale.is_some()),
    ]
    .into_iter()
    .filter_map(|(field, given)| given.then_some(field))
}
