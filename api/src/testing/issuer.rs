//! An issuer of identity tokens on this machine: real keys, real HTTP, and whatever an issuer may
//! do wrong.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::Listener;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use tempus_model::Scope;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use super::Authority;
use crate::{Pattern, Rule};

/// Made for these tests and for nothing else: `ring` signs with RSA keys but makes none.
const RSA: &[u8] = include_bytes!("rsa.pk8");

/// A key that tokens are signed with.
#[allow(clippy::large_enum_variant, reason = "a test has two of them")]
pub enum Key {
    /// Used with RS256.
    Rsa(&'static str, RsaKeyPair),
    /// Used with ES256.
    Ec(&'static str, EcdsaKeyPair),
}

impl Key {
    /// The one that there is, as GitHub's are.
    pub fn rsa(kid: &'static str) -> Self {
        Self::Rsa(kid, RsaKeyPair::from_pkcs8(RSA).expect("a key"))
    }

    /// A new one.
    pub fn ec(kid: &'static str) -> Self {
        let (random, method) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(method, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(method, key.as_ref(), &random).expect("a key");
        Self::Ec(kid, key)
    }

    /// Its name.
    pub fn kid(&self) -> &'static str {
        match self {
            Self::Rsa(kid, _) | Self::Ec(kid, _) => kid,
        }
    }

    /// What it is used with.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(..) => "RS256",
            Self::Ec(..) => "ES256",
        }
    }

    /// The public half, as issuers list it.
    pub fn listed(&self) -> Value {
        let (kid, alg) = (self.kid(), self.algorithm());
        match self {
            Self::Rsa(_, key) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({
                    "kty": "RSA", "use": "sig", "kid": kid, "alg": alg,
                    "n": encoded(&public.n), "e": encoded(&public.e),
                })
            }
            Self::Ec(_, key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC", "use": "sig", "kid": kid, "alg": alg, "crv": "P-256",
                    "x": encoded(x), "y": encoded(y),
                })
            }
        }
    }

    /// A token with these claims and the usual header.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": self.algorithm(), "kid": self.kid()});
        self.sign_with(&header, claims)
    }

    /// A token with this header, whatever it says, signed as this key signs.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(_, key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    message.as_bytes(),
                    &mut signature,
                )
                .expect("a signature");
                signature
            }
            Self::Ec(_, key) => key
                .sign(&random, message.as_bytes())
                .expect("a signature")
                .as_ref()
                .to_vec(),
        };
        format!("{message}.{}", encoded(&signature))
    }
}

/// As tokens spell bytes.
pub fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// What is signed of a token.
pub fn message(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| encoded(part.to_string().as_bytes()));
    format!("{header}.{claims}")
}

/// How an issuer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Well,
    /// With a 500.
    Broken,
    /// With a page.
    Page,
    /// With a redirect to an issuer that answers well.
    Elsewhere,
    /// With more than anybody would read.
    TooLong,
    /// As somebody else.
    Impostor,
    /// With keys that are fetched where anybody could change them.
    OpenKeys,
    /// Without a key that is of use.
    NoKeys,
}

impl Manner {
    /// All but the good one.
    pub const BAD: [Self; 7] = [
        Self::Broken,
        Self::Page,
        Self::Elsewhere,
        Self::TooLong,
        Self::Impostor,
        Self::OpenKeys,
        Self::NoKeys,
    ];
}

struct Said {
    url: String,
    keys: Mutex<Vec<Value>>,
    manner: Mutex<Manner>,
    asked: AtomicUsize,
}

