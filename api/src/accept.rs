//! Creates that come from within this program: what a pull request calls for is accepted by the very
//! code that accepts `POST /preview/create`.

use tempus_engine::Accepted;
use tempus_model::{Actor, Owner, Scope};

use crate::extract::{Errors, Json, Key};
use crate::handler::create::{self, Created};
use crate::hint;
use crate::identity::{Caller, Who};
use crate::shape::{BudgetView, CreateRequest, Problem};
use crate::state::Api;

impl Api {
    /// Accepts a create of this owner's that somebody is behind, and sends the hint. What there is to say about money comes along.
    pub async fn create(
        &self,
        request: CreateRequest,
        owner: Owner,
        by: Actor,
    ) -> Result<(Accepted, Vec<BudgetView>), Problem> {
        let caller = Caller {
            who: Who::App,
            owner,
            scope: Scope::Deployer,
            until: None,
            session: None,
        };
        let body = Json {
            value: request,
            errors: Errors::default(),
            fingerprint: String::new(),
        };
        let accepted = create::accept(self, &caller, by, Key::none(), body).await;
        let Created {
            accepted,
            owner,
            told,
        } = accepted.map_err(crate::refusal::Refusal::into_problem)?;
        hint::look(self, accepted.preview, &owner.id).await;
        Ok((accepted, told.budgets))
    }
}
