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
