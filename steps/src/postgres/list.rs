//! What of previews there is on the server, by name.

use std::collections::BTreeMap;

use tempus_model::InstallationId;

use super::names::{Name, Stage};
use super::options::Server;
use crate::StepError;

/// What there is under one name.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Things {
    /// The database, seeded and closed to others.
    pub database: bool,
    /// One that is being made, or was left by whoever died over it.
    pub unfinished: bool,
    /// The role.
    pub role: bool,
}

impl Server {
    /// Everything of an installation's whose name begins so.
    pub(super) async fn list(
        &self,
        prefix: &str,
        installation: InstallationId,
    ) -> Result<BTreeMap<Name, Things>, StepError> {
        let session = self.administer().await?;
        let sql = "SELECT datname::text, false FROM pg_database WHERE starts_with(datname::text, $1) \
            UNION ALL SELECT rolname::text, true FROM pg_roles WHERE starts_with(rolname::text, $1)";
        let rows = session.rows(sql, &[&prefix]).await;
        session.end().await;
        let mut all = BTreeMap::<Name, Things>::new();
        for row in rows? {
            let (name, is_role): (String, bool) = (row.get(0), row.get(1));
            let Some((name, stage)) = Name::read(installation, &name) else {
                continue;
            };
            let things = all.entry(name).or_default();
            match (is_role, stage) {
                (true, _) => things.role = true,
                (false, Stage::Unfinished) => things.unfinished = true,
                (false, Stage::Whole) => things.database = true,
            }
        }
        Ok(all)
    }
}
