//! Removes a preview's database and role, whoever is connected.

use super::lock::{Locked, busy};
use super::make::{DATABASE, drop_database};
use super::names::Name;
use super::options::Server;
use super::session::Patience;
use crate::{Progress, StepError};

/// Asks for a role by its name.
const ROLE: &str = "SELECT 1 FROM pg_roles WHERE rolname = $1";
/// The databases in which something depends on a role.
const ELSEWHERE: &str = "SELECT DISTINCT datname::text FROM pg_shdepend \
    JOIN pg_database ON pg_database.oid = dbid \
    WHERE refclassid = 'pg_authid'::regclass AND datallowconn \
    AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)";

impl Server {
    /// Removes the database, whole or not, and then the role. What is not there is removed.
    pub(super) async fn remove(&self, name: &Name) -> Result<Progress<()>, StepError> {
        let Some(locked) = self.lock(name).await? else {
            return Ok(busy());
        };
        let removed = self.remove_under(&locked, name).await;
        locked.free().await;
        removed.map(Progress::Done)
    }

    /// Removes what an attempt to make the database has left; the database itself and the role stay.
    pub(super) async fn remove_unfinished(&self, name: &Name) -> Result<Progress<()>, StepError> {
        let Some(locked) = self.lock(name).await? else {
            return Ok(busy());
        };
        let sql = drop_database(&name.unfinished());
        let removed = locked.session.change_at_length(&sql).await;
        locked.free().await;
        removed.map(Progress::Done)
    }

    async fn remove_under(&self, locked: &Locked<'_>, name: &Name) -> Result<(), StepError> {
        let session = &locked.session;
        let role = name.as_str();
        let has_role = session.is_there(ROLE, role).await?;
        if has_role {
            // Whoever is thrown out would be back before the database is gone.
            session
                .change(&format!("ALTER ROLE \"{role}\" NOLOGIN"))
                .await?;
        }
        for database in [name.unfinished(), role.to_owned()] {
            if session.is_there(DATABASE, &database).await? {
                session.change_at_length(&drop_database(&database)).await?;
            }
        }
        if !has_role {
            return Ok(());
        }
        let owned = session.rows(ELSEWHERE, &[&role]).await?;
        for database in owned.iter().map(|row| row.get::<_, String>(0)) {
            locked.during(self.disown(&database, role)).await?;
        }
        session
            .rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1",
                &[&role],
            )
            .await?;
        // What it may do with databases of others goes with it.
        session
            .change(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""))
            .await
    }

    /// Removes what a role owns in a database that is not its own.
    async fn disown(&self, database: &str, role: &str) -> Result<(), StepError> {
        let session = self.administer_in(database, Patience::Short).await?;
        let dropped = session.change(&format!("DROP OWNED BY \"{role}\"")).await;
        session.end().await;
        dropped
    }
}
