//! Deliveries in any order, doubled and lost, end in what GitHub says.

mod deliveries;

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Nonce, Timestamp};

const REPOSITORY: u64 = 1_296_269;
const KEY: SourceKey = SourceKey::Pull {
    repository: REPOSITORY,
    number: 7,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + second * 1000)
}

/// A delivery of `pull_request`, in the form that GitHub documents.
fn delivery(action: &str, second: i64, state: &str, sha: &str, labels: &[&str]) -> Value {
    let labels: Vec<_> = labels
        .iter()
        .map(|name| json!({"id": 1, "name": name, "color": "ff0000", "default": false}))
        .collect();
    let repo = json!({"id": REPOSITORY, "name": "shop", "full_name": "octo/shop",
        "private": false, "default_branch": "main", "owner": {"login": "octo", "id": 1}});
    json!({
        "action": action,
        "number": 7,
        "pull_request": {
            "id": 279_147_437, "number": 7, "state": state, "title": "Update the README",
            "draft": false, "merged": false, "created_at": at(0), "updated_at": at(second),
            "closed_at": null, "labels": labels,
            "user": {"login": "octocat", "id": 583_231, "type": "User"},
            "head": {"label": "octo:changes", "ref": "changes", "sha": sha, "repo": repo},
            "base": {"label": "octo:main", "ref": "main", "sha": "f95f852", "repo": repo},
        },
        "repository": repo,
        "installation": {"id": 42, "node_id": "MDIzOk"},
        "sender": {"login": "octocat", "id": 583_231, "type": "User"},
    })
}

fn told(event: &str, id: &str, body: &Value) -> Vec<Told> {
    read(event, id, body.to_string().as_bytes(), Branches::Ignored).unwrap()
}

fn heard(source: Option<Source>, id: &str, body: &Value) -> Option<Source> {
    let mut source = source;
    for told in told("pull_request", id, body) {
        let Told::Of(key, note) = told else { continue };
        assert_eq!(key, KEY);
        match Source::changed(source.as_ref(), &KEY, &SourceChange::Note(*note), at(0)) {
            Ok(next) => source = Some(next),
            Err(NoChange::Nothing) => {}
            Err(other) => panic!("{other}"),
        }
    }
    source
}

/// What the source calls for after GitHub was asked, if it has to be.
fn settled(source: Option<Source>, truth: &Value) -> Verdict {
    let shape: PullShape = serde_json::from_value(truth["pull_request"].clone()).unwrap();
    let asked = Note {
        delivery: None,
        repository: None,
        by: None,
        news: News::Pull(shape.into_pull(), Trust::Asked),
    };
    let mut source = source;
    if source.as_ref().is_none_or(|source| source.sure == Sure::No) {
        let change = SourceChange::Note(asked);
        source = Source::changed(source.as_ref(), &KEY, &change, at(0))
            .ok()
            .or(source);
    }
    let source = source.unwrap();
    assert_eq!(source.sure, Sure::Yes);
    let rules = Rules::default();
    verdict(
        &source.pull.unwrap(),
        REPOSITORY,
        &source.tended.standing,
        &rules,
    )
}

/// A day of one pull request: states in the order in which they came about, several in a second.
fn day() -> impl Strategy<Value = Vec<Value>> {
    let moment = (0..3_i64, prop_oneof!["open", "closed"], "[0-3]");
    prop::collection::vec(moment, 1..12).prop_map(|moments| {
        let mut second = 1;
        let states = moments.into_iter().map(|(later, state, sha)| {
            second += later;
            delivery("synchronize", second, &state, &sha.repeat(40), &[])
        });
        states.collect()
    })
}

