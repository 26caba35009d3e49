//! A store's file as text, and back; a cloud's things likewise.

use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tempus_model::{InstallationId, PreviewId};
use tempus_steps::sim::{Cloud, Item, Kind, Life};

/// Something that existed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    kind: String,
    name: String,
    number: u64,
    revision: String,
    needs: Option<String>,
    installation: InstallationId,
    preview: PreviewId,
    draining: bool,
}

impl From<&Item> for Kept {
    fn from(item: &Item) -> Self {
        Self {
            kind: item.kind.as_str().to_owned(),
            name: item.name.clone(),
            number: item.number,
            revision: item.revision.clone(),
            needs: item.needs.clone(),
            installation: item.tags.0,
            preview: item.tags.1,
            draining: item.life == Life::Draining,
        }
    }
}

impl Kept {
    /// Puts it into a cloud.
    pub fn put(&self, cloud: &Cloud) -> Result<(), String> {
        let kinds = [
            Kind::TargetGroup,
            Kind::Rule,
            Kind::Definition,
            Kind::Service,
            Kind::Database,
        ];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == self.kind);
        let kind = kind.ok_or_else(|| format!("{} is nothing that the cloud has", self.kind))?;
        let mut item = Item::found(kind, &self.name, (self.installation, self.preview));
        item.number = self.number;
        item.revision.clone_from(&self.revision);
        item.needs.clone_from(&self.needs);
        if self.draining {
            item.life = Life::Draining;
        }
        cloud.put(item);
        Ok(())
    }
}

/// The store's file as SQL: its schema, by version, and every record.
pub fn dump(file: &Path) -> rusqlite::Result<String> {
    let db = Connection::open(file)?;
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let mut text = format!("PRAGMA user_version = {version};\n");
    for (name, statement) in schema(&db)? {
        text.push_str(&statement);
        text.push_str(";\n");
        if statement.starts_with("CREATE TABLE") {
            for record in records(&db, &name)? {
                text.push_str(&record);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

fn schema(db: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statements = db.prepare(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name",
    )?;
    let found = statements.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.collect()
}

fn records(db: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut columns = db.prepare("SELECT name FROM pragma_table_info(?)")?;
    let columns = columns
        .query_map([table], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let quoted: Vec<_> = columns
        .iter()
        .map(|name| format!("quote({name})"))
        .collect();
    let select = format!(
        "SELECT 'INSERT INTO {table} ({}) VALUES (' || {} || ');' FROM {table} ORDER BY 1",
        columns.join(", "),
        quoted.join(" || ', ' || ")
    );
    let mut records = db.prepare(&select)?;
    let found = records.query_map([], |row| row.get(0))?;
    found.collect()
}

/// Makes a store's file from such a text.
pub fn load(file: &Path, text: &str) -> rusqlite::Result<()> {
    Connection::open(file)?.execute_batch(text)
}
