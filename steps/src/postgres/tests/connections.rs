//! How the server is reached, and what is said when it is not.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::Landed;
use crate::http::{private_tls, provider};

#[tokio::test]
async fn who_does_not_answer_is_asked_again() {
    let mut world = World::new();
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    world.server.address = format!("postgres://me@{closed}/postgres").parse().unwrap();
    let error = world.make(None).await.unwrap_err();
    let expected = Landed::No;
    assert!(
        matches!(&error, StepError::Transient { landed, .. } if *landed == expected),
        "{error:?}"
    );
    assert!(error.to_string().contains(&closed.to_string()), "{error}");

    let mut world = World::new();
    world.server.password = Password::Text("guessed".to_owned());
    let error = world.make(None).await.unwrap_err();
    assert!(matches!(&error, StepError::Transient { .. }), "{error:?}");
    assert!(error.to_string().contains("database.url"), "{error}");
    assert!(!error.to_string().contains("guessed"), "{error}");

    // A password in a file is the one that is there now.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    world.server.password = Password::File(file.clone());
    let error = world.make(None).await.unwrap_err();
    assert!(
        error.to_string().starts_with("database.password_file"),
        "{error}"
    );
    std::fs::write(&file, format!("{}\n", Postgres::PASSWORD)).unwrap();
    world.make(None).await.unwrap();
    world.remove().await;
}

/// A server with TLS in front of the real one, as a managed one has. Its port, and its certificate.
async fn encrypted(port: u16) -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // The client asks whether there is TLS, in eight bytes, before anything else.
                let mut asked = [0; 8];
                client.read_exact(&mut asked).await.unwrap();
                client.write_all(b"S").await.unwrap();
                let Ok(mut client) = acceptor.accept(client).await else {
                    return;
                };
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (own, cert.pem())
}

#[tokio::test]
async fn a_server_elsewhere_shows_a_certificate_that_is_trusted() {
    let mut world = World::new();
    let (port, certificate) = encrypted(world.postgres.port()).await;
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.pem");
    std::fs::write(&good, certificate).unwrap();
    let other = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let wrong = folder.path().join("wrong.pem");
    std::fs::write(&wrong, other.cert.pem()).unwrap();

    world.server.address = format!("postgres://postgres@localhost:{port}/postgres")
        .parse()
        .unwrap();
    world.server.transport = Transport::Tls(Box::new(private_tls(&wrong).unwrap()));
    let error = world.make(None).await.unwrap_err();
    assert!(matches!(&error, StepError::Transient { .. }), "{error:?}");
    assert!(error.to_string().contains("certificate"), "{error}");
    world.server.transport = Transport::Tls(Box::new(private_tls(&good).unwrap()));
    world.make(None).await.unwrap();
    assert!(world.url().await.ends_with("?sslmode=require"));
    // In the clear to a server that wants none of it.
    world.server.transport = Transport::Plain;
    assert!(world.make(None).await.is_err());
    world.server.transport = Transport::Tls(Box::new(private_tls(&good).unwrap()));
    world.remove().await;
}
