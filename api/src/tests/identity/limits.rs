//! How often is too often.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{As, believing, kind, root};
use crate::tests::server::Server;
use crate::{Identity, Rate};

const RARELY: Rate = Rate {
    burst: NonZeroU32::new(3).unwrap(),
    every: Duration::from_secs(1000),
};

#[tokio::test]
async fn each_caller_has_an_allowance_of_its_own() {
    let server = Server::with_identity(Identity {
        rate: RARELY,
        ..believing(Vec::new())
    })
    .await;
    let ada = As::new(&server, "viewer", "ada").await;
    let bob = As::new(&server, "viewer", "bob").await;
    for _ in 0..3 {
        assert_eq!(ada.get("/previews").await.status, 200);
    }
    let refused = ada.get("/previews").await;
    assert_eq!(
        (refused.status, kind(&refused)),
        (429, "too-many-requests".to_owned())
    );
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((900..=1000).contains(&wait), "{wait}");
    assert_eq!(
        bob.get("/previews").await.status,
        200,
        "at the same address"
    );
    assert_eq!(server.get("/health").await.status, 200);
}

#[tokio::test]
async fn failures_are_limited_by_address_and_good_tokens_are_not() {
    let server = Server::with_identity(Identity {
        failures: RARELY,
        ..believing(Vec::new())
    })
    .await;
    for token in ["", "x", "a.b.c"] {
        assert_eq!(
            As::bearing(&server, token).get("/previews").await.status,
            401
        );
    }
    let refused = server.get("/previews").await;
    assert_eq!(
        (refused.status, kind(&refused)),
        (429, "too-many-requests".to_owned())
    );
    assert!(!refused.header("retry-after").is_empty());
    // Whoever shares the address with a broken job goes on working.
    assert_eq!(
        As::bearing(&server, root().expose())
            .get("/previews")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn where_identity_is_off_nobody_calls_too_often() {
    let server = Server::start().await;
    for _ in 0..400 {
        let answer = server
            .client
            .get(server.url("/whoami"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }
}
