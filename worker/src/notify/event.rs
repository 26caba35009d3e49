//! What a receiver is told.

use serde_json::{Value, json};
use tempus_model::{Identity, InstallationId, Row};

use super::Notify;

/// An event. The same in every try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What tells it from every other.
    pub id: String,
    /// What happened, as `preview.expiring`.
    pub kind: &'static str,
    /// What there is to know of it: JSON.
    pub body: String,
}

impl Event {
    const EXPIRING: &str = "preview.expiring";

    /// A preview's time is nearly over.
    pub(super) fn expiring(
        installation: InstallationId,
        identity: &Identity,
        row: &Row,
        notify: &Notify,
    ) -> Self {
        let id = format!("expiring-{}-{}", identity.id, row.expires_at.millis());
        let pin = row.pinned();
        let pinned = pin.map(|pin| json!({"until": pin.until, "reason": pin.reason}));
        let origin = &identity.origin;
        let mut preview = json!({
            "preview_id": identity.id,
            "name": identity.name,
            "owner": {"id": identity.owner.id, "login": identity.owner.login},
            "created_at": identity.created_at,
            "expires_at": row.expires_at,
        });
        let api = notify.api_url.as_ref();
        for (name, value) in [
            ("url", identity.url().map(|url| json!(url))),
            ("pinned", pinned),
            ("repository", origin.repository.as_ref().map(|it| json!(it))),
            ("pr_number", origin.pr_number.map(|it| json!(it))),
            ("branch", origin.branch.as_ref().map(|it| json!(it))),
            (
                "extend_url",
                api.map(|api| json!(format!("{api}/preview/{}/extend", identity.id))),
            ),
        ] {
            if let Some(value) = value {
                preview[name] = value;
            }
        }
        let body: Value = json!({
            "event": Self::EXPIRING,
            "id": id,
            "installation": installation.to_string(),
            "preview": preview,
        });
        Self {
            body: body.to_string(),
            kind: Self::EXPIRING,
            id,
        }
    }
}
