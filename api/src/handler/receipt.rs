//! `GET /preview/{preview_id}/receipt`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use tempus_model::{Row, Snapshot, Timestamp};

use crate::doc::{Conflict, Missing};
use crate::extract::Theirs;
use crate::refusal::Refusal;
use crate::shape::{ProblemKind, ReceiptView};
use crate::state::Api;

/// Show a preview's receipt
///
/// The proof that everything it owned is gone. 409 with `Retry-After` while the preview is on its
/// way out, or gone and not yet proved to be; 404 while it is wanted.
#[utoipa::path(
    get,
    path = "/preview/{preview_id}/receipt",
    tag = "previews",
    params(("preview_id" = Uuid, Path, description = "The preview")),
    responses(
        (status = 200, description = "The receipt", body = ReceiptView),
        Missing,
        Conflict,
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Theirs(preview): Theirs<Snapshot>,
) -> Result<Json<ReceiptView>, Refusal> {
    // The row before the receipt: a receipt that is written in between is found.
    let row = preview.row;
    match api.store().receipt(row.preview).await? {
        Some(receipt) => Ok(Json(receipt.into())),
        None => Err(why_not(&row, api.now())),
    }
}

fn why_not(row: &Row, now: Timestamp) -> Refusal {
    if row.desired.is_present() {
        return Refusal::new(
            ProblemKind::NoReceipt,
            format!(
                "the preview is {}; a receipt is written when it is gone",
                row.phase()
            ),
        );
    }
    if let Some(parked) = &row.parked {
        // No Retry-After: waiting alone does not help.
        return Refusal::new(
            ProblemKind::ReceiptPending,
            format!(
                "its removal waits for a person since {}: {}; see /dead-letters",
                parked.since, parked.failure.reason
            ),
        );
    }
    let (detail, wait) = match row.verify_at {
        Some(at) if row.is_gone() => (
            format!("the preview is gone; that nothing was left behind is verified at {at}"),
            now.until(at),
        ),
        _ => (
            format!(
                "the preview is {} and its receipt is still to come",
                row.phase()
            ),
            Duration::from_secs(1),
        ),
    };
    Refusal::new(ProblemKind::ReceiptPending, detail).retry_after(wait)
}
