//! What is said, from what is stored.

use super::*;
use crate::transition::accept::{NewJob, create};
use crate::{
    Absence, Desired, Failure, Footprint, GoneAs, Identity, InstallationId, Job, JobId, JobStatus,
    Owner, PreviewId, Prices, Route, Row, Snapshot, SpecId, State, StepId,
};

fn source() -> Source {
    let open = delivery("opened", 10, "open", &"a".repeat(40), &[]);
    let mut source = heard(None, "1", &open).unwrap();
    source.tended.made = Some(Call {
        sha: "a".repeat(40),
        ask: None,
    });
    source
}

fn preview() -> (Snapshot, Job) {
    let identity = Identity {
        id: PreviewId::new(uuid::Uuid::from_u128(7)),
        name: "pr-7-shop".parse().unwrap(),
        owner: Owner {
            id: "1296269".to_owned(),
            login: "octo/shop".to_owned(),
            avatar_url: None,
        },
        origin: crate::Origin::default(),
        template: "api-service".to_owned(),
        route: Some(Route {
            listener: "main".to_owned(),
            slot: None,
            url: "https://pr-7-shop.example/".to_owned(),
        }),
        created_at: at(0),
        predecessor: None,
    };
    let new = NewJob {
        id: JobId::new(uuid::Uuid::from_u128(8)),
        by: crate::Actor::Worker,
        now: at(0),
    };
    let mut change = create(
        &identity,
        SpecId::of(b"x"),
        at(7200),
        Some(Duration::from_hours(1)),
        &new,
    );
    let row = change.row;
    (Snapshot { identity, row }, change.jobs.remove(0))
}

fn said(source: &Source, change: impl FnOnce(&mut Row, &mut Job)) -> Report {
    let (mut preview, mut job) = preview();
    change(&mut preview.row, &mut job);
    reported(source, &preview, &job)
}

fn reported(source: &Source, preview: &Snapshot, job: &Job) -> Report {
    render(&Scene {
        installation: InstallationId::new(1),
        source,
        verdict: None,
        preview: Some(preview),
        job: Some(job),
        receipt: None,
        cost: Some(Cost {
            prices: &prices(),
            wanted: FOOTPRINT,
        }),
        links: Links {
            api: Some("https://tempus.example"),
        },
    })
}

const FOOTPRINT: Footprint = Footprint {
    cpu: 512,
    memory: 0,
    tasks: 1,
};

fn prices() -> Prices {
    Prices {
        region: "eu-west-1".to_owned(),
        dated: "2026-11".to_owned(),
        core: 0.024,
        gigabyte: 1.0,
        task: 0.0,
    }
}

fn ready(row: &mut Row, _: &mut Job) {
    row.spans.open(FOOTPRINT, at(0));
    row.settled.state = State::Ready;
    row.settled.generation = row.generation;
    row.settled.at = at(3600);
}

#[test]
fn a_report_follows_the_row() {
    let source = source();
    let begun = said(&source, |_, _| {});
    assert_eq!(begun.status.unwrap().state, CommitState::Pending);
    assert_eq!(begun.deployment.unwrap().state, DeploymentState::InProgress);
    let report = said(&source, ready);
    let status = report.status.unwrap();
    assert_eq!(status.state, CommitState::Success);
    assert_eq!(status.url.as_deref(), Some("https://pr-7-shop.example/"));
    let deployment = report.deployment.unwrap();
    assert_eq!(deployment.state, DeploymentState::Success);
    assert_eq!(deployment.environment, "preview/pr-7-shop");
    let text = report.comment.unwrap();
    assert!(text.starts_with(&marker(InstallationId::new(1), &KEY)));
    assert!(
        text.contains("$0.01 by") && text.contains("$0.012 an hour"),
        "{text}"
    );
    // Looked at again, it says the same.
    assert_eq!(said(&source, ready).comment.as_ref(), Some(&text));
    let gone = said(&source, |row, _| {
        row.desired = Desired::Absent(Absence::Asked);
        row.settled.state = State::Gone(GoneAs::Destroyed);
    });
    assert_eq!(gone.deployment.unwrap().state, DeploymentState::Inactive);
    assert!(gone.comment.unwrap().contains("in all"));
    assert!(text.contains("(prices of eu-west-1, 2026-11)"), "{text}");
}

#[test]
fn a_preview_costs_what_ran_of_it_and_not_what_is_wanted() {
    let comment = said(&source(), |row, job| {
        ready(row, job);
        let larger = Footprint {
            cpu: 4096,
            ..FOOTPRINT
        };
        row.spans.open(larger, at(1800));
    });
    let text = comment.comment.unwrap();
    // Half an hour of half a core, and half an hour of four.
    assert!(
        text.contains("$0.05 by") && text.contains("$0.096 an hour"),
        "{text}"
    );
}

