//! Identity tokens: whom they let in, and what must not.

use ring::hmac;
use serde_json::{Value, json};
use tempus_model::Scope;

use super::{As, believing};
use crate::testing::{Issuer, Key, encoded, message};
use crate::tests::server::Server;

struct World {
    issuer: Issuer,
    server: Server,
    key: Key,
}

impl World {
    /// `acme`'s main branches are administrators, its other workflows deploy.
    async fn new() -> Self {
        let key = Key::rsa("rsa");
        let issuer = Issuer::start(&[&key]).await;
        let main = [("repository", "acme/*"), ("ref", "refs/heads/main")];
        let rules = vec![
            issuer.rule(&main, Scope::Admin),
            issuer.rule(&[("repository", "acme/*")], Scope::Deployer),
        ];
        let server = Server::with_identity(believing(rules)).await;
        Self {
            issuer,
            server,
            key,
        }
    }

    async fn whoami(&self, token: &str) -> (u16, Value) {
        let answer = As::bearing(&self.server, token).get("/whoami").await;
        (answer.status, answer.json())
    }

    /// Whether a token with these claims gets in, signed as it should be.
    async fn with(&self, others: &Value) -> (u16, Value) {
        let claims = self.issuer.claims_but(others);
        self.whoami(&self.key.sign(&claims)).await
    }
}

#[tokio::test]
async fn a_workflow_is_its_repository() {
    let world = World::new().await;
    let (status, me) = world.with(&json!({})).await;
    assert_eq!(status, 200, "{me}");
    assert_eq!(me["kind"], "oidc");
    assert_eq!(
        me["name"],
        "oidc repo:acme/shop:ref:refs/heads/main by octocat"
    );
    assert_eq!(me["scope"], "admin", "the first rule that fits");
    assert_eq!(me["owner"]["login"], "acme/shop");
    let place = world.issuer.url().trim_start_matches("http://");
    assert_eq!(me["owner"]["id"], format!("{place}/42"));
    assert!(me["expires_at"].is_string());
    for pull in [7, 8] {
        let pull = json!({"ref": format!("refs/pull/{pull}/merge"), "event_name": "pull_request"});
        assert_eq!(world.with(&pull).await.1["scope"], "deployer");
    }
    let several = json!({"aud": ["other", "tempus"]});
    assert_eq!(world.with(&several).await.0, 200);
    // In its grace.
    let now = jsonwebtoken::get_current_timestamp();
    for close in [json!({"exp": now - 5}), json!({"nbf": now + 5})] {
        assert_eq!(world.with(&close).await.0, 200, "{close}");
    }
}

/// What one workflow of a repository has made, the others manage; other repositories do not.
#[tokio::test]
async fn the_workflows_of_a_repository_have_the_same_previews() {
    let world = World::new().await;
    let token = |others: &Value| world.key.sign(&world.issuer.claims_but(others));
    let pull = token(&json!({"ref": "refs/pull/7/merge", "sub": "repo:acme/shop:pull_request"}));
    let push = token(&json!({"ref": "refs/heads/next", "actor": "hubot"}));
    let renamed = token(&json!({"ref": "refs/heads/next", "repository": "acme/store"}));
    let other = token(
        &json!({"ref": "refs/heads/main2", "repository": "acme/blog", "repository_id": "43"}),
    );
    let [pull, push, renamed, other] =
        [pull, push, renamed, other].map(|token| As::bearing(&world.server, &token));
    let (preview, _) = pull.created(json!({"name": "pr-7"})).await;
    for same in [&push, &renamed] {
        assert_eq!(same.get(&format!("/preview/{preview}")).await.status, 200);
        assert_eq!(same.listed("").await, ["pr-7"]);
    }
    assert_eq!(other.get(&format!("/preview/{preview}")).await.status, 404);
    assert_eq!(other.listed("").await, [""; 0]);
    let refused = other
        .post("/preview/create", json!({"owner": "acme/shop"}))
        .await;
    assert_eq!(
        (refused.status, refused.fields()),
        (403, vec!["owner".to_owned()])
    );
    assert_eq!(
        push.delete(&format!("/preview/{preview}")).await.status,
        202
    );
}

#[tokio::test]
async fn what_no_rule_lets_in_is_refused() {
    let world = World::new().await;
    let now = jsonwebtoken::get_current_timestamp();
    for wrong in [
        json!({"repository": "acme-evil/shop"}),
        json!({"repository": "evil/acme/shop"}),
        json!({"repository": "ACME/shop"}),
        json!({"repository": null}),
        json!({"repository": ["acme/shop"]}),
        json!({"event_name": "pull_request_target"}),
        json!({"event_name": "issue_comment", "ref": "refs/heads/next"}),
        json!({"aud": "other"}),
        json!({"aud": "https://github.com/acme"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"iss": "https://ci.example"}),
        json!({"iss": format!("{}/", world.issuer.url())}),
        json!({"iss": [world.issuer.url()]}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"exp": now - 60}),
        json!({"exp": null}),
        json!({"exp": "tomorrow"}),
        json!({"nbf": now + 120}),
    ] {
        let (status, problem) = world.with(&wrong).await;
        assert_eq!(status, 401, "{wrong} {problem}");
        assert_eq!(problem["type"], "urn:tempus:problem:unauthenticated");
    }
    assert_eq!(world.with(&json!({})).await.0, 200);
}

