//! Tunnels: web sockets and other changes of protocol.

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async, client_async};

use super::*;

/// Sends every WebSocket message back. Ends with its connections.
async fn echo() -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let mut sockets = tokio::task::JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            sockets.spawn(async move {
                let mut socket = accept_async(stream).await.unwrap();
                while let Some(Ok(message)) = socket.next().await {
                    if !message.is_close() {
                        socket.send(message).await.unwrap();
                    }
                }
            });
        }
    });
    (port, server)
}

async fn open(proxy: &Proxy, url: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(proxy.addr).await.unwrap();
    Ok(client_async(url, stream).await?.0)
}

#[tokio::test]
async fn a_protected_web_socket_needs_a_session() {
    within(async {
        let ((port, _server), proxy) = (echo().await, Proxy::start().await);
        let hash = proxy.gate.hash("correct horse".into(), "me\0demo").await;
        proxy.protect(&[("/", port)], Access::Password(hash.unwrap()));
        let refused = open(&proxy, "ws://demo.localhost/chat").await.unwrap_err();
        assert!(
            matches!(&refused, Error::Http(response) if response.status() == 401),
            "{refused:?}"
        );
        let form = proxy.request("/.tempus/unlock").method("POST");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let word = Full::new(Bytes::from_static(b"password=correct+horse"));
        let on = proxy.send_body(form, word).await;
        let session = on.headers()["set-cookie"].to_str().unwrap();
        let session = session.split(';').next().unwrap();
        let mut request = "ws://demo.localhost/chat".into_client_request().unwrap();
        request
            .headers_mut()
            .insert("cookie", session.parse().unwrap());
        let stream = TcpStream::connect(proxy.addr).await.unwrap();
        let (mut socket, _) = client_async(request, stream).await.unwrap();
        socket.send(Message::text("hello")).await.unwrap();
        assert_eq!(
            socket.next().await.unwrap().unwrap(),
            Message::text("hello")
        );
    })
    .await;
}

#[tokio::test]
async fn a_web_socket_echoes_in_both_modes() {
    within(async {
        let ((port, _server), proxy) = (echo().await, Proxy::start().await);
        proxy.route(&[("/", port)]);
        for url in [
            "ws://demo.localhost/chat".to_owned(),
            format!("ws://localhost/preview-{SHORT}/chat"),
        ] {
            let mut socket = open(&proxy, &url).await.unwrap();
            for size in [5, 200_000] {
                let message = Message::binary(vec![1_u8; size]);
                socket.send(message.clone()).await.unwrap();
                assert_eq!(socket.next().await.unwrap().unwrap(), message);
            }
            assert_eq!(proxy.routes.activity(&demo()).unwrap().in_flight, 1);
            socket.close(None).await.unwrap();
            while socket.next().await.is_some() {}
            drop(socket);
            until(|| proxy.routes.activity(&demo()).unwrap().in_flight == 0).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_web_socket_ends_with_its_application() {
    within(async {
        let ((port, server), proxy) = (echo().await, Proxy::start().await);
        proxy.route(&[("/", port)]);
        let mut socket = open(&proxy, "ws://demo.localhost/").await.unwrap();
        server.abort();
        assert!(!matches!(socket.next().await, Some(Ok(_))));
    })
    .await;
}

#[tokio::test]
async fn a_web_socket_to_no_live_route_gets_the_status() {
    within(async {
        let proxy = Proxy::start().await;
        proxy.standing(
            "demo",
            Standing::Starting {
                phase: "building".into(),
                detail: None,
            },
        );
        let refused = open(&proxy, "ws://demo.localhost/").await.unwrap_err();
        let Error::Http(response) = refused else {
            panic!("{refused}");
        };
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["x-tempus"], "starting");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    })
    .await;
}

#[tokio::test]
async fn an_application_may_decline_to_upgrade() {
    within(async {
        let (proxy, app) = (Proxy::start().await, App::named("plain").await);
        proxy.route(&[("/", app.port)]);
        let refused = open(&proxy, "ws://demo.localhost/").await.unwrap_err();
        assert!(matches!(refused, Error::Http(response) if response.status() == 200));
    })
    .await;
}

/// A service that answers every connection with fixed bytes and then echoes.
async fn fixed(answer: &'static str) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    (port, server)
}

#[tokio::test]
async fn any_protocol_that_was_offered_gets_a_tunnel() {
    const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\n\
                          Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    within(async {
        let ((port, _server), proxy) = (fixed(SWITCH).await, Proxy::start().await);
        proxy.route(&[("/", port)]);
        let ask = |offer: &str| {
            format!(
                "POST / HTTP/1.1\r\nHost: demo.localhost\r\n\
                 Connection: Upgrade\r\nUpgrade: {offer}\r\n\r\n"
            )
        };

        let mut client = TcpStream::connect(proxy.addr).await.unwrap();
        client.write_all(ask("tcp").as_bytes()).await.unwrap();
        let mut head = vec![0; 4096];
        let length = client.read(&mut head).await.unwrap();
        let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        assert!(head.contains("upgrade: tcp\r\n"), "{head}");
        client.write_all(b"raw").await.unwrap();
        client.shutdown().await.unwrap();
        let mut echoed = String::new();
        client.read_to_string(&mut echoed).await.unwrap();
        assert_eq!(echoed, "raw");

        // The same answer to another offer is not what was agreed on.
        let mut client = TcpStream::connect(proxy.addr).await.unwrap();
        client.write_all(ask("websocket").as_bytes()).await.unwrap();
        let mut status = [0; 12];
        client.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 502");
    })
    .await;
}