/// An issuer.
pub struct Issuer {
    said: Arc<Said>,
    serving: JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Issuer {
    /// One that lists these keys, in the clear.
    pub async fn start(keys: &[&Key]) -> Self {
        let (listener, port) = listen().await;
        let issuer = Self::serve(listener, format!("http://127.0.0.1:{port}"));
        issuer.lists(keys);
        issuer
    }

    /// One that lists these keys by HTTPS, with a certificate of this authority.
    pub async fn start_secure(keys: &[&Key], authority: &Authority) -> Self {
        let (listener, port) = listen().await;
        let (certificate, key) = authority.signed(&["localhost"]);
        let chain =
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a pair");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let secure = Secure { listener, acceptor };
        let issuer = Self::serve(secure, format!("https://localhost:{port}"));
        issuer.lists(keys);
        issuer
    }

    fn serve(listener: impl Listener<Addr: Debug>, url: String) -> Self {
        let said = Arc::new(Said {
            url,
            keys: Mutex::default(),
            manner: Mutex::new(Manner::Well),
            asked: AtomicUsize::new(0),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(about))
            .route("/keys", get(list))
            .with_state(Arc::clone(&said));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { said, serving }
    }

    /// Its name and its address.
    pub fn url(&self) -> &str {
        &self.said.url
    }

    /// Lists these keys from now on.
    pub fn lists(&self, keys: &[&Key]) {
        *self
            .said
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner) =
            keys.iter().map(|key| key.listed()).collect();
    }

    /// Answers so from now on.
    pub fn answers(&self, manner: Manner) {
        *self
            .said
            .manner
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// How often it was asked who it is.
    pub fn asked(&self) -> usize {
        self.said.asked.load(Ordering::SeqCst)
    }

    /// A rule about its tokens.
    pub fn rule(&self, claims: &[(&str, &str)], scope: Scope) -> Rule {
        let claims = claims.iter();
        Rule {
            issuer: self.url().to_owned(),
            audience: "tempus".to_owned(),
            claims: claims
                .map(|(name, text)| ((*name).to_owned(), Pattern::new(*text)))
                .collect::<BTreeMap<_, _>>(),
            scope,
        }
    }

    /// What it says of a workflow on the main branch of `acme/shop`.
    pub fn claims(&self) -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        json!({
            "iss": self.url(), "aud": "tempus", "sub": "repo:acme/shop:ref:refs/heads/main",
            "repository": "acme/shop", "repository_id": "42", "repository_owner": "acme",
            "ref": "refs/heads/main", "event_name": "push", "actor": "octocat",
            "iat": now, "nbf": now - 5, "exp": now + 300,
        })
    }

    /// The same, but for these claims; `null` leaves one out.
    pub fn claims_but(&self, others: &Value) -> Value {
        let mut claims = self.claims();
        let fields = claims.as_object_mut().expect("claims");
        for (name, value) in others.as_object().expect("claims") {
            match value {
                Value::Null => drop(fields.remove(name)),
                value => drop(fields.insert(name.clone(), value.clone())),
            }
        }
        claims
    }
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let port = listener.local_addr().expect("its own address").port();
    (listener, port)
}

/// Connections whose client trusts the certificate.
struct Secure {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, addr) = Listener::accept(&mut self.listener).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, addr);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

async fn about(State(said): State<Arc<Said>>) -> Response {
    said.asked.fetch_add(1, Ordering::SeqCst);
    let url = &said.url;
    let manner = *said.manner.lock().unwrap_or_else(PoisonError::into_inner);
    let well = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
    match manner {
        Manner::Well | Manner::NoKeys => axum::Json(well).into_response(),
        Manner::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Manner::Page => "<html>".into_response(),
        Manner::Elsewhere => {
            let place = [(header::LOCATION, format!("{url}/keys"))];
            (StatusCode::FOUND, place, axum::Json(well)).into_response()
        }
        Manner::TooLong => {
            let mut long = well;
            long["more"] = "x".repeat(1 << 20).into();
            axum::Json(long).into_response()
        }
        Manner::Impostor => {
            let other = json!({"issuer": "https://ci.example", "jwks_uri": format!("{url}/keys")});
            axum::Json(other).into_response()
        }
        Manner::OpenKeys => {
            let keys = url.replace("127.0.0.1", "127.0.0.2");
            axum::Json(json!({"issuer": url, "jwks_uri": format!("{keys}/keys")})).into_response()
        }
    }
}

async fn list(State(said): State<Arc<Said>>) -> Response {
    let keys = match *said.manner.lock().unwrap_or_else(PoisonError::into_inner) {
        Manner::NoKeys => vec![
            json!({"kty": "oct", "kid": "rsa", "k": "AAAA"}),
            json!({"kty": "?"}),
        ],
        _ => said
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone(),
    };
    axum::Json(json!({"keys": keys})).into_response()
}