proptest! {
    /// However they are shuffled, doubled and lost: with one question to GitHub where they
    /// contradict each other, what is called for is what GitHub has. A lost last one is what the
    /// periodic pass is for: its list is heard like a delivery.
    #[test]
    fn order_doubles_and_losses_do_not_matter(
        day in day(),
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 0..40),
    ) {
        let truth = day.last().unwrap().clone();
        let mut source = None;
        for (pick, redelivered) in &picks {
            let at = pick.index(day.len());
            for _ in 0..=*redelivered {
                source = heard(source, &format!("delivery-{at}"), &day[at]);
            }
        }
        source = heard(source, "listed", &truth);
        let shape: PullShape = serde_json::from_value(truth["pull_request"].clone()).unwrap();
        let expected = verdict(&shape.into_pull(), REPOSITORY, &Standing::default(), &Rules::default());
        prop_assert_eq!(settled(source, &truth), expected);
    }
}

#[test]
fn what_is_newest_is_believed_and_what_contradicts_it_is_asked() {
    let open = delivery("opened", 10, "open", &"a".repeat(40), &[]);
    let closed = delivery("closed", 20, "closed", &"a".repeat(40), &[]);
    let source = heard(None, "1", &open);
    let source = heard(source, "2", &closed).unwrap();
    let pull = source.pull.clone().unwrap();
    assert_eq!((pull.state, source.sure), (PullState::Closed, Sure::Yes));
    // The first one again, late: nothing is done on it, and nothing on the rest, before asking.
    let source = heard(Some(source), "3", &open).unwrap();
    assert_eq!(source.pull, Some(pull));
    assert_eq!(source.sure, Sure::No);
    // In the same second, with something else in it.
    let same = delivery("reopened", 20, "open", &"a".repeat(40), &[]);
    assert_eq!(heard(Some(source), "4", &same).unwrap().sure, Sure::No);
}

#[test]
fn a_repositorys_new_name_stays() {
    let named = |delivery: &Value, name: &str| {
        let mut delivery = delivery.clone();
        delivery["repository"]["full_name"] = name.into();
        delivery
    };
    let name = |source: &Source| source.repository.clone().unwrap().full_name;
    let open = delivery("opened", 10, "open", "abc", &[]);
    let source = heard(None, "1", &open);
    // As a list has it, in which nothing else has changed.
    let source = heard(source, "2", &named(&open, "octo/store")).unwrap();
    assert_eq!(
        (name(&source).as_str(), source.sure),
        ("octo/store", Sure::Yes)
    );
    let late = delivery("labeled", 9, "open", "abc", &["x"]);
    let source = heard(Some(source), "3", &late).unwrap();
    assert_eq!(name(&source), "octo/store");
}

#[test]
fn a_delivery_is_noted_once() {
    let open = delivery("opened", 10, "open", "abc", &[]);
    let source = heard(None, "1", &open).unwrap();
    let version = source.version;
    let source = heard(Some(source), "1", &open).unwrap();
    assert_eq!(source.version, version);
}

#[test]
fn commands_are_kept_until_they_are_carried_out_and_come_once() {
    let comment = |id: u64, body: &str, kind: &str| {
        json!({
            "action": "created",
            "issue": {"number": 7, "pull_request": {"url": "https://api.github.com/x"}},
            "comment": {"id": id, "body": body, "created_at": at(5),
                "user": {"login": "hubot", "id": 2, "type": kind}},
            "repository": {"id": REPOSITORY, "full_name": "octo/shop"},
            "installation": {"id": 42},
        })
    };
    assert!(told("issue_comment", "0", &comment(1, "nice", "User")).is_empty());
    assert!(told("issue_comment", "0", &comment(1, "/preview", "Bot")).is_empty());
    let mut source = None;
    for (delivery, id) in [("1", 10), ("2", 10), ("3", 11)] {
        let body = comment(id, "/preview stop", "User");
        let told = told("issue_comment", delivery, &body).pop();
        let Some(Told::Of(key, note)) = told else {
            panic!("{told:?}")
        };
        assert_eq!(key, KEY);
        let changed = Source::changed(source.as_ref(), &KEY, &SourceChange::Note(*note), at(6));
        source = changed.ok().or(source);
    }
    let source = source.unwrap();
    assert_eq!(source.commands.len(), 2);
    let nonce = Nonce(7);
    let claim = SourceChange::Claim {
        nonce,
        lease: Duration::from_mins(1),
    };
    let mine = Source::changed(Some(&source), &KEY, &claim, at(6)).unwrap();
    let mut tended = mine.tended.clone();
    tended.handle(10, None);
    let release = SourceChange::Release {
        nonce,
        noted: mine.noted,
        tended: Box::new(tended),
        next: Next::WhenNoted,
    };
    let released = Source::changed(Some(&mine), &KEY, &release, at(7)).unwrap();
    assert_eq!(released.commands.len(), 1);
    assert_eq!(released.due_at, None);
    let again = Source::changed(Some(&released), &KEY, &release, at(8));
    assert!(matches!(again, Err(NoChange::Already(_))));
}

