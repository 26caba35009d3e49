//! Who a preview belongs to, what it is made from, and what it is called.

use tempus_model::github::{NameForm, Named, preview_name};
use tempus_model::{DnsName, FieldError, Origin, Owner, PreviewId, Snapshot, Spec};

use super::spec::has_no_other_front;
use crate::extract::Errors;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::CreateRequest;
use crate::state::Api;

/// What a create says about the preview itself.
#[derive(Debug)]
pub(crate) struct Asked {
    pub owner: Owner,
    pub origin: Origin,
    name: Option<DnsName>,
}

impl Asked {
    /// Reads it, noting what is wrong. Refused at once is a caller who asks in another's name.
    pub fn read(
        request: &CreateRequest,
        caller: &Caller,
        errors: &mut Errors,
    ) -> Result<Self, Refusal> {
        let name = request.name.as_deref();
        let name = name.and_then(|name| errors.take("name", name.parse::<DnsName>()));
        let owner = match &request.owner {
            Some(owner) if !caller.is_called(owner) => {
                if !caller.is_admin() {
                    return Err(Refusal::other_owner("owner", &caller.owner.login));
                }
                owner_text("owner", owner, errors);
                Owner {
                    id: owner.clone(),
                    login: owner.clone(),
                    avatar_url: None,
                }
            }
            _ => caller.owner.clone(),
        };
        if let Some(repository) = &request.repository
            && !is_repository(repository)
        {
            errors.push("repository", "must be of the form owner/name");
        }
        if let Some(branch) = &request.branch
            && (branch.is_empty() || branch.len() > 255 || branch.chars().any(char::is_control))
        {
            errors.push(
                "branch",
                "must be 1 to 255 characters, none of them a control character",
            );
        }
        for (field, number) in [
            ("pr_number", request.pr_number),
            ("repository_id", request.repository_id),
            ("installation_id", request.installation_id),
        ] {
            // JSON numbers, and most databases, end at 2^63.
            if number.is_some_and(|n| n == 0 || i64::try_from(n).is_err()) {
                errors.push(field, "must be a positive number");
            }
        }
        Ok(Self {
            owner,
            origin: Origin {
                repository_id: request.repository_id,
                repository: request.repository.clone(),
                pr_number: request.pr_number,
                branch: request.branch.clone(),
                installation_id: request.installation_id,
            },
            name,
        })
    }

    /// Settles which name what it is made from gives it: one with a hash, where a live preview of
    /// something else has the plain one. Refuses nothing: whether a name can be had says the store.
    pub async fn settle_name(&mut self, api: &Api) -> Result<(), Refusal> {
        if self.name.is_some() {
            return Ok(());
        }
        // So that the next create of the same pull request or branch finds it.
        let Some(named) = Named::of(&self.origin) else {
            return Ok(());
        };
        let hashed = preview_name(named, NameForm::Hashed);
        let plain = preview_name(named, NameForm::Plain);
        let is_live = |holder: &Snapshot| holder.row.desired.is_present();
        let held = api.store().get_by_name(&hashed).await?.filter(is_live);
        let of_this = |holder: &Snapshot| holder.identity.origin.is_same(&self.origin);
        let name = if held.as_ref().is_some_and(of_this) {
            hashed
        } else {
            let held = api.store().get_by_name(&plain).await?.filter(is_live);
            match held {
                Some(holder) if !of_this(&holder) => hashed,
                _ => plain,
            }
        };
        self.name = Some(name);
        Ok(())
    }

    /// Refuses what would give a live preview of the same source a URL, or take it away: where a
    /// preview answers is settled when it is made.
    pub async fn fits(&self, api: &Api, spec: &Spec) -> Result<(), Refusal> {
        let Some(name) = &self.name else {
            return Ok(());
        };
        let Some(Snapshot { identity, row }) = api.store().get_by_name(name).await? else {
            return Ok(());
        };
        let ours = identity.owner.id == self.owner.id && identity.origin.is_same(&self.origin);
        let has_url = identity.route.is_some();
        if !ours || !row.desired.is_present() || has_url == spec.has_url() {
            return Ok(());
        }
        let error = FieldError::new("template", has_no_other_front(has_url));
        Err(Refusal::invalid(vec![error]))
    }

    /// The name, where it is known before there is a preview.
    pub fn known_name(&self) -> Option<DnsName> {
        self.name.clone()
    }

    /// The name that was asked for or settled, or one that nobody has.
    pub fn name(&self, preview: PreviewId) -> Result<DnsName, Refusal> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let label = format!("preview-{}", preview.short());
        label
            .parse()
            .map_err(|_| Refusal::internal(format!("{label:?} is no name")))
    }
}

/// Notes what is wrong with a text that names an owner.
pub(crate) fn owner_text(field: &str, text: &str, errors: &mut Errors) {
    if text.is_empty() || text.len() > 100 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        errors.push(
            field,
            "must be 1 to 100 printable characters without spaces",
        );
    }
}

fn is_repository(text: &str) -> bool {
    let part = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !part.is_empty() && part.bytes().all(plain)
    };
    let parts = text.split_once('/');
    text.len() <= 140 && parts.is_some_and(|(owner, name)| part(owner) && part(name))
}
