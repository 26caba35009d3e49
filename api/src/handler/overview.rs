//! `GET /overview`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::refusal::Refusal;
use crate::shape::OverviewView;
use crate::state::Api;

/// Show how the installation stands
///
/// The queue, the workers and what they hold, who takes the slots of the quota, the room on the
/// listeners, and what sweeps found.
#[utoipa::path(
    get,
    path = "/overview",
    tag = "server",
    responses((status = 200, description = "How it stands", body = OverviewView))
)]
pub(crate) async fn show(State(api): State<Api>) -> Result<Json<Arc<OverviewView>>, Refusal> {
    Ok(Json(api.overview().await?))
}
