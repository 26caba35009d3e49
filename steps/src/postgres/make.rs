//! Makes a preview's role and database, or finds them.

use postgres_protocol::password::scram_sha_256;
use tempus_model::{InstallationId, PreviewId};

use super::keys::Derived;
use super::lock::{Locked, busy};
use super::names::Name;
use super::options::{Server, Transport};
use super::seed::Source;
use super::session::Session;
use crate::{Progress, StepError};

/// How many connections a preview's role may have. All previews share what the server has.
const CONNECTIONS: u32 = 20;
/// The database that one without a seed is a copy of: nobody ever changes it or is connected to it.
const EMPTY: &str = "template0";

impl Server {
    /// Sees to it that the preview has its role and its database. What is there already stays as it is.
    pub(super) async fn make(
        &self,
        name: &Name,
        source: Option<&Source>,
    ) -> Result<Progress<()>, StepError> {
        let Some(locked) = self.lock(name).await? else {
            return Ok(busy());
        };
        let made = self.make_under(&locked, name, source).await;
        locked.free().await;
        made.map(Progress::Done)
    }

    async fn make_under(
        &self,
        locked: &Locked<'_>,
        name: &Name,
        source: Option<&Source>,
    ) -> Result<(), StepError> {
        let session = &locked.session;
        let derived = self.role(session, name).await?;
        if session.is_there(DATABASE, name.as_str()).await? {
            return Ok(());
        }
        let (new, owner) = (name.unfinished(), name.as_str());
        // Of an attempt that was cut short: nobody knows how far it came.
        session.change_at_length(&drop_database(&new)).await?;
        let template = match source {
            Some(Source::Database(template)) => {
                template_is_one(session, template).await?;
                template
            }
            _ => EMPTY,
        };
        // By the connection that holds the lock: whoever looks next sees the end of it. And nobody gets in
        // before it is closed to everybody else.
        session
            .change_at_length(&format!(
                "CREATE DATABASE \"{new}\" OWNER \"{owner}\" TEMPLATE \"{template}\" \
                 ALLOW_CONNECTIONS false"
            ))
            .await?;
        session
            .change(&format!("REVOKE ALL ON DATABASE \"{new}\" FROM PUBLIC"))
            .await?;
        session
            .change(&format!("ALTER DATABASE \"{new}\" ALLOW_CONNECTIONS true"))
            .await?;
        if let Some(source) = source {
            locked.during(self.seed(name, &derived, source)).await?;
        }
        session
            .change(&format!("ALTER DATABASE \"{new}\" RENAME TO \"{owner}\""))
            .await
    }

    /// Sees to it that the role is there and has a password that can be derived; returns that.
    async fn role(&self, session: &Session<'_>, name: &Name) -> Result<Derived, StepError> {
        let role = name.as_str();
        let mut derived = self.keys.derive(name);
        let found = find(session, role).await?;
        let of_key = |of: &Derived| found.as_ref().is_some_and(|found| found.is_of(of));
        if let Some(known) = derived.iter().position(of_key) {
            if found.as_ref().is_some_and(|found| !found.can_login) {
                // A removal was begun, and is not wanted any more.
                session
                    .change(&format!("ALTER ROLE \"{role}\" LOGIN"))
                    .await?;
            }
            return Ok(derived.swap_remove(known));
        }
        let derived = derived.swap_remove(0);
        // What goes to the server, and maybe into its log, is what verifies the password.
        let verifier = scram_sha_256(derived.password.as_bytes());
        let password = format!("PASSWORD '{verifier}'");
        let statement = match found {
            // What else a role is, nobody but a superuser may even repeat.
            Some(_) => format!("ALTER ROLE \"{role}\" LOGIN {password}"),
            // Who is no superuser must be a member to give it a database and to end its sessions.
            None => format!(
                "CREATE ROLE \"{role}\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION \
                 NOBYPASSRLS CONNECTION LIMIT {CONNECTIONS} {password};\
                 GRANT \"{role}\" TO CURRENT_USER"
            ),
        };
        // Sent together they are one transaction.
        let note = format!("COMMENT ON ROLE \"{role}\" IS '{}'", derived.note);
        session.change(&format!("{statement};{note}")).await?;
        Ok(derived)
    }

    /// The URL by which a service reaches its database. Its role must have been made.
    pub(crate) async fn url(
        &self,
        installation: InstallationId,
        preview: PreviewId,
    ) -> Result<String, StepError> {
        let name = Name::of(installation, preview);
        let session = self.administer().await?;
        let found = find(&session, name.as_str()).await;
        session.end().await;
        let found = found?;
        let derived = self.keys.derive(&name).into_iter();
        let mut known = derived.filter(|of| found.as_ref().is_some_and(|found| found.is_of(of)));
        let Some(Derived { password, .. }) = known.next() else {
            // Its step makes it, and gives it a password that is known here.
            return Err(StepError::transient(
                "the preview's database is not there yet",
            ));
        };
        let (role, address) = (name.as_str(), &self.address);
        let query = match self.transport {
            Transport::Plain => "",
            Transport::Tls(_) => "?sslmode=require",
        };
        Ok(format!(
            "postgres://{role}:{password}@{address}/{role}{query}"
        ))
    }
}

/// Asks for a database by its name.
pub(super) const DATABASE: &str = "SELECT 1 FROM pg_database WHERE datname = $1";

/// Removes a database, whoever is connected to it.
pub(super) fn drop_database(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")
}

/// A role that is there.
struct Role {
    /// What is stored with it: which key its password is of.
    note: Option<String>,
    can_login: bool,
}

impl Role {
    fn is_of(&self, derived: &Derived) -> bool {
        self.note.as_ref() == Some(&derived.note)
    }
}

async fn find(session: &Session<'_>, role: &str) -> Result<Option<Role>, StepError> {
    let sql = "SELECT shobj_description(oid, 'pg_authid'), rolcanlogin FROM pg_roles \
        WHERE rolname = $1";
    let rows = session.rows(sql, &[&role]).await?;
    Ok(rows.first().map(|row| Role {
        note: row.get(0),
        can_login: row.get(1),
    }))
}

/// A database is copied only if its owner has said that it is for that: others hold what previews have
/// no business with.
async fn template_is_one(session: &Session<'_>, name: &str) -> Result<(), StepError> {
    let sql = "SELECT datistemplate FROM pg_database WHERE datname = $1";
    let rows = session.rows(sql, &[&name]).await?;
    match rows.first().map(|row| row.get(0)) {
        Some(true) => Ok(()),
        Some(false) => Err(StepError::rejected(format!(
            "seed: the database \"{name}\" is no template; its owner says so with: ALTER DATABASE \
             \"{name}\" IS_TEMPLATE true"
        ))),
        None => Err(StepError::rejected(format!(
            "seed: there is no database \"{name}\" on the databases' server"
        ))),
    }
}