#[test]
fn a_note_that_the_holder_has_not_seen_leaves_it_due() {
    let open = delivery("opened", 10, "open", "abc", &[]);
    let source = heard(None, "1", &open).unwrap();
    let lease = Duration::from_mins(1);
    let (nonce, other) = (Nonce(1), Nonce(2));
    let mine = Source::changed(
        Some(&source),
        &KEY,
        &SourceChange::Claim { nonce, lease },
        at(1),
    );
    let mine = mine.unwrap();
    let theirs = SourceChange::Claim {
        nonce: other,
        lease,
    };
    assert_eq!(
        Source::changed(Some(&mine), &KEY, &theirs, at(2)),
        Err(NoChange::NotDue)
    );
    let noted = heard(
        Some(mine.clone()),
        "2",
        &delivery("closed", 11, "closed", "abc", &[]),
    );
    let noted = noted.unwrap();
    assert_eq!(noted.due_at, mine.due_at, "somebody is at it");
    let release = SourceChange::Release {
        nonce,
        noted: mine.noted,
        tended: Box::default(),
        next: Next::Ended(lease),
    };
    let released = Source::changed(Some(&noted), &KEY, &release, at(3)).unwrap();
    assert_eq!((released.due_at, released.forget_at), (Some(at(3)), None));
    // A lease that ran out is anybody's, and its holder can write nothing any more.
    let taken = Source::changed(Some(&noted), &KEY, &theirs, at(100)).unwrap();
    assert_eq!(
        Source::changed(Some(&taken), &KEY, &release, at(101)),
        Err(NoChange::Lost)
    );
}

#[test]
fn forks_drafts_and_labels() {
    let pull = |change: &dyn Fn(&mut Pull)| {
        let body = delivery("opened", 1, "open", &"a".repeat(40), &["docs"]);
        let shape: PullShape = serde_json::from_value(body["pull_request"].clone()).unwrap();
        let mut pull = shape.into_pull();
        change(&mut pull);
        pull
    };
    let rules = Rules {
        labels: vec!["preview".into()],
        drafts: Drafts::Skipped,
    };
    let of = |pull: &Pull, standing: &Standing| verdict(pull, REPOSITORY, standing, &rules);
    let nobody = Standing::default();
    let asked = Standing {
        asked: Some(9),
        ..Standing::default()
    };
    let unlabeled = pull(&|_| {});
    assert_eq!(
        of(&unlabeled, &nobody),
        Verdict::Absent(Absent::Unlabeled(vec!["preview".into()]))
    );
    let labeled = pull(&|pull| pull.labels.push("preview".into()));
    assert!(matches!(of(&labeled, &nobody), Verdict::Present(_)));
    let draft = pull(&|pull| pull.draft = true);
    assert_eq!(of(&draft, &nobody), Verdict::Absent(Absent::Draft));
    assert!(matches!(
        of(&draft, &asked),
        Verdict::Present(Call { ask: Some(9), .. })
    ));
    let fork = pull(&|pull| pull.head.repository = Some(1));
    let vanished = pull(&|pull| pull.head.repository = None);
    for fork in [&fork, &vanished] {
        let waits = Verdict::Absent(Absent::Unapproved("a".repeat(40)));
        assert_eq!(of(fork, &nobody), waits);
        assert_eq!(of(fork, &asked), waits, "to ask is not to approve");
    }
    let approved = Standing {
        approved: Some("a".repeat(40)),
        ..asked
    };
    assert!(matches!(of(&fork, &approved), Verdict::Present(_)));
    let pushed = pull(&|pull| {
        pull.head.repository = Some(1);
        pull.head.sha = "b".repeat(40);
    });
    assert!(matches!(
        of(&pushed, &approved),
        Verdict::Absent(Absent::Unapproved(_))
    ));
}

