//! Why a service did not become ready, in plain words: a pure reading of what AWS says.

use tempus_model::Spec;

mod evidence;

pub(super) use evidence::{Evidence, StoppedTask, gather};

/// Whether to wait for ECS's own verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hope {
    /// Another attempt may do better, if the application does.
    Some,
    /// Another attempt may do better, if AWS does: to be late is its doing, not the application's.
    Later,
    /// Every attempt will fail alike.
    None,
}

/// What a service was asked to be, for the sentence.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) image: &'a str,
    pub(super) port: u16,
    pub(super) health_path: &'a str,
    pub(super) memory: u32,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(spec: &'a Spec, service: &str) -> Option<Self> {
        let service = spec.service(service)?;
        Some(Self {
            image: service.image.as_deref()?,
            port: service.port,
            health_path: &service.health_path,
            memory: service.memory,
        })
    }
}

/// What went wrong, as far as the evidence tells; `None` if it tells nothing.
pub(super) fn diagnose(evidence: &Evidence, wanted: &Wanted<'_>) -> Option<(String, Hope)> {
    let mut stopped = evidence.stopped.iter();
    stopped
        .find_map(|task| of_task(task, evidence, wanted))
        .or_else(|| of_events(evidence, wanted))
}

fn of_task(task: &StoppedTask, evidence: &Evidence, wanted: &Wanted<'_>) -> Option<(String, Hope)> {
    let memory = wanted.memory;
    let killed = task
        .containers
        .iter()
        .any(|c| c.reason.contains("OutOfMemory"));
    if killed || task.reason.contains("OutOfMemory") {
        let reason = format!(
            "the application ran out of memory ({memory} MiB): give the service more \"memory\""
        );
        return Some((reason, Hope::Some));
    }
    let words = [&task.reason]
        .into_iter()
        .chain(task.containers.iter().map(|c| &c.reason));
    for text in words {
        if text.contains("CannotPullContainer") {
            return Some(of_pull(text, wanted));
        }
        if text.contains("ResourceInitializationError") {
            let reason = format!("the task could not be prepared: {}", tail(text));
            return Some((reason, Hope::Some));
        }
    }
    if task.reason.contains("ELB health checks") {
        return Some((of_health_check(evidence, wanted), Hope::Some));
    }
    if let Some(found) = of_capacity(&task.reason) {
        return Some(found);
    }
    if task.code == "SpotInterruption" {
        let reason = "AWS took the Fargate Spot capacity back".to_owned();
        return Some((reason, Hope::Later));
    }
    let exit = task
        .containers
        .iter()
        .find_map(|container| container.exit_code);
    match exit {
        // 143 and 137 after a failing health check are ECS's own doing, and told above.
        Some(0) => Some((
            "the application ended by itself, with status 0: a service must keep running"
                .to_owned(),
            Hope::Some,
        )),
        Some(code) => Some((
            format!("the application exited with status {code}"),
            Hope::Some,
        )),
        None => (!task.reason.is_empty()).then(|| {
            (
                format!("the task stopped: {}", tail(&task.reason)),
                Hope::Some,
            )
        }),
    }
}

fn of_pull(text: &str, wanted: &Wanted<'_>) -> (String, Hope) {
    let image = wanted.image;
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&[
        "not found",
        "manifest unknown",
        "does not exist",
        "repository name not known",
    ]) {
        return (
            format!("the image {image} does not exist: check its name and tag"),
            Hope::None,
        );
    }
    if says(&["denied", "unauthorized", "no basic auth", "403"]) {
        return (
            format!(
                "the image {image} may not be pulled: make it public, or allow the execution role \
                 to pull it"
            ),
            Hope::None,
        );
    }
    if says(&[
        "does not match platform",
        "exec format",
        "no matching manifest",
    ]) {
        return (
            format!("the image {image} is not made for the platform it runs on (linux/amd64)"),
            Hope::None,
        );
    }
    if says(&["toomanyrequests", "rate limit"]) {
        let reason = format!("the registry of {image} allows no more pulls for now");
        return (reason, Hope::Later);
    }
    let reason = format!("the image {image} could not be pulled: {}", tail(text));
    (reason, Hope::Later)
}

fn of_health_check(evidence: &Evidence, wanted: &Wanted<'_>) -> String {
    let (port, path) = (wanted.port, wanted.health_path);
    let event = evidence
        .events
        .iter()
        .find(|event| event.contains("is unhealthy in"));
    let event = event.map(String::as_str).unwrap_or_default();
    if let Some(codes) = between(event, "codes: [", "]") {
        return format!(
            "GET {path} on port {port} answers {codes} instead of 200 to 399: give the service a \
             \"health_path\" that answers"
        );
    }
    let silent = if event.contains("timed out") {
        "times out"
    } else {
        "does not answer"
    };
    format!(
        "GET {path} on port {port} {silent}: does the application listen on 0.0.0.0 at the \
         service's \"port\" (also told in $PORT)?"
    )
}

fn of_events(evidence: &Evidence, wanted: &Wanted<'_>) -> Option<(String, Hope)> {
    // Newest first; only what is about a failure.
    evidence.events.iter().find_map(|event| {
        of_capacity(event).or_else(|| {
            event
                .contains("is unhealthy in")
                .then(|| (of_health_check(evidence, wanted), Hope::Some))
        })
    })
}

fn of_capacity(text: &str) -> Option<(String, Hope)> {
    let lower = text.to_ascii_lowercase();
    if lower.contains("limit on the number of vcpus") || lower.contains("concurrent tasks") {
        let reason = "the account's Fargate quota of vCPUs is full: destroy previews, or ask AWS \
                      to raise it";
        return Some((reason.to_owned(), Hope::None));
    }
    if lower.contains("capacity is unavailable") || lower.contains("insufficient capacity") {
        let reason = "AWS has no Fargate capacity to give right now";
        return Some((reason.to_owned(), Hope::Later));
    }
    if lower.contains("unable to assume") {
        let reason = "ECS may not use the configured roles: check their trust policies";
        return Some((reason.to_owned(), Hope::None));
    }
    if lower.contains("unable to place a task") {
        return Some((
            format!("ECS cannot place the task: {}", tail(text)),
            Hope::Later,
        ));
    }
    None
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// At most 300 characters.
fn tail(text: &str) -> &str {
    let text = text.trim();
    &text[..text.floor_char_boundary(300)]
}

#[cfg(test)]
mod tests;
