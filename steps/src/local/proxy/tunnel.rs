//! After a 101: bytes in both directions.

use std::io;
use std::pin::pin;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::time::timeout;
use tracing::debug;

use super::activity::InFlight;

/// What the other direction gets to finish once one has ended: long enough for a closing
/// handshake, short enough that a peer that vanished leaves nothing behind.
const LINGER: Duration = Duration::from_secs(5);

/// Copies until either side ends. `request` keeps the preview counted as busy.
pub(super) async fn run(client: OnUpgrade, app: OnUpgrade, request: InFlight) {
    let sides = tokio::try_join!(client, app);
    let (client, app) = match sides {
        Ok(sides) => sides,
        Err(error) => {
            debug!(%error, "an upgraded connection broke before its tunnel was open");
            return;
        }
    };
    if let Err(error) = splice(TokioIo::new(client), TokioIo::new(app), LINGER).await {
        // Tabs are closed and processes restarted all day.
        debug!(%error, "a tunnel ended without a farewell");
    }
    drop(request);
}

/// A direction that ends is passed on as such, so that what is under way the other way arrives;
/// one that breaks ends both.
async fn splice<A, B>(a: A, b: B, linger: Duration) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (a_read, a_write) = split(a);
    let (b_read, b_write) = split(b);
    let mut there = pin!(one_way(a_read, b_write));
    let mut back = pin!(one_way(b_read, a_write));
    tokio::select! {
        ended = &mut there => {
            ended?;
            timeout(linger, back).await.unwrap_or(Ok(()))
        }
        ended = &mut back => {
            ended?;
            timeout(linger, there).await.unwrap_or(Ok(()))
        }
    }
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    copy(&mut from, &mut to).await?;
    to.shutdown().await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    #[tokio::test]
    async fn what_is_under_way_arrives_after_one_side_has_ended() {
        let (mut client, client_end) = duplex(64);
        let (mut app, app_end) = duplex(64);
        let tunnel = tokio::spawn(splice(client_end, app_end, Duration::from_secs(5)));
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut question = String::new();
        app.read_to_string(&mut question).await.unwrap();
        app.write_all(b"answer").await.unwrap();
        drop(app);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!((question.as_str(), answer.as_str()), ("question", "answer"));
        tunnel.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_side_that_never_ends_does_not_hold_the_tunnel() {
        let (client, client_end) = duplex(64);
        let (_app, app_end) = duplex(64);
        drop(client);
        let tunnel = splice(client_end, app_end, Duration::from_millis(20));
        timeout(Duration::from_secs(5), tunnel)
            .await
            .unwrap()
            .unwrap();
    }
}
