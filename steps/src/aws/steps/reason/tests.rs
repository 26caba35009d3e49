//! AWS's own sentences, and what becomes of them.

use super::evidence::Container;
use super::*;

const WANTED: Wanted<'_> = Wanted {
    image: "registry/app:1",
    port: 8080,
    health_path: "/health",
    memory: 512,
};

fn stopped(reason: &str, exit_code: Option<i32>, container: &str) -> Evidence {
    Evidence {
        stopped: vec![StoppedTask {
            reason: reason.to_owned(),
            containers: vec![Container {
                exit_code,
                reason: container.to_owned(),
            }],
            ..StoppedTask::default()
        }],
        ..Evidence::default()
    }
}

fn told(event: &str) -> Evidence {
    Evidence {
        events: vec![event.to_owned()],
        ..Evidence::default()
    }
}

#[track_caller]
fn says(evidence: &Evidence, words: &str, hope: Hope) {
    let (reason, found) = diagnose(evidence, &WANTED).unwrap();
    assert!(reason.contains(words), "{reason:?} does not say {words:?}");
    assert_eq!(found, hope, "{reason}");
}

#[test]
fn an_image_that_does_not_exist_is_final() {
    let text = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed \
                to resolve ref registry/app:1: registry/app:1: not found";
    says(
        &stopped(text, None, ""),
        "registry/app:1 does not exist",
        Hope::None,
    );
    let denied = "CannotPullContainerError: pull access denied for registry/app:1, repository \
                  does not exist or may require 'docker login'";
    says(&stopped(denied, None, ""), "does not exist", Hope::None);
    let limit = "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit";
    says(
        &stopped(limit, None, ""),
        "allows no more pulls",
        Hope::Later,
    );
}

#[test]
fn an_exit_is_told_with_its_status() {
    let text = "Essential container in task exited";
    says(
        &stopped(text, Some(3), ""),
        "exited with status 3",
        Hope::Some,
    );
    says(&stopped(text, Some(0), ""), "must keep running", Hope::Some);
    says(
        &stopped(
            text,
            Some(137),
            "OutOfMemoryError: Container killed due to memory usage",
        ),
        "ran out of memory (512 MiB)",
        Hope::Some,
    );
}

#[test]
fn a_failing_health_check_names_path_and_port() {
    let task = "Task failed ELB health checks in (target-group arn:aws:x)";
    let mut evidence = stopped(task, Some(143), "");
    says(
        &evidence,
        "GET /health on port 8080 does not answer",
        Hope::Some,
    );
    let event = "(service x) (port 8080) is unhealthy in (target-group arn:aws:x) due to (reason \
                 Health checks failed with these codes: [404])";
    evidence.events = vec![event.to_owned()];
    says(&evidence, "answers 404 instead of 200 to 399", Hope::Some);
    evidence.events = vec![event.replace(
        "Health checks failed with these codes: [404]",
        "Request timed out",
    )];
    says(&evidence, "times out", Hope::Some);
}

#[test]
fn a_full_quota_is_final_and_a_want_of_capacity_is_not() {
    says(
        &told(
            "(service x) was unable to place a task. Reason: You've reached the limit on the \
             number of vCPUs you can run concurrently",
        ),
        "quota of vCPUs is full",
        Hope::None,
    );
    says(
        &told(
            "(service x) was unable to place a task. Reason: Capacity is unavailable at this time. \
             Please try again later or in a different availability zone",
        ),
        "no Fargate capacity",
        Hope::Later,
    );
}

#[test]
fn nothing_is_made_up() {
    assert_eq!(
        diagnose(&told("(service x) has started 1 tasks: (task y)."), &WANTED),
        None
    );
}
