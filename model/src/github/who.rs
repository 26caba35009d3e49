//! Who is behind what is done for a pull request or branch: the person whom GitHub named, and not just
//! the App.

use super::{Absent, Call, Source, Tended};
use crate::Actor;

/// Who is behind a call for a preview: whoever asked for it in a comment, whoever pushed what another
/// commit had a preview before, or else whoever made the change after which it has one.
pub fn behind_call(source: &Source, tended: &Tended, call: &Call) -> Actor {
    let made = tended.made.as_ref();
    let asked = call.ask.is_some() && made.is_none_or(|made| made.ask != call.ask);
    let pushed = made.is_some_and(|made| made.sha != call.sha);
    Actor::on_github(match (asked, pushed) {
        (true, _) => tended.standing.by.as_ref(),
        (false, true) => source.pushed_by.as_ref(),
        (false, false) => source.by.as_ref(),
    })
}

/// Who is behind there being none any more.
pub fn behind_end(source: &Source, tended: &Tended, why: &Absent) -> Actor {
    Actor::on_github(match why {
        Absent::Stopped => tended.standing.by.as_ref(),
        Absent::Unapproved(_) => source.pushed_by.as_ref(),
        // Whoever took the App away is not who changed the pull request last.
        Absent::Gone => None,
        Absent::Closed | Absent::Draft | Absent::Unlabeled(_) | Absent::HasPull(_) => {
            source.by.as_ref()
        }
    })
}
