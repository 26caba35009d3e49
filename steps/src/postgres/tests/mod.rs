//! Against a real server.

mod connections;
mod life;
mod privacy;
mod seeds;

use std::time::Duration;

use tempus_model::{InstallationId, PreviewId};

use super::lock::busy;
use super::names::Name;
use super::seed::Source;
use super::{Address, DatabaseKeys, Password, Server, Transport};
use crate::testing::postgres::Postgres;
use crate::{Progress, StepError};

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// A preview of an installation that is this test's own.
struct World {
    postgres: &'static Postgres,
    server: Server,
    installation: InstallationId,
    preview: PreviewId,
    name: Name,
}

impl World {
    fn new() -> Self {
        let postgres = Postgres::shared();
        let installation = InstallationId::new(rand::random());
        let preview = preview();
        Self {
            postgres,
            server: server(&postgres.url(), Postgres::PASSWORD),
            installation,
            preview,
            name: Name::of(installation, preview),
        }
    }

    /// Another preview of the same installation.
    fn beside(&self) -> Self {
        let preview = preview();
        Self {
            server: server(&self.postgres.url(), Postgres::PASSWORD),
            name: Name::of(self.installation, preview),
            preview,
            ..*self
        }
    }

    /// Makes it, as a saga would: waiting while somebody else is at work.
    async fn make(&self, source: Option<&Source>) -> Result<(), StepError> {
        loop {
            match self.server.make(&self.name, source).await? {
                Progress::Done(()) => return Ok(()),
                Progress::Wait { after, .. } => tokio::time::sleep(after).await,
            }
        }
    }

    async fn remove(&self) {
        loop {
            match self.server.remove(&self.name).await.unwrap() {
                Progress::Done(()) => return,
                Progress::Wait { after, .. } => tokio::time::sleep(after).await,
            }
        }
    }

    async fn url(&self) -> String {
        self.server
            .url(self.installation, self.preview)
            .await
            .unwrap()
    }

    /// What the preview itself gets for this.
    async fn own(&self, sql: &str) -> Result<String, String> {
        self.postgres.psql_at(&self.url().await, sql)
    }

    /// What the administrator gets.
    fn asked(&self, sql: &str) -> String {
        self.postgres
            .psql(&sql.replace("{name}", self.name.as_str()))
            .unwrap()
    }

    /// How many databases and roles of its name there are.
    fn count(&self) -> String {
        self.asked(
            "SELECT (SELECT count(*) FROM pg_database WHERE starts_with(datname, '{name}')),
                    (SELECT count(*) FROM pg_roles WHERE rolname = '{name}')",
        )
    }
}

fn preview() -> PreviewId {
    let digits = hex::encode(rand::random::<[u8; 16]>());
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    parts.join("-").parse().unwrap()
}

fn server(url: &str, password: &str) -> Server {
    Server {
        address: url.parse::<Address>().unwrap(),
        password: Password::Text(password.to_owned()),
        transport: Transport::Plain,
        keys: keys("k"),
    }
}

fn keys(letter: &str) -> DatabaseKeys {
    DatabaseKeys::parse(&letter.repeat(40)).unwrap()
}

/// Asks until it is so.
async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let asked = tokio::time::Instant::now();
    while !is_so() {
        assert!(asked.elapsed() < PATIENCE, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
