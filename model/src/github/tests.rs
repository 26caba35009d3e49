//! Deliveries in any order, doubled and lost, end in what GitHub says.

mod behind;
mod deliveries;
mod said;

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
