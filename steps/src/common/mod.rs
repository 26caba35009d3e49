//! Steps that every platform has.

mod predecessor;
mod timer;

pub use predecessor::{Predecessor, PredecessorPlan};
pub use timer::{SetTimer, TimerPlan};

/// The rank of the wait for the preview that held the name before.
pub const PREDECESSOR_RANK: u8 = 1;

use tempus_model::{Stage, TIMER_RANK};

use crate::{PlanRequest, StepError};

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
