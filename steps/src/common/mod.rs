//! Steps that every platform has.

mod predecessor;
mod timer;
mod version;

pub use predecessor::{Predecessor, PredecessorPlan};
pub use timer::{SetTimer, TimerPlan};
pub(crate) use version::{knows, newest};

/// The rank of the wait for the preview that held the name before.
pub const PREDECESSOR_RANK: u8 = 1;

use tempus_model::{Identity, PlannedStep, Route, Stage, TIMER_RANK};

use crate::{Ctx, PlanRequest, StepError};

/// The route of a preview whose template answers at a URL. One that was accepted without never gets
/// one.
pub(crate) fn route(identity: &Identity) -> Result<&Route, StepError> {
    let route = identity.route.as_ref();
    route.ok_or_else(|| {
        StepError::rejected("this preview was made without a URL, which its template needs now")
    })
}

/// What tells a service where its preview answers, if it does.
pub(crate) fn preview_url(ctx: &dyn Ctx) -> Option<(String, String)> {
    let url = ctx.identity().url()?;
    Some(("PREVIEW_URL".to_owned(), url.to_owned()))
}

/// The stages that every plan begins with: the timer, and the wait for the name's last holder.
pub fn opening(request: &PlanRequest<'_>) -> Result<Vec<Stage>, StepError> {
    let mut stages = vec![Stage {
        rank: TIMER_RANK,
        steps: vec![SetTimer::plan(request)?],
    }];
    if let Some(old) = request.identity.predecessor {
        stages.push(Stage {
            rank: PREDECESSOR_RANK,
            steps: vec![Predecessor::plan(old)?],
        });
    }
    Ok(stages)
}

/// Adds a step to the stage of this rank, which is made if there is none.
pub fn beside(stages: &mut Vec<Stage>, rank: u8, step: PlannedStep) {
    if let Some(stage) = stages.iter_mut().find(|stage| stage.rank == rank) {
        stage.steps.push(step);
    } else {
        let place = stages.partition_point(|stage| stage.rank < rank);
        let steps = vec![step];
        stages.insert(place, Stage { rank, steps });
    }
}
