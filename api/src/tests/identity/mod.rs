//! Who may call, over real HTTP: every rule, each with what it must refuse.

mod costs;
mod history;
mod limits;
mod oidc;
mod ownership;
mod rotation;
mod secrecy;
mod sessions;
mod tokens;
mod visitors;
mod walk;

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{Method, header};
use serde_json::{Value, json};
use tempus_model::{Token, TokenId};

use super::server::{Answer, Server};
use crate::{Identity, OidcPace, Rate, Rule};

/// The administrator's token whose hash is configured.
fn root() -> Token {
    Token::new(TokenId::new([0xaa; 8]), [0xbb; 32])
}

/// What is believed: one administrator's token, and these rules.
fn believing(rules: Vec<Rule>) -> Identity {
    Identity {
        admin: Some(root().hash()),
        rules,
        rate: Rate {
            burst: NonZeroU32::new(1000).unwrap(),
            every: Duration::from_millis(1),
        },
        failures: Rate {
            burst: NonZeroU32::new(1000).unwrap(),
            every: Duration::from_millis(1),
        },
        pace: OidcPace::default(),
    }
}

/// A server that believes one administrator's token, and those that are made with it.
async fn guarded() -> Server {
    Server::with_identity(believing(Vec::new())).await
}

/// Somebody with a token.
struct As<'s> {
    server: &'s Server,
    token: String,
}

impl<'s> As<'s> {
    fn root(server: &'s Server) -> Self {
        Self::bearing(server, root().expose())
    }

    fn bearing(server: &'s Server, token: &str) -> Self {
        let token = token.to_owned();
        Self { server, token }
    }

    /// Whoever has a new token of this scope and owner.
    async fn new(server: &'s Server, scope: &str, owner: &str) -> Self {
        let (_, token) = Self::root(server).token(scope, owner, "1h").await;
        Self::bearing(server, &token)
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.server.request(method, path);
        let bearer = format!("Bearer {}", self.token);
        let request = request.header(header::AUTHORIZATION, bearer);
        let request = body.iter().fold(request, reqwest::RequestBuilder::json);
        self.server.send(request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Makes a token, and gives its id and its text.
    async fn token(&self, scope: &str, owner: &str, expires_in: &str) -> (String, String) {
        let asked = json!({
            "name": "a test", "scope": scope, "owner": owner, "expires_in": expires_in,
        });
        let answer = self.post("/tokens", asked).await;
        assert_eq!(answer.status, 201, "{}", answer.json());
        let made = answer.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&made["record"]["id"]), text(&made["token"]))
    }

    /// Makes a preview, and gives its id and its job's.
    async fn created(&self, body: Value) -> (String, String) {
        let answer = self.post("/preview/create", body).await;
        assert_eq!(answer.status, 202, "{}", answer.json());
        let id = |field: &str| answer.json()[field].as_str().unwrap().to_owned();
        (id("preview_id"), id("job_id"))
    }

    /// The names of the previews that are listed.
    async fn listed(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("/previews{query}")).await;
        assert_eq!(page.status, 200, "{}", page.json());
        let page = page.json();
        let previews = page["previews"].as_array().unwrap().iter();
        let mut names: Vec<_> = previews
            .map(|preview| preview["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }
}

/// The kind of a problem document, without what all of them begin with.
fn kind(answer: &Answer) -> String {
    let problem = answer.json();
    let kind = problem["type"].as_str().unwrap();
    kind.trim_start_matches("urn:tempus:problem:").to_owned()
}