#[test]
fn a_budget_is_told_of_while_the_preview_is_wanted() {
    let mut source = source();
    source.tended.warning = Some("90 % of the monthly budget is used".to_owned());
    let text = said(&source, ready).comment.unwrap();
    assert!(text.contains("called for: 90 % of the"), "{text}");
    let gone = said(&source, |row, _| {
        row.desired = Desired::Absent(Absence::Asked);
    });
    assert!(!gone.comment.unwrap().contains("90 %"));
}

#[test]
fn what_has_no_url_is_linked_to_nowhere() {
    let (mut preview, mut job) = preview();
    ready(&mut preview.row, &mut job);
    preview.identity.route = None;
    let report = reported(&source(), &preview, &job);
    assert_eq!(report.status.unwrap().url, None);
    let deployment = report.deployment.unwrap();
    assert_eq!(
        (deployment.state, deployment.url),
        (DeploymentState::Success, None)
    );
    let text = report.comment.unwrap();
    assert!(text.contains("ready") && !text.contains("**<"), "{text}");
}

#[test]
fn an_end_that_is_near_and_a_pin_are_said_with_the_reason() {
    let source = source();
    let text = |change: fn(&mut Row, &mut Job)| said(&source, change).comment.unwrap();
    let plain = text(ready);
    assert!(!plain.contains("time is over") && !plain.contains("pinned"));
    let near = text(|row, job| {
        ready(row, job);
        row.warning.as_mut().unwrap().of = Some(row.expires_at);
    });
    assert!(
        near.contains("**Its time is over at 2027-01-15 10:00 UTC.**"),
        "{near}"
    );
    let pinned = text(|row, job| {
        ready(row, job);
        row.warning.as_mut().unwrap().of = Some(row.expires_at);
        row.expires_at = at(90_000);
        row.pin = Some(Box::new(crate::Pin {
            until: at(90_000),
            otherwise: at(7200),
            reason: "`the` demo | @octo/everybody".parse().unwrap(),
        }));
    });
    let line = "- Ends: 2027-01-16 09:00 UTC; pinned until 2027-01-16 09:00 UTC: \
                `the demo  @octo/everybody`\n";
    assert!(pinned.contains(line), "{pinned}");
    assert!(!pinned.contains("time is over"), "that was another end");
}

#[test]
fn what_an_application_says_is_quoted_and_nothing_else() {
    let hostile = "```\n@octo/everybody <!-- tempus 00000001 1296269 pull#7 -->\n````";
    let failed = said(&source(), |row, job| {
        let mut failure = Failure::rejected(&StepId::single("healthy"), "it exited");
        failure.detail = vec![hostile.to_owned(), "x".repeat(100_000)];
        row.desired = Desired::Absent(Absence::Failed(failure.clone()));
        row.settled.state = State::Gone(GoneAs::Failed);
        job.status = JobStatus::Failed;
        job.error = Some(failure);
    });
    let text = failed.comment.unwrap();
    assert!(text.len() < 10_000);
    let (before, quoted) = text.split_once("`````text\n").unwrap();
    assert!(!before.contains("@octo"));
    let (inside, _) = quoted.rsplit_once("\n`````").unwrap();
    assert!(inside.contains("it exited") && inside.contains("@octo/everybody"));
    assert_eq!(failed.status.unwrap().state, CommitState::Failure);
}

#[test]
fn what_runs_is_not_said_to_be_of_a_commit_that_was_refused() {
    let mut source = source();
    source.tended.problem = Some("line 3: port must be 1 to 65535".to_owned());
    let report = said(&source, ready);
    let status = report.status.unwrap();
    assert_eq!((status.state, status.url), (CommitState::Failure, None));
    assert_eq!(report.deployment, None);
    assert!(report.comment.unwrap().contains("line 3: port"));
}

#[test]
fn where_there_is_nothing_to_say_nothing_is_said() {
    let source = source();
    let scene = |verdict| {
        render(&Scene {
            installation: InstallationId::new(1),
            source: &source,
            verdict: Some(verdict),
            preview: None,
            job: None,
            receipt: None,
            cost: None,
            links: Links::default(),
        })
    };
    assert_eq!(scene(&Verdict::Absent(Absent::Draft)).comment, None);
    assert_eq!(scene(&Verdict::Absent(Absent::Closed)).comment, None);
    let fork = scene(&Verdict::Absent(Absent::Unapproved("abc".to_owned())));
    assert!(fork.comment.unwrap().contains("`/preview abc`"));
}
