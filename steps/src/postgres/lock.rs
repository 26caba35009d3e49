//! The lock that whoever works on a preview's database holds: one at a time, whatever process it is in.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::names::Name;
use super::options::Server;
use super::session::Session;
use crate::{Progress, StepError};

/// When somebody who holds the lock is looked after again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How often the server is told that the lock's holder is at work. Well within what it waits for.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);

/// A connection that holds a name's lock. The server frees the lock with the connection.
pub(super) struct Locked<'s> {
    pub(super) session: Session<'s>,
}

impl Server {
    /// Takes the lock of this name; `None` if somebody has it.
    pub(super) async fn lock(&self, name: &Name) -> Result<Option<Locked<'_>>, StepError> {
        let session = self.administer().await?;
        let rows = session
            .rows("SELECT pg_try_advisory_lock($1)", &[&key(name)])
            .await?;
        if rows.first().is_some_and(|row| row.get(0)) {
            return Ok(Some(Locked { session }));
        }
        session.end().await;
        Ok(None)
    }
}

impl Locked<'_> {
    /// Waits for work that is done by other connections, and keeps the lock meanwhile. The work ends with
    /// the lock.
    pub async fn during<T>(
        &self,
        work: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(SIGN_OF_LIFE) => {
                    self.session.rows("SELECT 1", &[]).await?;
                }
            }
        }
    }

    /// Frees it and waits until the server has been told.
    pub async fn free(self) {
        self.session.end().await;
    }
}

/// What is answered while somebody else has the lock.
pub(super) fn busy<T>() -> Progress<T> {
    Progress::wait(LOOK_AGAIN, "another connection is at work on this database")
}

/// Locks are numbers, of which the server has one set for everybody.
fn key(name: &Name) -> i64 {
    let hash = Sha256::digest(format!("tempus/{}", name.as_str()));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(bytes)
}
