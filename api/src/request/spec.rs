//! What a preview shall run.

use tempus_model::{Access, FieldError, Schedule, Spec, Template, Ttl};
use tempus_steps::Platform;

use super::service::{self, Front, Place, Single};
use crate::Config;
use crate::extract::Errors;
use crate::shape::{CreateRequest, ServiceRequest, UpdateRequest};

/// The spec of a create; `None` if it is at fault, which `errors` then says.
pub(crate) fn of_create(
    request: &mut CreateRequest,
    config: &Config,
    platform: &dyn Platform,
    errors: &mut Errors,
) -> Option<Spec> {
    let mut single = request.single();
    let template = request.template.take();
    let template = template.unwrap_or_else(|| Template::default().to_string());
    let front = front(&template);
    let schedule = schedule(request.schedule.take(), errors);
    let (places, services) = if let Some(list) = request.services.take() {
        not_both(&single, errors);
        (items(list.len()), read_list(list, config, front, errors))
    } else {
        // The default application is one to be looked at.
        if single.command.is_none() && single.image.is_none() && front == Front::Url {
            fill_in(&mut single, config);
        }
        let service = service::read(single, Place::Top, config.size, front, errors);
        (vec![Place::Top], service.map(|service| vec![service]))
    };
    let spec = Spec {
        template,
        commit_sha: request.commit_sha.take(),
        checkout: request.checkout.take(),
        // Settled when everything else is known to be right: it may take a while.
        access: Access::Open,
        sleep: sleep(request.sleep.as_deref(), None, errors),
        seed: request.seed.take(),
        schedule,
        log_retention_days: request.log_retention_days,
        services: services?,
    };
    check(spec, &places, config, platform, errors)
}

/// The spec of an update of what runs now; `None` if it is at fault, which `errors` then says.
pub(crate) fn of_update(
    request: &mut UpdateRequest,
    mut base: Spec,
    config: &Config,
    platform: &dyn Platform,
    errors: &mut Errors,
) -> Option<Spec> {
    let single = request.single();
    if let Some(template) = request.template.take() {
        if front(&template) != front(&base.template) {
            errors.push("template", has_no_other_front(base.has_url()));
        }
        base.template = template;
    }
    if let Some(schedule) = schedule(request.schedule.take(), errors) {
        base.schedule = Some(schedule);
    }
    let front = front(&base.template);
    let replaces = request.services.is_some();
    let mut places = match (request.services.take(), base.services.as_mut_slice()) {
        (Some(list), _) => {
            not_both(&single, errors);
            base.services = read_list(list, config, front, errors)?;
            items(base.services.len())
        }
        (None, [only]) => {
            service::patch(only, single, Place::Top, errors);
            vec![Place::Top]
        }
        (None, several) => {
            for field in service::given(&single) {
                errors.push(
                    field,
                    format!(
                        "is of a single service, but the preview has {}; name it in changes, or give \
                         all of them in services",
                        several.len()
                    ),
                );
            }
            items(several.len())
        }
    };
    let changes = request.changes.take();
    change(&mut base, changes, replaces, &mut places, errors);
    // What a database that is there once began with is of no concern any more.
    base.seed = request.seed.take();
    base.log_retention_days = request.log_retention_days.or(base.log_retention_days);
    if let (Some(checkout), Some(sha)) = (&base.checkout, &request.commit_sha)
        && !checkout.sha.starts_with(sha.as_str())
    {
        errors.push(
            "commit_sha",
            "must be left out: the preview runs on a checkout, which the next push moves",
        );
    }
    base.commit_sha = request.commit_sha.take().or(base.commit_sha);
    base.sleep = sleep(request.sleep.as_deref(), base.sleep, errors);
    check(base, &places, config, platform, errors)
}

/// Where each of several services is described, if nothing describes one of them elsewhere.
fn items(many: usize) -> Vec<Place> {
    (0..many).map(Place::Item).collect()
}