/// Which algorithm is used says the key. A token that says otherwise is nobody's.
#[tokio::test]
async fn a_token_does_not_choose_how_it_is_verified() {
    let world = World::new().await;
    let (claims, key) = (world.issuer.claims(), &world.key);
    let public = key.listed();
    let header = |alg: &str| json!({"typ": "JWT", "alg": alg, "kid": "rsa"});
    // The public key, as somebody might take it for a shared secret.
    let Key::Rsa(_, pair) = key else {
        unreachable!()
    };
    let whole = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
    let pair: &[u8] = ring::signature::KeyPair::public_key(pair).as_ref();
    for secret in [
        &*whole.n,
        pair,
        public.to_string().as_bytes(),
        public["n"].as_str().unwrap().as_bytes(),
        b"",
    ] {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let message = message(&header("HS256"), &claims);
        let signature = hmac::sign(&secret, message.as_bytes());
        let token = format!("{message}.{}", encoded(signature.as_ref()));
        assert_eq!(world.whoami(&token).await.0, 401);
    }
    for algorithm in ["none", "None", "NONE", ""] {
        let message = message(&header(algorithm), &claims);
        assert_eq!(
            world.whoami(&format!("{message}.")).await.0,
            401,
            "{algorithm}"
        );
        assert_eq!(
            world
                .whoami(&key.sign_with(&header(algorithm), &claims))
                .await
                .0,
            401
        );
    }
    for algorithm in ["RS384", "RS512", "PS256", "ES256", "HS256", "EdDSA"] {
        let token = key.sign_with(&header(algorithm), &claims);
        assert_eq!(world.whoami(&token).await.0, 401, "{algorithm}");
    }
}

#[tokio::test]
async fn only_the_issuers_own_keys_are_believed() {
    let world = World::new().await;
    let (claims, key) = (world.issuer.claims(), &world.key);
    let good = key.sign(&claims);
    assert_eq!(world.whoami(&good).await.0, 200);
    // Another's key under the name of the issuer's, or brought along in the header.
    let forger = Key::ec("rsa");
    assert_eq!(world.whoami(&forger.sign(&claims)).await.0, 401);
    let places = [
        json!({"alg": "ES256", "kid": "rsa", "jwk": forger.listed()}),
        json!({"alg": "ES256", "kid": "x", "jku": format!("{}/keys", world.issuer.url())}),
        json!({"alg": "ES256", "jwk": forger.listed()}),
    ];
    for header in places {
        let token = forger.sign_with(&header, &claims);
        assert_eq!(world.whoami(&token).await.0, 401, "{header}");
    }
    // What must be understood and is not; no name; a name of no key.
    for header in [
        json!({"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": false}),
        json!({"alg": "RS256"}),
        json!({"alg": "RS256", "kid": "other"}),
    ] {
        let token = key.sign_with(&header, &claims);
        assert_eq!(world.whoami(&token).await.0, 401, "{header}");
    }
    // Claims exchanged, or the signature changed.
    let (head, _) = good.split_once('.').unwrap();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let richer = world
        .issuer
        .claims_but(&json!({"repository": "acme/other"}));
    let richer = encoded(richer.to_string().as_bytes());
    for token in [
        format!("{head}.{richer}.{signature}"),
        format!("{signed}.{}", encoded(&[0; 256])),
        format!("{signed}."),
        format!("{signed}.{signature}="),
        format!(".{signed}"),
        "..".to_owned(),
    ] {
        assert_eq!(world.whoami(&token).await.0, 401, "{token}");
    }
}

/// A key of one issuer signs nothing for another, nor with another one's rules.
#[tokio::test]
async fn issuers_are_kept_apart() {
    let (ours, theirs) = (Key::ec("k"), Key::ec("k"));
    let (a, b) = (
        Issuer::start(&[&ours]).await,
        Issuer::start(&[&theirs]).await,
    );
    let rules = vec![
        a.rule(&[("repository", "acme/*")], Scope::Admin),
        b.rule(&[("repository", "beta/*")], Scope::Viewer),
    ];
    let server = Server::with_identity(believing(rules)).await;
    let whoami = async |token: String| {
        let answer = As::bearing(&server, &token).get("/whoami").await;
        (answer.status, answer.json())
    };
    assert_eq!(whoami(ours.sign(&a.claims())).await.1["scope"], "admin");
    assert_eq!(whoami(theirs.sign(&a.claims())).await.0, 401);
    assert_eq!(
        whoami(theirs.sign(&b.claims())).await.0,
        401,
        "acme is not b's to speak for"
    );
    let beta = b.claims_but(&json!({"repository": "beta/x"}));
    let (status, me) = whoami(theirs.sign(&beta)).await;
    assert_eq!((status, &me["scope"]), (200, &json!("viewer")));
    // The same number of another issuer is another repository.
    let of_a = whoami(ours.sign(&a.claims())).await.1;
    assert_ne!(of_a["owner"]["id"], me["owner"]["id"]);
}
