//! An issuer's keys: changed, asked for by strangers, and not to be had.

use std::time::Duration;

use futures::future::join_all;
use tempus_model::Scope;

use super::{As, believing};
use crate::testing::{Issuer, Key, Manner};
use crate::tests::server::{Answer, Server};
use crate::{Identity, OidcPace};

const PAUSE: Duration = Duration::from_millis(300);

const QUICK: OidcPace = OidcPace {
    pause: PAUSE,
    fresh: Duration::from_hours(1),
    stale: Duration::from_hours(2),
};

async fn server(issuer: &Issuer, pace: OidcPace) -> Server {
    let rules = vec![issuer.rule(&[("repository", "acme/*")], Scope::Viewer)];
    Server::with_identity(Identity {
        pace,
        ..believing(rules)
    })
    .await
}

async fn shown(server: &Server, issuer: &Issuer, key: &Key) -> Answer {
    let token = key.sign(&issuer.claims());
    As::bearing(server, &token).get("/whoami").await
}

#[tokio::test]
async fn new_keys_are_found_and_old_ones_forgotten() {
    let (first, second) = (Key::rsa("first"), Key::ec("second"));
    let issuer = Issuer::start(&[&first]).await;
    let server = server(&issuer, QUICK).await;
    assert_eq!(
        issuer.asked(),
        0,
        "nobody is asked before there is a question"
    );
    for _ in 0..5 {
        assert_eq!(shown(&server, &issuer, &first).await.status, 200);
    }
    assert_eq!(issuer.asked(), 1);
    tokio::time::sleep(PAUSE).await;
    issuer.lists(&[&second]);
    assert_eq!(shown(&server, &issuer, &second).await.status, 200);
    assert_eq!(issuer.asked(), 2);
    assert_eq!(
        shown(&server, &issuer, &first).await.status,
        401,
        "withdrawn"
    );
}

#[tokio::test]
async fn however_many_strange_keys_come_the_issuer_is_asked_once_in_a_while() {
    let key = Key::ec("known");
    let issuer = Issuer::start(&[&key]).await;
    let pace = OidcPace {
        pause: Duration::from_hours(1),
        ..QUICK
    };
    let server = server(&issuer, pace).await;
    assert_eq!(shown(&server, &issuer, &key).await.status, 200);
    let strangers = ["a", "b", "c", "d"].map(Key::ec);
    let all = strangers.iter().cycle().take(40);
    let answers = join_all(all.map(|stranger| shown(&server, &issuer, stranger))).await;
    assert!(answers.iter().all(|answer| answer.status == 401));
    assert_eq!(issuer.asked(), 1);
    assert_eq!(shown(&server, &issuer, &key).await.status, 200);
}

#[tokio::test]
async fn many_first_questions_are_one() {
    let key = Key::ec("key");
    let issuer = Issuer::start(&[&key]).await;
    let server = server(&issuer, QUICK).await;
    let answers = join_all((0..20).map(|_| shown(&server, &issuer, &key))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(issuer.asked(), 1);
}

/// Whatever an issuer says instead of its keys lets nobody in, and is not the caller's fault.
#[tokio::test]
async fn an_issuer_that_answers_badly_is_a_503() {
    let key = Key::rsa("rsa");
    let issuer = Issuer::start(&[&key]).await;
    for manner in Manner::BAD {
        issuer.answers(manner);
        let server = server(&issuer, QUICK).await;
        let answer = shown(&server, &issuer, &key).await;
        assert_eq!(answer.status, 503, "{manner:?} {}", answer.json());
        assert_eq!(answer.json()["type"], "urn:tempus:problem:unavailable");
        assert!(!answer.header("retry-after").is_empty());
        let asked = issuer.asked();
        assert_eq!(shown(&server, &issuer, &key).await.status, 503);
        assert_eq!(issuer.asked(), asked, "not asked again at once");
        issuer.answers(Manner::Well);
        tokio::time::sleep(PAUSE).await;
        assert_eq!(
            shown(&server, &issuer, &key).await.status,
            200,
            "{manner:?}"
        );
    }
}

#[tokio::test]
async fn known_keys_go_on_working_while_an_issuer_is_away_but_not_for_ever() {
    let key = Key::ec("key");
    let issuer = Issuer::start(&[&key]).await;
    let pace = OidcPace {
        pause: Duration::from_millis(1),
        fresh: Duration::from_millis(1),
        stale: Duration::from_millis(1500),
    };
    let server = server(&issuer, pace).await;
    assert_eq!(shown(&server, &issuer, &key).await.status, 200);
    issuer.answers(Manner::Broken);
    let asked = issuer.asked();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(shown(&server, &issuer, &key).await.status, 200);
    assert!(issuer.asked() > asked, "it was asked for fresh ones");
    tokio::time::sleep(Duration::from_millis(1600)).await;
    assert_eq!(shown(&server, &issuer, &key).await.status, 503);
}
