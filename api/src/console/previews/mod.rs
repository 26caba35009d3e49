//! `/`: the previews.

mod choice;
mod create;
mod empty;
mod table;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::html;
use tempus_model::Scope;

use super::dialog::opens;
use super::frame::{Content, Frame, Place};
use crate::extract::Query;
use crate::handler::preview;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::PreviewsQuery;
use crate::state::Api;

pub(super) use choice::Choice;
pub(super) use table::{left, link};

/// How often the list is brought up to date, in milliseconds.
const REFRESH: u32 = 2000;

/// The page.
pub(super) async fn page(
    State(api): State<Api>,
    caller: Caller,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let listed = preview::list(State(api.clone()), caller.clone(), Query(choice.query()));
    let (frame, listed) = tokio::join!(Frame::of(&api, &caller), listed);
    let axum::Json(list) = listed?;
    let may_create = caller.scope >= Scope::Deployer;
    let is_new = list.previews.is_empty() && choice.is_everything();
    let content = Content {
        place: Place::Previews,
        title: "Previews".to_owned(),
        body: html! {
            div.head {
                h1 { "Previews" }
                @if may_create { (opens("create", "main", "New preview")) }
            }
            (choice::filters(&choice, caller.is_admin()))
            @if is_new && never_had_any(&api, &caller).await? {
                (empty::first(may_create))
            } @else if list.previews.is_empty() {
                (empty::nothing(&choice, &list))
            } @else {
                (table::show(&list.previews, &choice, caller.is_admin()))
                (table::pages(&choice, &list))
            }
        },
        dialogs: html! { @if may_create { (create::create()) } },
        refresh: Some(REFRESH),
    };
    Ok(frame.page(&content, &headers))
}

async fn never_had_any(api: &Api, caller: &Caller) -> Result<bool, Refusal> {
    let query = PreviewsQuery {
        limit: Some(1),
        ..PreviewsQuery::default()
    };
    let any = preview::list(State(api.clone()), caller.clone(), Query(query));
    Ok(any.await?.0.previews.is_empty())
}
