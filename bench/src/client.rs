//! The load of W6: as many connections as it is told, each with one request after another, put together
//! and read by hand so that the client takes as little of the machine as it can.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::machine::count;
use crate::report::round;
use crate::sample::Sample;

/// Asks for previews, and then how their jobs stand.
pub async fn run(
    address: SocketAddr,
    connections: usize,
    how_long: Duration,
) -> anyhow::Result<Value> {
    let jobs = Arc::<Mutex<Vec<String>>>::default();
    let begun = Arc::clone(&jobs);
    let create = create(address);
    let mut created = ask(
        address,
        connections,
        how_long,
        202,
        move || create.clone(),
        {
            move |answer| {
                let location = header(answer, "location").context("there is no Location")?;
                let mut jobs = begun.lock().unwrap_or_else(PoisonError::into_inner);
                jobs.push(location.to_owned());
                Ok(())
            }
        },
    )
    .await?;
    let jobs = std::mem::take(&mut *jobs.lock().unwrap_or_else(PoisonError::into_inner));
    let next = AtomicUsize::new(0);
    let read = move || {
        // A stride, so that neighbours in time are not neighbours in the file.
        let number = next.fetch_add(7919, Ordering::Relaxed) % jobs.len();
        request("GET", &jobs[number], address, "")
    };
    let mut seen = ask(address, connections, how_long, 200, read, |_| Ok(())).await?;
    let per_second = |sample: &Sample| count(sample.len() as u64) / how_long.as_secs_f64();
    Ok(json!({
        "creates_per_s": round(per_second(&created), 0),
        "create_p50_ms": round(created.percentile_ms(0.5), 2),
        "create_p99_ms": round(created.percentile_ms(0.99), 2),
        "reads_per_s": round(per_second(&seen), 0),
        "read_p50_ms": round(seen.percentile_ms(0.5), 2),
        "read_p99_ms": round(seen.percentile_ms(0.99), 2),
    }))
}

fn create(address: SocketAddr) -> Vec<u8> {
    let body = json!({"ttl_hours": 2, "image": "registry.example.com/shop/web:4f2a91c"});
    request("POST", "/preview/create", address, &body.to_string())
}

fn request(method: &str, path: &str, address: SocketAddr, body: &str) -> Vec<u8> {
    let (port, length) = (address.port(), body.len());
    let json = match body {
        "" => "",
        _ => "content-type: application/json\r\n",
    };
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost:{port}\r\n{json}content-length: {length}\r\n\
         \r\n{body}"
    )
    .into_bytes()
}

/// Sends requests for so long, and measures each.
async fn ask(
    address: SocketAddr,
    connections: usize,
    how_long: Duration,
    status: u16,
    make: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    take: impl Fn(&str) -> anyhow::Result<()> + Send + Sync + 'static,
) -> anyhow::Result<Sample> {
    let (make, take) = (Arc::new(make), Arc::new(take));
    let end = Instant::now() + how_long;
    let mut asking = JoinSet::new();
    for _ in 0..connections {
        let (make, take) = (Arc::clone(&make), Arc::clone(&take));
        asking.spawn(async move {
            let mut connection = TcpStream::connect(address).await?;
            connection.set_nodelay(true)?;
            let (mut sample, mut read) = (Sample::default(), Vec::with_capacity(4096));
            while Instant::now() < end {
                let began = Instant::now();
                connection.write_all(&make()).await?;
                let answer = answer(&mut connection, &mut read).await?;
                sample.add(began.elapsed());
                let begins = format!("HTTP/1.1 {status} ");
                ensure!(answer.starts_with(&begins), "the API answered {answer}");
                take(answer)?;
            }
            Ok(sample)
        });
    }
    let mut all = Sample::default();
    while let Some(asked) = asking.join_next().await {
        all.extend(asked??);
    }
    Ok(all)
}

/// One answer, head and body.
async fn answer<'r>(connection: &mut TcpStream, read: &'r mut Vec<u8>) -> anyhow::Result<&'r str> {
    read.clear();
    loop {
        ensure!(connection.read_buf(read).await? > 0, "the API hung up");
        let end = read.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = std::str::from_utf8(&read[..end])?;
            let length = header(head, "content-length").context("there is no length")?;
            if read.len() >= end + 4 + length.parse::<usize>()? {
                break;
            }
        }
    }
    Ok(std::str::from_utf8(read)?)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let named = |line: &'h str| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    };
    head.lines().find_map(named)
}
