//! API tokens: what is kept of them, and for how long.

use tempus_model::{NotGood, Owner, Scope, SessionOf, Timestamp, Token, TokenId, TokenRecord};

use super::Harness;
use super::world::{World, at};

/// A token whose id and secret are made of this byte, and its record.
fn token(byte: u8, created_at: Timestamp, expires_at: Option<Timestamp>) -> (Token, TokenRecord) {
    let token = Token::new(TokenId::new([byte; 8]), [byte; 32]);
    let record = TokenRecord {
        id: token.id(),
        hash: token.hash(),
        name: format!("token {byte}"),
        scope: Scope::Deployer,
        owner: Owner {
            id: "42".to_owned(),
            login: "acme/shop".to_owned(),
            avatar_url: None,
        },
        created_by: "configured".to_owned(),
        created_at,
        expires_at,
        revoked_at: None,
        session_of: None,
    };
    (token, record)
}

/// What was put is found by its id and recognises its bearer; the list has the oldest first.
pub async fn a_token_is_found_as_it_was_put(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let (bearer, first) = token(9, at(0), Some(at(60)));
    // A session of a browser is kept as a token is, with what it was begun with.
    let second = TokenRecord {
        session_of: Some(SessionOf::Token(first.id)),
        ..token(3, at(1), None).1
    };
    assert!(store.put_token(&first).await.unwrap());
    assert!(store.put_token(&second).await.unwrap());
    let found = store.token(first.id).await.unwrap().unwrap();
    assert_eq!(found, first);
    assert_eq!(found.check(&bearer, at(59)), Ok(()));
    assert_eq!(store.tokens().await.unwrap(), [first, second]);
    let nobody = TokenId::new([7; 8]);
    assert_eq!(store.token(nobody).await.unwrap(), None);
    assert_eq!(store.revoke_token(nobody, at(2)).await.unwrap(), None);
}

/// An id is one token's: another one with the same id changes nothing.
pub async fn a_tokens_id_is_its_own(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let (_, first) = token(1, at(0), None);
    let other = TokenRecord {
        hash: token(2, at(0), None).0.hash(),
        scope: Scope::Admin,
        ..first.clone()
    };
    assert!(store.put_token(&first).await.unwrap());
    assert!(!store.put_token(&other).await.unwrap());
    assert_eq!(store.tokens().await.unwrap(), [first]);
}

/// Revoked once, a token stays so since then, and the next look sees it.
pub async fn a_revocation_is_final(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let (bearer, record) = token(5, at(0), Some(at(600)));
    store.put_token(&record).await.unwrap();
    let revoked = store.revoke_token(record.id, at(10)).await.unwrap();
    let revoked = revoked.unwrap();
    assert_eq!(revoked.revoked_at, Some(at(10)));
    let seen = store.token(record.id).await.unwrap().unwrap();
    assert_eq!(seen, revoked);
    assert_eq!(seen.check(&bearer, at(11)), Err(NotGood::Revoked));
    let again = store.revoke_token(record.id, at(20)).await.unwrap();
    assert_eq!(again, Some(revoked));
    assert!(!store.put_token(&record).await.unwrap(), "it stays revoked");
}

/// Of many revocations at once one decides, and all of them say the same.
pub async fn revocations_at_once_agree(harness: &dyn Harness) {
    let world = World::of(harness).await;
    let store = &world.ports.store;
    let (_, record) = token(6, at(0), None);
    store.put_token(&record).await.unwrap();
    let revoke = |second| store.revoke_token(record.id, at(second));
    let (a, b, c) = tokio::join!(revoke(1), revoke(2), revoke(3));
    let said = [a, b, c].map(|said| said.unwrap().unwrap());
    let stored = store.token(record.id).await.unwrap().unwrap();
    assert!(stored.revoked_at.is_some());
    assert_eq!(said, [stored.clone(), stored.clone(), stored]);
}
