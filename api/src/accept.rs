//! Creates that come from within this program: what a pull request calls for is accepted by the very
//! code that accepts `POST /preview/create`.

use std::sync::Arc;

use tempus_engine::Accepted;
use tempus_model::{Owner, Scope};

use crate::extract::{Errors, Json, Key};
use crate::handler::create::{self, Created};
use crate::hint;
use crate::identity::{Caller, Who};
use crate::shape::{BudgetView, CreateRequest, Problem};
use crate::state::Api;

impl Api {
    /// Accepts a create of this owner's, and sends the hint.
    /// What there is to say about money comes along.
    pub async fn create(
        &self,
        request: CreateRequest,
        owner: Owner,
    ) -> Result<(Accepted, Vec<BudgetView>), Problem> {
        let caller = Caller {
            who: Who::Oidc {
                subject: Arc::from("github"),
                actor: None,
            },
            owner,
            scope: Scope::Deployer,
            until: None,
        };
        let body = Json {
            value: request,
            errors: Errors::default(),
            fingerprint: String::new(),
        };
        let accepted = create::accept(self, &caller, Key::none(), body).await;
        let Created {
            accepted,
            owner,
            told,
        } = accepted.map_err(crate::refusal::Refusal::into_problem)?;
        hint::look(self, accepted.preview, &owner.id).await;
        Ok((accepted, told.budgets))
    }
}
