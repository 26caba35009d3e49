//! A wire between a client and an emulator on which requests get lost, answers get lost, and
//! somebody else answers. Every call of every service passes here, whichever client sends it, so a
//! test can count them, pick one, and say what becomes of it.
//!
//! ```text
//!   client ──► Wire ── before: what becomes of it? ──► emulator
//!          ◄──      ── after: does the answer pass? ◄──
//! ```
//!
//! It stands at the HTTP boundary and not within the SDK: it sees what is signed by hand as well,
//! it is the same for a process of its own, and a client behind it is the one that is shipped.
//!
//! Plain HTTP/1.1, which is what the AWS SDK and the emulators speak on the loopback interface.

mod message;
mod refusal;
mod request;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use message::{is_closed, read};
pub use refusal::Refusal;
pub use request::{Protocol, Request};

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and its answer comes back.
    Passes,
    /// It never arrives; the connection ends.
    IsLost,
    /// It arrives and has its effect; the connection ends before the answer comes back.
    LosesItsAnswer,
    /// It never arrives; nothing comes back for as long as the client waits.
    IsNeverAnswered,
    /// It never arrives; this comes back.
    IsAnswered {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// It never arrives; the service says this, in the words of its protocol.
    IsRefused(Refusal),
}

impl Fate {
    /// An error as DynamoDB and SQS tell it.
    pub fn error(status: u16, code: &str) -> Self {
        Self::IsAnswered {
            status,
            body: format!(r#"{{"__type":"com.amazonaws#{code}","message":"injected"}}"#),
        }
    }
}

/// Decides. Both are asked in the order in which requests come, may take as long as they like,
/// and hold up nothing but that request.
#[async_trait]
pub trait Judge: Send + Sync {
    /// A request that has come and has not been passed on.
    async fn before(&self, request: &Request) -> Fate;

    /// An answer that has come and has not been passed on.
    async fn after(&self, request: &Request) -> Answer {
        let _ = request;
        Answer::Passes
    }
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It comes back.
    Passes,
    /// The connection ends instead.
    IsLost,
}

#[async_trait]
impl<J: Fn(&Request) -> Fate + Send + Sync> Judge for J {
    async fn before(&self, request: &Request) -> Fate {
        self(request)
    }
}

/// A wire, for as long as it is held.
pub struct Wire {
    endpoint: String,
    task: AbortHandle,
}

impl Wire {
    /// A wire to this endpoint.
    pub async fn to(endpoint: &str, judge: impl Judge + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let here = listener.local_addr()?;
        let line = Line {
            there: endpoint.trim_start_matches("http://").to_owned(),
            judge: Arc::new(judge),
            number: Arc::default(),
        };
        let accept = async move {
            while let Ok((client, _)) = listener.accept().await {
                let _ = client.set_nodelay(true);
                tokio::spawn(line.clone().serve(client));
            }
        };
        Ok(Self {
            endpoint: format!("http://{here}"),
            task: tokio::spawn(accept).abort_handle(),
        })
    }

    /// What to connect to instead.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the connections of a wire share.
#[derive(Clone)]
struct Line {
    there: String,
    judge: Arc<dyn Judge>,
    number: Arc<AtomicU64>,
}

impl Line {
    /// Carries one connection's requests, one after the other, until one of them ends it.
    async fn serve(self, mut client: TcpStream) -> io::Result<()> {
        let mut server = None;
        while let Some(whole) = read(&mut client).await? {
            let number = self.number.fetch_add(1, Ordering::Relaxed);
            let request = Request::of(number, whole);
            let fate = self.judge.before(&request).await;
            let said = match fate {
                Fate::IsLost => return Ok(()),
                Fate::IsNeverAnswered => {
                    is_closed(&client).await;
                    return Ok(());
                }
                Fate::IsAnswered { status, body } => refusal::answer(status, "", &body),
                Fate::IsRefused(refusal) => refusal.to(&request),
                Fate::Passes | Fate::LosesItsAnswer => {
                    let answer = self.pass_on(&request, &mut server, &client).await?;
                    let Some(answer) = answer else { return Ok(()) };
                    if self.judge.after(&request).await == Answer::IsLost
                        || fate == Fate::LosesItsAnswer
                    {
                        return Ok(());
                    }
                    answer
                }
            };
            client.write_all(&said).await?;
        }
        Ok(())
    }

    /// The emulator's answer; `None` if it hung up, or if the client did meanwhile. The connection
    /// is kept for the next request.
    async fn pass_on(
        &self,
        request: &Request,
        server: &mut Option<TcpStream>,
        client: &TcpStream,
    ) -> io::Result<Option<Vec<u8>>> {
        let mut kept = match server.take() {
            Some(kept) if is_open(&kept) => kept,
            _ => TcpStream::connect(&self.there).await?,
        };
        kept.set_nodelay(true)?;
        kept.write_all(request.whole()).await?;
        tokio::select! {
            answer = read(&mut kept) => {
                let answer = answer?;
                *server = Some(kept);
                Ok(answer)
            }
            // As at AWS, nobody waits any more for what a dead client asked for.
            () = is_closed(client) => Ok(None),
        }
    }
}

/// Whether a connection that nobody has used for a while can be used again.
fn is_open(connection: &TcpStream) -> bool {
    let said = connection.try_read(&mut [0]);
    said.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}