/// Changes services by their names. Whatever is wrong with one is then wrong with what changed it.
fn change(
    base: &mut Spec,
    changes: Option<Vec<ServiceRequest>>,
    replaces: bool,
    places: &mut [Place],
    errors: &mut Errors,
) {
    let changes = changes.unwrap_or_default();
    if replaces && !changes.is_empty() {
        errors.push("changes", "cannot be given together with services");
        return;
    }
    for (index, asked) in changes.into_iter().enumerate() {
        let here = Place::Change(index);
        if asked.path.is_some() {
            let only_there = "cannot be changed here; give all services in services";
            errors.push(here.field("path"), only_there);
        }
        let mut services = base.services.iter_mut().zip(places.iter_mut());
        match services.find(|(service, _)| service.name.as_str() == asked.name) {
            Some((service, place)) => {
                *place = here;
                service::patch(service, asked, here, errors);
            }
            None => errors.push(
                here.field("name"),
                format!("is none of the preview's services: {:?}", asked.name),
            ),
        }
    }
}

/// After how long without a request it shall sleep: as before where that is not said.
fn sleep(asked: Option<&str>, before: Option<Ttl>, errors: &mut Errors) -> Option<Ttl> {
    match asked {
        None => before,
        Some("never") => None,
        Some(text) => {
            let time = text.parse::<Ttl>();
            let time = time.map_err(|error| format!("{error}, or \"never\""));
            errors.take("sleep", time)
        }
    }
}

/// What every spec is held against: itself, the limits, and the platform.
fn check(
    spec: Spec,
    places: &[Place],
    config: &Config,
    platform: &dyn Platform,
    errors: &mut Errors,
) -> Option<Spec> {
    let template = spec.template.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if template.is_empty() || template.len() > 64 || !template.iter().all(plain) {
        errors.push(
            "template",
            "must be 1 to 64 letters, digits, '-', '_' and '.'",
        );
    }
    if let Some(sha) = &spec.commit_sha
        && (!(7..=64).contains(&sha.len()) || !sha.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        errors.push("commit_sha", "must be 7 to 64 hex digits");
    }
    let found = spec.check(&config.limits);
    // A platform is asked only about what is sound in itself: it may look at files and commands.
    let found = if found.is_empty() {
        platform.admit(&spec)
    } else {
        found
    };
    let sound = found.is_empty();
    errors.extend(found.into_iter().map(|error| in_request(error, places)));
    sound.then_some(spec)
}

/// The error with the field as the request has it, wherever that describes the service.
fn in_request(error: FieldError, places: &[Place]) -> FieldError {
    let of_service = || {
        let (index, field) = error.field.strip_prefix("services[")?.split_once("].")?;
        let place = places.get(index.parse::<usize>().ok()?)?;
        Some(place.field(field))
    };
    match of_service() {
        Some(field) => FieldError::new(field, error.problem),
        None => error,
    }
}

/// What is in front of a preview of this template; of one that is not known here, a URL.
fn front(template: &str) -> Front {
    if template.parse().map_or(true, Template::has_url) {
        Front::Url
    } else {
        Front::Nothing
    }
}

/// What is said of a template that a preview cannot become.
pub(crate) fn has_no_other_front(has_url: bool) -> &'static str {
    if has_url {
        "cannot become this one: the preview has a URL; destroy it first, or give another name"
    } else {
        "cannot become this one: the preview has no URL; destroy it first, or give another name"
    }
}

/// The schedule, if one is asked for. One that cannot be read is an error, and with it nothing is accepted.
fn schedule(asked: Option<String>, errors: &mut Errors) -> Option<Schedule> {
    asked.and_then(|text| errors.take("schedule", text.parse()))
}

fn read_list(
    list: Vec<ServiceRequest>,
    config: &Config,
    front: Front,
    errors: &mut Errors,
) -> Option<Vec<tempus_model::Service>> {
    // All are read before any is missed, so that the faults of all of them are found.
    let read: Vec<_> = list
        .into_iter()
        .enumerate()
        .map(|(index, asked)| service::read(asked, Place::Item(index), config.size, front, errors))
        .collect();
    read.into_iter().collect()
}

fn not_both(single: &ServiceRequest, errors: &mut Errors) {
    for field in service::given(single) {
        errors.push(
            field,
            "cannot be given together with services; move it into one of them",
        );
    }
}

/// The default application, where the request says nothing else.
fn fill_in(single: &mut ServiceRequest, config: &Config) {
    let app = &config.default_app;
    single.command.clone_from(&app.command);
    single.image.clone_from(&app.image);
    single.dir = single.dir.take().or_else(|| app.dir.clone());
    single.port = single.port.or(app.port);
    single.health_path = single
        .health_path
        .take()
        .or_else(|| app.health_path.clone());
    let mut env = app.env.clone();
    env.extend(single.env.take().unwrap_or_default());
    single.env = Some(env);
}
