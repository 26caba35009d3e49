//! Streams of lines: log lines, and the data of server-sent events.

use std::pin::Pin;

use futures::{Stream, StreamExt};
use reqwest::Url;
use serde::de::DeserializeOwned;

use super::ClientError;
use super::http::unreachable;

type Bytes = Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>> + Send>>;

/// JSON values, one a line.
///
/// Both of the server's streams are read by the same few rules: a line of newline-delimited JSON
/// is a value; of an event stream, so is each `data:` line (the server writes JSON on one line),
/// and comments and other fields are passed over.
pub struct Lines {
    bytes: Bytes,
    buffer: Vec<u8>,
    base: Url,
}

impl Lines {
    /// The longest line; a server that sends more is none of ours.
    const LONGEST: usize = 4 * 1024 * 1024;

    pub(super) fn new<B: Into<Vec<u8>> + 'static>(
        bytes: impl Stream<Item = reqwest::Result<B>> + Send + 'static,
        base: Url,
    ) -> Self {
        Self {
            bytes: Box::pin(bytes.map(|chunk| chunk.map(Into::into))),
            buffer: Vec::new(),
            base,
        }
    }

    /// The next value; `None` at the stream's end. May be dropped and called again: what has
    /// arrived stays in the buffer.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<(T, String)>, ClientError> {
        loop {
            while let Some(line) = self.take_line() {
                if let Some(value) = read(&line)? {
                    return Ok(Some(value));
                }
            }
            if self.buffer.len() > Self::LONGEST {
                return Err(ClientError::NotUnderstood("an endless line".to_owned()));
            }
            match self.bytes.next().await {
                Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
                Some(Err(error)) => return Err(unreachable(&self.base, &error)),
                None if self.buffer.is_empty() => return Ok(None),
                // The last line may lack its end.
                None => self.buffer.push(b'\n'),
            }
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let end = self.buffer.iter().position(|&byte| byte == b'\n')?;
        let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
        while line
            .last()
            .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
        {
            line.pop();
        }
        Some(line)
    }
}

fn read<T: DeserializeOwned>(line: &[u8]) -> Result<Option<(T, String)>, ClientError> {
    let text = String::from_utf8_lossy(line);
    let json = match text.strip_prefix("data:") {
        Some(data) => data.trim_start(),
        None if text.starts_with('{') => &text,
        None => return Ok(None),
    };
    if !json.starts_with('{') {
        return Ok(None);
    }
    serde_json::from_str(json)
        .map(|value| Some((value, json.to_owned())))
        .map_err(|error| ClientError::NotUnderstood(error.to_string()))
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use serde_json::{Value, json};

    use super::*;

    async fn values(chunks: &[&'static str]) -> Vec<Value> {
        let chunks: Vec<_> = chunks.iter().map(|c| Ok(c.as_bytes().to_vec())).collect();
        let base = Url::parse("http://127.0.0.1/").unwrap();
        let mut lines = Lines::new(stream::iter(chunks), base);
        let mut values = Vec::new();
        while let Some((value, _)) = lines.next().await.unwrap() {
            values.push(value);
        }
        values
    }

    #[tokio::test]
    async fn lines_are_put_together_from_whatever_arrives() {
        let seen = values(&["{\"a\":", "1}\r\n{\"a\"", ":2}\n\n", "{\"a\":3}"]).await;
        assert_eq!(seen, [json!({"a": 1}), json!({"a": 2}), json!({"a": 3})]);
    }

    #[tokio::test]
    async fn events_are_read_by_their_data() {
        let seen = values(&[
            ": hello\n\nevent: job\nid: 1\ndata: {\"a\":1}\n\n:\nretry: 5\ndata:{\"a\":2}\n\n",
            "event: end\ndata: \n\n",
        ])
        .await;
        assert_eq!(seen, [json!({"a": 1}), json!({"a": 2})]);
    }
}
