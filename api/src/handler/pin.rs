//! `POST /preview/{preview_id}/pin` and `DELETE /preview/{preview_id}/pin`

use axum::extract::State;
use tempus_engine::Extended as To;
use tempus_model::{Snapshot, Timestamp, Ttl};

use super::extend::changed;
use crate::config::TtlRange;
use crate::doc::{Conflict, Missing};
use crate::extract::{Errors, Json, Theirs};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{Extended, PinRequest};
use crate::state::Api;

/// Pin a preview
///
/// It lives until then, whatever is pushed or extended meanwhile: beyond the longest life of others, for
/// a reason. Its end is real all the same, and a destroy, or the end of its pull request, does not wait
/// for it. Pinning what is pinned replaces the pin.
#[utoipa::path(
    post,
    path = "/preview/{preview_id}/pin",
    tag = "previews",
    request_body = PinRequest,
    params(("preview_id" = Uuid, Path, description = "The preview")),
    responses(
        (status = 200, description = "The new expiry", body = Extended),
        Missing,
        Conflict,
    )
)]
pub(crate) async fn pin(
    State(api): State<Api>,
    caller: Caller,
    Theirs(preview): Theirs<Snapshot>,
    body: Json<PinRequest>,
) -> Result<axum::Json<Extended>, Refusal> {
    let Json {
        value: request,
        mut errors,
        ..
    } = body;
    let until = read(&request, &api.config().ttl, api.now(), &mut errors);
    let reason = errors.take("reason", request.reason.parse());
    errors.finish()?;
    let pin = until.zip(reason);
    let (until, reason) = pin.ok_or_else(|| Refusal::internal("a refused pin without a reason"))?;
    changed(&api, &caller, &preview, To::Pinned { until, reason }).await
}

/// Unpin a preview
///
/// It lives as long as it would have without the pin, but at least for the default life from now, if the
/// pin would have lasted so long.
#[utoipa::path(
    delete,
    path = "/preview/{preview_id}/pin",
    tag = "previews",
    params(("preview_id" = Uuid, Path, description = "The preview")),
    responses(
        (status = 200, description = "The new expiry", body = Extended),
        Missing,
        Conflict,
    )
)]
pub(crate) async fn unpin(
    State(api): State<Api>,
    caller: Caller,
    Theirs(preview): Theirs<Snapshot>,
) -> Result<axum::Json<Extended>, Refusal> {
    let left = api.config().ttl.default_ttl();
    let at_least = api.now().after(left.duration());
    changed(&api, &caller, &preview, To::Unpinned { at_least }).await
}

fn read(
    request: &PinRequest,
    range: &TtlRange,
    now: Timestamp,
    errors: &mut Errors,
) -> Option<Timestamp> {
    match (request.length.as_deref(), request.until.as_deref()) {
        (Some(length), None) => {
            let length = errors.take("for", range.admit_pin(length.parse::<Ttl>()));
            length.map(|length| now.after(length.duration()))
        }
        (None, Some(until)) => {
            let latest = range.latest_pin(now);
            let until = until.parse::<Timestamp>().ok();
            let until = until.filter(|until| (now..=latest).contains(until));
            if until.is_none() {
                let accepted = format!("must be a time in RFC 3339, from now on until {latest}");
                errors.push("until", accepted);
            }
            until
        }
        (None, None) => {
            errors.push("for", "is missing; give one of for and until");
            None
        }
        (Some(_), Some(_)) => {
            errors.push("until", "cannot be given together with for");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(request: &PinRequest) -> Result<Option<Timestamp>, String> {
        let ttl = |text: &str| text.parse().unwrap();
        let range = TtlRange::new(ttl("30s"), ttl("2h"), ttl("7d")).unwrap();
        let range = range.pinned_for(ttl("30d"));
        let mut errors = Errors::default();
        let now = Timestamp::from_millis(1_800_000_000_000);
        let until = read(request, &range, now, &mut errors);
        match errors.finish() {
            Ok(()) => Ok(until),
            Err(refusal) => Err(refusal.problem().detail.clone()),
        }
    }

    #[test]
    fn a_time_is_refused_with_what_would_be_accepted() {
        let pin = |length: Option<&str>, until: Option<&str>| PinRequest {
            reason: "x".to_owned(),
            length: length.map(ToOwned::to_owned),
            until: until.map(ToOwned::to_owned),
        };
        assert_eq!(
            said(&pin(Some("14d"), None)),
            Ok(Some(Timestamp::from_millis(1_801_209_600_000)))
        );
        assert!(said(&pin(None, Some("2027-02-01T00:00:00Z"))).is_ok());
        assert_eq!(
            said(&pin(Some("31d"), None)).unwrap_err(),
            "for must be between 30s and 30d"
        );
        assert_eq!(
            said(&pin(None, None)).unwrap_err(),
            "for is missing; give one of for and until"
        );
        let both = said(&pin(Some("1d"), Some("2027-02-01T00:00:00Z")));
        assert!(both.unwrap_err().contains("together"));
        for wrong in ["soon", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"] {
            let said = said(&pin(None, Some(wrong))).unwrap_err();
            assert!(said.contains("until 2027-02-14"), "{wrong}: {said}");
        }
    }
}
