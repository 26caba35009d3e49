//! The API over TLS, as clients meet it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use tempus_steps::http;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::server::Server;
use crate::testing::Authority;
use crate::{Socket, Tls};

struct Secure {
    server: Server,
    authority: Authority,
    folder: tempfile::TempDir,
}

impl Secure {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path());
        let (certificate, key) = authority.sign(&["localhost", "127.0.0.1", "api.example"]);
        let tls = Tls::load(certificate, key).unwrap();
        let tls = tls.looking_every(Duration::from_millis(20));
        let socket = |listener| Socket::encrypted(listener, tls);
        let server = Server::with(
            |queue| queue,
            socket,
            |config| config.hosts.names = vec!["api.example".to_owned()],
        );
        Self {
            server: server.await,
            authority,
            folder,
        }
    }

    /// A client that trusts the authority.
    fn client(&self) -> reqwest::Client {
        let client = http::private(&self.authority.file()).unwrap().no_proxy();
        let here = ([127, 0, 0, 1], self.server.port).into();
        client.resolve("api.example", here).build().unwrap()
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.server.port)
    }

    /// A connection after its handshake, by a client that speaks these versions.
    async fn connect(
        &self,
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(self.authority.file()).unwrap();
        roots.add(authority).unwrap();
        let config = ClientConfig::builder_with_provider(http::provider())
            .with_protocol_versions(versions)
            .unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(("127.0.0.1", self.server.port)).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await
    }

    /// The certificate that a new connection is shown.
    async fn shown(&self) -> CertificateDer<'static> {
        leaf(&self.connect(&[&TLS13]).await.unwrap())
    }
}

fn leaf(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let chain = stream.get_ref().1.peer_certificates().unwrap();
    chain[0].clone()
}

/// Asks on a connection that stays open.
async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    let request = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "closed");
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn who_trusts_the_certificate_is_answered_by_names_of_the_server() {
    let secure = Secure::start().await;
    let client = secure.client();
    for (host, hsts) in [
        ("api.example", Some("max-age=31536000")),
        ("127.0.0.1", Some("max-age=31536000")),
        ("localhost", None),
    ] {
        let answer = client.get(secure.url(host, "/previews")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{host}");
        let header = answer.headers().get("strict-transport-security");
        assert_eq!(header.map(|value| value.to_str().unwrap()), hsts, "{host}");
    }
    let stranger = http::plain().no_proxy().build().unwrap();
    let refused = stranger.get(secure.url("localhost", "/health")).send().await;
    assert!(refused.unwrap_err().is_connect());
    let in_the_clear = secure.server.request(Method::GET, "/health").send().await;
    assert!(in_the_clear.is_err(), "{in_the_clear:?}");
    secure.server.stop().await;
}

#[tokio::test]
async fn both_versions_are_spoken_and_http_1_1_is_agreed_on() {
    let secure = Secure::start().await;
    for version in [&TLS12, &TLS13] {
        let mut stream = secure.connect(&[version]).await.unwrap();
        let alpn = stream.get_ref().1.alpn_protocol();
        assert_eq!(alpn, Some(&b"http/1.1"[..]));
        assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn handshakes_that_hang_or_fail_hold_nobody_up() {
    let secure = Secure::start().await;
    let addr = ("127.0.0.1", secure.server.port);
    let mut hanging = Vec::new();
    for number in 0..50 {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        match number % 3 {
            // The first byte of a handshake, and no more.
            0 => stream.write_all(&[0x16]).await.unwrap(),
            // No handshake at all.
            1 => stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap(),
            _ => {}
        }
        hanging.push(stream);
    }
    let asked = secure.client().get(secure.url("localhost", "/health")).send();
    let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
    assert_eq!(answer.unwrap().unwrap().status(), 200);
    // What is still shaking hands does not hold a shutdown up either.
    let took = secure.server.stop().await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_new_certificate_is_taken_up_while_old_connections_go_on() {
    let secure = Secure::start().await;
    let mut open = secure.connect(&[&TLS13]).await.unwrap();
    let old = leaf(&open);
    ask(&mut open).await;

    // Half a change: the pair does not fit, and the old one stays.
    let (certificate, key) = secure.authority.signed(&["localhost"]);
    std::fs::write(secure.folder.path().join("tls.key"), key).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(secure.shown().await, old);

    std::fs::write(secure.folder.path().join("tls.pem"), &certificate).unwrap();
    let new = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while secure.shown().await != new {
        assert!(Instant::now() < deadline, "the new certificate is not used");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(ask(&mut open).await.starts_with("HTTP/1.1 200"));
}