#[test]
fn the_app_is_taken_away_from_what_it_says() {
    let removed = json!({
        "action": "removed", "installation": {"id": 42}, "repository_selection": "selected",
        "repositories_added": [],
        "repositories_removed": [{"id": 5, "name": "shop", "full_name": "octo/shop", "private": true}],
    });
    assert_eq!(
        told("installation_repositories", "1", &removed),
        [Told::Gone(5)]
    );
    let deleted = json!({"action": "deleted", "installation": {"id": 42},
        "repositories": [{"id": 5, "full_name": "octo/shop"}, {"id": 6, "full_name": "octo/site"}]});
    assert_eq!(told("installation", "1", &deleted).len(), 2);
    let suspended =
        json!({"action": "suspend", "installation": {"id": 42}, "repositories": [{"id": 5}]});
    assert!(told("installation", "1", &suspended).is_empty());
    assert!(told("ping", "1", &json!({"zen": "Keep it simple."})).is_empty());
    let mut alone = delivery("opened", 1, "open", "abc", &[]);
    alone.as_object_mut().unwrap().remove("installation");
    let refused = read(
        "pull_request",
        "1",
        alone.to_string().as_bytes(),
        Branches::Ignored,
    );
    assert!(matches!(refused, Err(EventError::NoInstallation)));
}

#[test]
fn branches_are_followed_where_that_is_configured() {
    let push = json!({"ref": "refs/heads/feature/x", "before": "0", "after": "1", "deleted": false,
        "repository": {"id": 5, "full_name": "octo/shop", "default_branch": "main"},
        "installation": {"id": 42}});
    let of = |event, body: &Value, branches| {
        read(event, "1", body.to_string().as_bytes(), branches).unwrap()
    };
    assert!(of("push", &push, Branches::Ignored).is_empty());
    let told = of("push", &push, Branches::Followed);
    let key = SourceKey::Branch {
        repository: 5,
        name: "feature/x".into(),
    };
    assert!(matches!(&told[..], [Told::Of(found, _)] if *found == key));
    for other in ["refs/heads/main", "refs/tags/v1"] {
        let mut body = push.clone();
        body["ref"] = other.into();
        assert!(of("push", &body, Branches::Followed).is_empty(), "{other}");
    }
    let deleted = json!({"ref": "feature/x", "ref_type": "branch",
        "repository": {"id": 5, "full_name": "octo/shop", "default_branch": "main"},
        "installation": {"id": 42}});
    assert!(
        matches!(&of("delete", &deleted, Branches::Followed)[..], [Told::Of(found, _)] if *found == key)
    );
    // A pull request's branch is looked at too: it may have had a preview of its own.
    let opened = delivery("opened", 1, "open", "abc", &[]);
    assert_eq!(of("pull_request", &opened, Branches::Followed).len(), 2);
}

#[test]
fn keys_are_found_as_they_were_stored() {
    for key in [
        SourceKey::App,
        KEY,
        SourceKey::Branch {
            repository: 5,
            name: "a#b/c".into(),
        },
    ] {
        assert_eq!(
            SourceKey::parse(&key.scope(), &key.item()),
            Some(key.clone())
        );
        let hint = crate::Hint::Source { source: key };
        assert_eq!(crate::Hint::decode(&hint.encode()).unwrap(), hint);
    }
    assert_eq!(SourceKey::parse("app", "pull#1"), None);
    assert_eq!(SourceKey::parse("x", "pull#1"), None);
}

mod behind {
    //! Who is behind what is done.

    use super::*;
    use crate::{Actor, By, Did, Person};

