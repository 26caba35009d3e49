//! Who may see a preview: from what a request says to what is stored.

use std::time::Duration;

use tempus_model::{Access, Desired, DnsName, Identity, Spec};
use tempus_steps::gate::{Busy, Gate, unfit};
use uuid::Uuid;

use super::identity::Asked as Create;
use crate::config::DefaultAccess;
use crate::extract::Errors;
use crate::refusal::Refusal;
use crate::shape::{AccessRequest, ProblemKind};
use crate::state::Api;

/// What a request says about access, checked.
pub(crate) enum Asked {
    /// Nothing.
    Nothing,
    /// One of the two that need no work.
    Plainly(Access),
    /// By a password, still to be hashed.
    Password(String),
}

/// Reads it, noting what is wrong. Protection needs a gate.
pub(crate) fn read(
    request: Option<AccessRequest>,
    gate: Option<&Gate>,
    errors: &mut Errors,
) -> Asked {
    let asked = match request {
        None => return Asked::Nothing,
        Some(AccessRequest::Open) => return Asked::Plainly(Access::Open),
        Some(AccessRequest::Link) => Asked::Plainly(Access::Link),
        Some(AccessRequest::Password(password)) => {
            if let Some(problem) = unfit(&password) {
                errors.push("access.password", problem);
            }
            Asked::Password(password)
        }
    };
    if gate.is_none() {
        errors.push(
            "access",
            "must be \"open\": this installation has no key to protect previews with (its operator \
             sets TEMPUS_GATE_KEY or previews.gate_key_file)",
        );
    }
    asked
}

impl Asked {
    /// Notes that a preview without a URL can be seen by nobody, if anything is asked for.
    pub fn fits(&self, spec: Option<&Spec>, errors: &mut Errors) {
        if spec.is_some_and(|spec| !spec.has_url()) && !matches!(self, Self::Nothing) {
            errors.push("access", "cannot be given: this template answers at no URL");
        }
    }

    /// The access of a preview to be made. A create that says nothing about it and becomes an update
    /// keeps what is there: whoever forgets to say so must not open what somebody has protected.
    pub async fn of_create(self, api: &Api, asked: &Create) -> Result<Access, Refusal> {
        let name = asked.known_name();
        let kept = match (&self, &name) {
            (Self::Nothing, Some(name)) => held(api, asked, name).await?,
            _ => None,
        };
        let name = name.map_or_else(|| Uuid::new_v4().to_string(), |name| name.to_string());
        let kept = kept.unwrap_or(api.config().access.into());
        self.settle(api, &asked.owner.id, &name, kept).await
    }

    /// The access of this preview from now on.
    pub async fn of_update(
        self,
        api: &Api,
        preview: &Identity,
        kept: Access,
    ) -> Result<Access, Refusal> {
        let (owner, name) = (&preview.owner.id, preview.name.as_str());
        self.settle(api, owner, name, kept).await
    }

    async fn settle(
        self,
        api: &Api,
        owner: &str,
        name: &str,
        kept: Access,
    ) -> Result<Access, Refusal> {
        match (self, api.gate()) {
            (Self::Nothing, _) => Ok(kept),
            (Self::Plainly(access), _) => Ok(access),
            (Self::Password(password), Some(gate)) => {
                let hash = gate.hash(password, &format!("{owner}\0{name}")).await;
                Ok(Access::Password(hash.map_err(busy)?))
            }
            (Self::Password(_), None) => Err(Refusal::internal("a password without a gate")),
        }
    }

    /// The request's fingerprint as it may be stored: one of a body with a password in it would let
    /// whoever reads it try passwords, and quickly.
    pub fn fingerprint(&self, gate: Option<&Gate>, plain: String) -> String {
        match (self, gate) {
            (Self::Password(_), Some(gate)) => gate.keyed(&plain),
            _ => plain,
        }
    }
}

impl From<DefaultAccess> for Access {
    fn from(access: DefaultAccess) -> Self {
        match access {
            DefaultAccess::Open => Self::Open,
            DefaultAccess::Link => Self::Link,
        }
    }
}

/// The access of the live preview that a create is an update of.
async fn held(api: &Api, asked: &Create, name: &DnsName) -> Result<Option<Access>, Refusal> {
    let Some(holder) = api.store().get_by_name(name).await? else {
        return Ok(None);
    };
    let identity = &holder.identity;
    let ours = identity.owner.id == asked.owner.id && identity.origin.is_same(&asked.origin);
    let Desired::Present(spec) = holder.row.desired else {
        return Ok(None);
    };
    if !ours {
        return Ok(None);
    }
    let spec = api.store().spec(identity.id, spec).await?;
    Ok(spec.map(|spec| spec.access))
}

fn busy(busy: Busy) -> Refusal {
    Refusal::new(ProblemKind::Unavailable, busy.to_string()).retry_after(Duration::from_secs(1))
}
