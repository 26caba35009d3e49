//! One message of HTTP/1.1, head and body, as bytes.

use std::io;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// One message; `None` at the end of the connection.
pub(super) async fn read(from: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut read = Vec::new();
    let end_of_head = loop {
        if let Some(end) = end_of_head(&read) {
            break end;
        }
        if from.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&read[..end_of_head]).into_owned();
    let chunked = header(&head, "transfer-encoding").is_some_and(|how| how == "chunked");
    let length = header(&head, "content-length").and_then(|digits| digits.parse().ok());
    let whole = end_of_head + length.unwrap_or(0_usize);
    let is_whole = |read: &[u8]| {
        if chunked {
            read.ends_with(b"0\r\n\r\n")
        } else {
            read.len() >= whole
        }
    };
    while !is_whole(&read) {
        if from.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Some(read))
}

/// Waits until the other side hangs up, or says something out of turn.
pub(super) async fn is_closed(connection: &TcpStream) {
    let _ = connection.peek(&mut [0]).await;
}

/// Where the body begins.
pub(super) fn end_of_head(message: &[u8]) -> Option<usize> {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n");
    end.map(|end| end + 4)
}

pub(super) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let named = |line: &'h str| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    };
    head.lines().find_map(named)
}
