//! Whose table it is: the installation's id, stored once.

use tempus_model::InstallationId;

use super::super::client::Clients;
use super::super::error::AwsError;
use super::super::table::Table;
use super::super::table::item::{Item, Key, number, text};
use super::super::table::write::{ABSENT, Write};

/// The version of what is stored, and how.
const SCHEMA: u64 = 1;

/// The attribute of the id.
const ID: &str = "installation";
/// The attribute of the schema's version.
const VERSION: &str = "schema";

/// Stores the installation's id, unless there is one: then that.
pub(super) async fn install(
    clients: &Clients,
    name: &str,
    installation: InstallationId,
) -> Result<InstallationId, AwsError> {
    let table = Table {
        clients: clients.clone(),
        name: name.to_owned(),
    };
    let attributes = vec![
        (ID, text(installation.to_string())),
        (VERSION, number(SCHEMA)),
    ];
    let put = Write::put(Key::installation(), attributes).on(ABSENT);
    let failed = |error: crate::StoreError| AwsError::Call {
        call: "PutItem",
        detail: error.to_string(),
    };
    table.write(&[put]).await.map_err(failed)?;
    installed(&table).await
}

/// The installation whose table this is.
pub(in crate::aws) async fn installed(table: &Table) -> Result<InstallationId, AwsError> {
    let failed = |error: crate::StoreError| AwsError::Call {
        call: "GetItem",
        detail: error.to_string(),
    };
    let item: Option<Item> = table.get(&Key::installation()).await.map_err(failed)?;
    let item = item.ok_or_else(|| AwsError::NotBootstrapped {
        table: table.name.clone(),
    })?;
    let found = item.number(VERSION).map_err(failed)?.unwrap_or(SCHEMA);
    if found > SCHEMA {
        return Err(AwsError::Newer {
            table: table.name.clone(),
            found,
            known: SCHEMA,
        });
    }
    item.parse(ID).map_err(failed)
}
