//! A wire between a client and an emulator on which requests get lost, answers get lost, and
//! somebody else answers. Every call of every service passes here, so a test can count them, pick
//! one, and say what becomes of it.
//!
//! Plain HTTP/1.1 with a length on every message, which is what the AWS SDK and the emulators
//! speak on the loopback interface.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A request on its way.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is asked for: `DynamoDB_20120810.PutItem` where the protocol names it, else method and
    /// path, as in `POST /schedules/one`.
    pub call: String,
    /// The body.
    pub body: Vec<u8>,
    whole: Vec<u8>,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and its answer comes back.
    Passes,
    /// It never arrives; the connection ends.
    IsLost,
    /// It arrives and has its effect; the connection ends before the answer comes back.
    LosesItsAnswer,
    /// It never arrives; this comes back.
    IsAnswered {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
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

type Judge = dyn Fn(&Request) -> Fate + Send + Sync;

/// A wire, for as long as it is held.
pub struct Wire {
    endpoint: String,
    task: AbortHandle,
}

impl Wire {
    /// A wire to this endpoint. `judge` sees every request, in the order in which they come.
    pub async fn to(
        endpoint: &str,
        judge: impl Fn(&Request) -> Fate + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let here = listener.local_addr()?;
        let there = endpoint.trim_start_matches("http://").to_owned();
        let judge: Arc<Judge> = Arc::new(judge);
        let accept = async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, there.clone(), Arc::clone(&judge)));
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

/// Carries one connection's requests, one after the other, until one of them ends it.
async fn serve(mut client: TcpStream, there: String, judge: Arc<Judge>) -> io::Result<()> {
    while let Some(whole) = message(&mut client).await? {
        let request = Request::read(whole);
        match judge(&request) {
            Fate::IsLost => return Ok(()),
            Fate::IsAnswered { status, body } => {
                let head = format!(
                    "HTTP/1.1 {status} Injected\r\ncontent-type: application/x-amz-json-1.0\r\n\
                     content-length: {}\r\n\r\n",
                    body.len()
                );
                client.write_all(head.as_bytes()).await?;
                client.write_all(body.as_bytes()).await?;
            }
            fate => {
                let mut server = TcpStream::connect(&there).await?;
                server.write_all(&request.whole).await?;
                let answer = message(&mut server).await?.unwrap_or_default();
                if fate == Fate::LosesItsAnswer {
                    return Ok(());
                }
                client.write_all(&answer).await?;
            }
        }
    }
    Ok(())
}

/// One message, head and body; `None` at the end of the connection.
async fn message(from: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut read = Vec::new();
    let end_of_head = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if from.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&read[..end_of_head]).into_owned();
    let length = header(&head, "content-length").and_then(|digits| digits.parse().ok());
    let whole = end_of_head + length.unwrap_or(0_usize);
    while read.len() < whole {
        if from.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Some(read))
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let named = |line: &'h str| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    };
    head.lines().find_map(named)
}

impl Request {
    fn read(whole: Vec<u8>) -> Self {
        let end = whole.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.map_or(whole.len(), |end| end + 4);
        let head = String::from_utf8_lossy(&whole[..end]).into_owned();
        let first = head.lines().next().unwrap_or_default();
        let asked = first
            .rsplit_once(' ')
            .map_or(first, |(asked, _version)| asked);
        Self {
            call: header(&head, "x-amz-target").unwrap_or(asked).to_owned(),
            body: whole[end..].to_vec(),
            whole,
        }
    }
}
