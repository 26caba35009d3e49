//! `GET /preview/{preview_id}/history`

use axum::Json;
use axum::extract::State;
use tempus_model::{Snapshot, history};

use crate::doc::Missing;
use crate::extract::{Query, Theirs};
use crate::refusal::Refusal;
use crate::shape::{HistoryQuery, HistoryView};
use crate::state::Api;

/// How many events are shown at most, and how many unless told.
const MOST: usize = 1000;
const USUAL: usize = 100;

/// Show who did what
///
/// Newest first: what was asked for, by whom and by which token or rule, and what became of it; of pull
/// requests the person on GitHub whose doing it was. Kept for as long as the preview is.
#[utoipa::path(
    get,
    path = "/preview/{preview_id}/history",
    tag = "previews",
    params(
        ("preview_id" = Uuid, Path, description = "The preview"),
        HistoryQuery,
    ),
    responses(
        (status = 200, description = "What was done", body = HistoryView),
        Missing,
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Theirs(snapshot): Theirs<Snapshot>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<HistoryView>, Refusal> {
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let accepted = format!("must be 1 to {MOST}");
        return Err(Refusal::unreadable("limit", accepted));
    }
    let (store, preview) = (api.store(), snapshot.row.preview);
    // One more of each than is shown, so that it is known whether there is more.
    let (jobs, deeds) = tokio::try_join!(
        store.jobs(preview, limit + 1),
        store.deeds(preview, limit + 1)
    )?;
    let mut events = history(&snapshot.row, jobs, deeds);
    let more = events.len() > limit;
    events.truncate(limit);
    Ok(Json(HistoryView {
        preview_id: preview,
        events: events.into_iter().map(Into::into).collect(),
        more,
    }))
}