    fn sent(second: i64, action: &str, state: &str, sha: &str, by: &str) -> Value {
        let mut body = delivery(action, second, state, &sha.repeat(40), &[]);
        body["sender"] = json!({"login": by, "id": 9, "type": "User"});
        body
    }

    fn on_github(login: &str, did: Did) -> Actor {
        let login = login.to_owned();
        Actor::on_github(Some(&By {
            person: Person { id: Some(9), login },
            did,
        }))
    }

    #[test]
    fn it_is_whoever_github_has_named() {
        let call = |sha: &str, ask| Call {
            sha: sha.repeat(40),
            ask,
        };
        let source = heard(None, "1", &sent(1, "opened", "open", "a", "ann")).unwrap();
        let mut tended = Tended::default();
        let opened = behind_call(&source, &tended, &call("a", None));
        assert_eq!(opened, on_github("ann", Did::Opened));
        tended.made = Some(call("a", None));

        // Bob pushes, and somebody else touches it before anybody has looked.
        let source = heard(
            Some(source),
            "2",
            &sent(2, "synchronize", "open", "b", "bob"),
        );
        let source = heard(source, "3", &sent(3, "edited", "open", "b", "eve")).unwrap();
        let pushed = behind_call(&source, &tended, &call("b", None));
        assert_eq!(pushed, on_github("bob", Did::Pushed));
        let fork = behind_end(&source, &tended, &Absent::Unapproved("b".to_owned()));
        assert_eq!(fork, on_github("bob", Did::Pushed));

        let command = Command {
            comment: 5,
            by: "cem".to_owned(),
            by_id: Some(9),
            at: at(4),
            kind: CommandKind::Stop,
        };
        tended.standing.by = Some(command.who(Did::Commented));
        let stopped = behind_end(&source, &tended, &Absent::Stopped);
        assert_eq!(stopped, on_github("cem", Did::Commented));
        let asked = behind_call(&source, &tended, &call("b", Some(5)));
        assert_eq!(asked, on_github("cem", Did::Commented));

        let source = heard(Some(source), "4", &sent(5, "closed", "closed", "b", "dan")).unwrap();
        let closed = behind_end(&source, &tended, &Absent::Closed);
        assert_eq!(closed, on_github("dan", Did::Closed));
        assert_eq!(behind_end(&source, &tended, &Absent::Gone), Actor::App);
    }

    /// GitHub's answer to a question does not say who; that it is as was heard says nothing new.
    #[test]
    fn an_answer_takes_nobody_s_place_and_names_nobody() {
        let body = sent(1, "opened", "open", "a", "ann");
        let source = heard(None, "1", &body).unwrap();
        let ask = |source: &Source, body: &Value| {
            let shape: PullShape = serde_json::from_value(body["pull_request"].clone()).unwrap();
            let note = SourceChange::Note(Note {
                delivery: None,
                repository: None,
                by: None,
                news: News::Pull(shape.into_pull(), Trust::Asked),
            });
            Source::changed(Some(source), &KEY, &note, at(9)).unwrap_or_else(|_| source.clone())
        };
        assert!(ask(&source, &body).by.is_some());
        let commented = sent(2, "synchronize", "open", "a", "ann");
        assert_eq!(ask(&source, &commented).by, source.by);
        let closed = sent(1, "closed", "closed", "a", "eve");
        let asked = ask(&source, &closed);
        assert_eq!((asked.by, asked.pushed_by.is_some()), (None, true));
        // Heard within the same second, and then found to be so.
        let tied = heard(Some(source), "2", &closed).unwrap();
        assert_eq!(tied.sure, Sure::No);
        let asked = ask(&tied, &closed);
        assert_eq!(
            Actor::on_github(asked.by.as_ref()),
            on_github("eve", Did::Closed)
        );
    }
}

mod said {
    //! What is said, from what is stored.

    use super::*;
    use crate::transition::accept::{NewJob, create};
    use crate::{
        Absence, Desired, Failure, Footprint, GoneAs, Identity, InstallationId, Job, JobId,
        JobStatus, Owner, PreviewId, Prices, Route, Row, Snapshot, SpecId, State, StepId,
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
}
