//! A connection to the server.

use std::time::Duration;

use futures::SinkExt;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::DbError;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{Doing, sorted};
use super::names::Name;
use super::options::{Server, Transport};
use crate::StepError;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection without a sign of life is kept.
const SILENCE: Duration = Duration::from_secs(15);
/// How long the server keeps a session that does nothing, and with it its lock. A worker that hangs
/// must not keep the others out for longer; one that works always says something sooner.
const IDLE: Duration = Duration::from_secs(10);
/// The oldest version that has what is needed here.
const OLDEST: &str = "14";

/// How long a statement may take on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// For what takes milliseconds.
    Short,
    /// For what copies a preview's data.
    Long,
}

impl Patience {
    fn limit(self) -> Duration {
        match self {
            Self::Short => Duration::from_secs(30),
            Self::Long => Duration::from_mins(30),
        }
    }
}

/// A connection.
pub(super) struct Session<'s> {
    server: &'s Server,
    client: Client,
    connection: JoinHandle<()>,
    patience: Patience,
}

impl Server {
    /// A connection by which databases and roles are made: as the configured user, to the configured
    /// database.
    pub(super) async fn administer(&self) -> Result<Session<'_>, StepError> {
        self.administer_in(&self.address.database, Patience::Short)
            .await
    }

    /// The same to another database.
    pub(super) async fn administer_in(
        &self,
        database: &str,
        patience: Patience,
    ) -> Result<Session<'_>, StepError> {
        let mut config = Config::new();
        config.user(&self.address.user).dbname(database);
        if let Some(password) = self.password.read()? {
            config.password(password);
        }
        self.connect(config, patience).await
    }

    /// A connection as a preview's own role, which can do nothing but in its own database.
    pub(super) async fn as_preview(
        &self,
        name: &Name,
        password: &str,
        database: &str,
    ) -> Result<Session<'_>, StepError> {
        let mut config = Config::new();
        config
            .user(name.as_str())
            .password(password)
            .dbname(database);
        self.connect(config, Patience::Long).await
    }

    async fn connect(
        &self,
        mut config: Config,
        patience: Patience,
    ) -> Result<Session<'_>, StepError> {
        let (statement, idle) = (patience.limit().as_millis(), IDLE.as_millis());
        config
            .host(self.address.host_name())
            .port(self.address.port)
            .application_name("tempus")
            .connect_timeout(CONNECT)
            .tcp_user_timeout(SILENCE)
            .options(format!(
                "-c statement_timeout={statement} -c lock_timeout=10s -c client_min_messages=error \
                 -c idle_session_timeout={idle}"
            ));
        let connected = match &self.transport {
            Transport::Plain => {
                config.ssl_mode(SslMode::Disable);
                let connected = config.connect(NoTls).await;
                connected.map(|(client, connection)| (client, spawn(connection)))
            }
            Transport::Tls(tls) => {
                config.ssl_mode(SslMode::Require);
                let connected = config
                    .connect(MakeRustlsConnect::new(tls.as_ref().clone()))
                    .await;
                connected.map(|(client, connection)| (client, spawn(connection)))
            }
        };
        let (client, connection) = connected.map_err(|error| {
            let refused = error.as_db_error().map(DbError::message);
            if refused.is_some_and(|said| said.contains("idle_session_timeout")) {
                return StepError::rejected(format!(
                    "the database server {} is too old: it must be PostgreSQL {OLDEST} or later",
                    self.address
                ));
            }
            sorted(&self.address, Doing::Nothing, &error)
        })?;
        Ok(Session {
            server: self,
            client,
            connection,
            patience,
        })
    }
}

fn spawn(
    connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Whoever waits for an answer is told by the client.
        let _ = connection.await;
    })
}

impl Session<'_> {
    /// Carries out statements that change something. Nothing of them is repeated in an error.
    pub async fn change(&self, sql: &str) -> Result<(), StepError> {
        let answer = self.client.batch_execute(sql);
        self.in_time(Doing::Change, answer)
            .await?
            .map_err(|error| self.sorted(Doing::Change, &error))
    }

    /// The same for what may take its time, such as to copy a database.
    pub async fn change_at_length(&self, sql: &str) -> Result<(), StepError> {
        let long = Patience::Long.limit();
        let limit = format!("SET statement_timeout = {}", long.as_millis());
        self.change(&limit).await?;
        let answer = self.client.batch_execute(sql);
        let done = self.within(long, Doing::Change, answer).await?;
        done.map_err(|error| self.sorted(Doing::Change, &error))?;
        self.change("RESET statement_timeout").await
    }

    /// The same, for whoever can say more about a refusal.
    pub async fn try_change(
        &self,
        sql: &str,
    ) -> Result<Result<(), tokio_postgres::Error>, StepError> {
        self.in_time(Doing::Change, self.client.batch_execute(sql))
            .await
    }

    /// Asks.
    pub async fn rows(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StepError> {
        let answer = self
            .in_time(Doing::Nothing, self.client.query(sql, parameters))
            .await?;
        answer.map_err(|error| self.sorted(Doing::Nothing, &error))
    }

    /// Whether there is such a row.
    pub async fn is_there(&self, sql: &str, name: &str) -> Result<bool, StepError> {
        Ok(!self.rows(sql, &[&name]).await?.is_empty())
    }

    /// Sends a `COPY … FROM stdin` what `data` has, piece by piece.
    pub async fn copy(
        &self,
        sql: &str,
        mut data: impl FnMut() -> Result<Option<Vec<u8>>, StepError>,
    ) -> Result<Result<(), tokio_postgres::Error>, StepError> {
        let sent = async {
            let mut sink = std::pin::pin!(self.client.copy_in(sql).await?);
            loop {
                match data() {
                    Ok(Some(piece)) => sink.send(axum::body::Bytes::from(piece)).await?,
                    Ok(None) => return sink.finish().await.map(|_| Ok(())),
                    Err(error) => return Ok(Err(error)),
                }
            }
        };
        match self.in_time(Doing::Change, sent).await? {
            Ok(Ok(())) => Ok(Ok(())),
            Ok(Err(error)) => Err(error),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Ends it and waits until the server has been told.
    pub async fn end(self) {
        drop(self.client);
        let _ = tokio::time::timeout(CONNECT, self.connection).await;
    }

    fn sorted(&self, doing: Doing, error: &tokio_postgres::Error) -> StepError {
        sorted(&self.server.address, doing, error)
    }

    async fn in_time<T>(
        &self,
        doing: Doing,
        answer: impl Future<Output = T>,
    ) -> Result<T, StepError> {
        self.within(self.patience.limit(), doing, answer).await
    }

    /// The server ends by itself what takes too long: one that does not is gone.
    async fn within<T>(
        &self,
        limit: Duration,
        doing: Doing,
        answer: impl Future<Output = T>,
    ) -> Result<T, StepError> {
        let answer = tokio::time::timeout(limit + CONNECT, answer).await;
        answer.map_err(|_| {
            let address = &self.server.address;
            let reason = format!("the database server {address} does not answer");
            match doing {
                Doing::Nothing => StepError::transient(reason),
                Doing::Change => StepError::lost(reason),
            }
        })
    }
}
