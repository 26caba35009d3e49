//! What the server's refusals mean, sorted by what to do about them.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::Address;
use crate::StepError;

/// What failed: nobody knows what became of a change whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Making a connection, or reading.
    Nothing,
    /// A change.
    Change,
}

/// Sorts what the client returned. No statement is repeated: one may hold a role's verifier.
pub(super) fn sorted(address: &Address, doing: Doing, error: &Error) -> StepError {
    if let Some(refused) = error.as_db_error() {
        return refusal(address, refused);
    }
    let reason = format!(
        "the database server {address} does not answer: {}",
        chain(error)
    );
    match doing {
        Doing::Nothing => StepError::transient(reason),
        Doing::Change => StepError::lost(reason),
    }
}

/// Sorts what the server refused.
fn refusal(address: &Address, refused: &DbError) -> StepError {
    let said = said(refused);
    let code = refused.code();
    if [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
    ]
    .contains(code)
    {
        // Whoever changes the password may be in the middle of it.
        return StepError::transient(format!(
            "the database server {address} does not accept user and password of database.url: {said}"
        ));
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return StepError::rejected(format!(
            "the user of database.url may not do that on {address}: give it CREATEDB and \
             CREATEROLE ({said})"
        ));
    }
    if passes(code) {
        return StepError::transient(format!("the database server {address}: {said}"));
    }
    StepError::rejected(format!("the database server {address} refused: {said}"))
}

/// The server's words, with what it adds to them.
pub(super) fn said(refused: &DbError) -> String {
    match refused.detail() {
        Some(detail) => format!("{}: {detail}", refused.message()),
        None => refused.message().to_owned(),
    }
}

/// Whether a refusal passes by itself: of connections, resources, somebody's intervention, the system.
fn passes(code: &SqlState) -> bool {
    const CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];
    let of_class = |class: &&str| code.code().starts_with(*class);
    CLASSES.iter().any(of_class)
        || [SqlState::OBJECT_IN_USE, SqlState::LOCK_NOT_AVAILABLE].contains(code)
}

/// The error and what caused it, in one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(of) = cause {
        let more = of.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = of.source();
    }
    text
}
