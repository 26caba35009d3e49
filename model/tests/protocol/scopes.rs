//! The configurations: each gives the budget to one part of the protocol.

use tempus_model::invariant::Predicate;

use crate::scope::{Breakage, Budget, Scope};

/// Nothing happens besides what must.
const CALM: Budget = Budget {
    updates: 0,
    destroys: 0,
    extends: 0,
    crashes: 0,
    pauses: 0,
    slow: 0,
    late: 0,
    stops: 0,
    declines: 0,
    lost: 0,
    doubled: 0,
    unheard: 0,
    timeouts: 0,
    refusals: 0,
    waits: 0,
    events: 0,
    doubts: 0,
    reminders: 0,
};

const fn scope(name: &'static str, budget: Budget) -> Scope {
    Scope {
        name,
        budget,
        expires: false,
        breakage: None,
    }
}

const fn until_expiry(name: &'static str, budget: Budget) -> Scope {
    Scope {
        expires: true,
        ..scope(name, budget)
    }
}

/// What every run of the tests explores.
pub const SMALL: &[Scope] = &[
    scope("calm", CALM),
    scope(
        "update, destroy, a crash",
        Budget {
            updates: 1,
            destroys: 1,
            crashes: 1,
            ..CALM
        },
    ),
    scope(
        "destroy, a worker stands still",
        Budget {
            destroys: 1,
            pauses: 1,
            ..CALM
        },
    ),
    scope(
        "update, a worker stands still",
        Budget {
            updates: 1,
            pauses: 1,
            ..CALM
        },
    ),
    scope(
        "destroy, a slow call, one without an answer",
        Budget {
            destroys: 1,
            slow: 1,
            timeouts: 1,
            ..CALM
        },
    ),
    scope(
        "update, a write without an answer, a wait",
        Budget {
            updates: 1,
            unheard: 1,
            waits: 1,
            ..CALM
        },
    ),
    scope(
        "update, a refusal, a wait",
        Budget {
            updates: 1,
            refusals: 1,
            waits: 1,
            ..CALM
        },
    ),
    scope(
        "destroy, messages lost and late",
        Budget {
            destroys: 1,
            lost: 1,
            late: 1,
            waits: 1,
            reminders: 1,
            ..CALM
        },
    ),
    scope(
        "destroy, messages doubled and late",
        Budget {
            destroys: 1,
            doubled: 1,
            late: 1,
            waits: 1,
            ..CALM
        },
    ),
    scope(
        "destroy, an event, a decline, a stop, a wait",
        Budget {
            destroys: 1,
            events: 1,
            declines: 1,
            stops: 1,
            waits: 1,
            ..CALM
        },
    ),
    scope(
        "a doubt, a crash",
        Budget {
            doubts: 1,
            crashes: 1,
            ..CALM
        },
    ),
    until_expiry(
        "extend and expire",
        Budget {
            extends: 1,
            late: 1,
            ..CALM
        },
    ),
    until_expiry("expire, a crash", Budget { crashes: 1, ..CALM }),
];

/// What `just model` explores.
pub const LARGE: &[Scope] = &[
    scope(
        "update, destroy, two crashes",
        Budget {
            updates: 1,
            destroys: 1,
            crashes: 2,
            waits: 1,
            ..CALM
        },
    ),
    scope(
        "update, destroy, a worker stands still, a crash",
        Budget {
            updates: 1,
            destroys: 1,
            pauses: 1,
            crashes: 1,
            ..CALM
        },
    ),
    scope(
        "update, destroy, calls and writes without answers",
        Budget {
            updates: 1,
            destroys: 1,
            timeouts: 1,
            unheard: 1,
            slow: 1,
            waits: 1,
            ..CALM
        },
    ),
    scope(
        "two updates, destroy, refusals",
        Budget {
            updates: 2,
            destroys: 1,
            refusals: 2,
            waits: 1,
            ..CALM
        },
    ),
    scope(
        "update, destroy, messages",
        Budget {
            updates: 1,
            destroys: 1,
            lost: 1,
            doubled: 1,
            late: 2,
            reminders: 2,
            waits: 1,
            events: 1,
            declines: 1,
            ..CALM
        },
    ),
    scope(
        "destroy, a doubt, two workers stand still",
        Budget {
            destroys: 1,
            doubts: 1,
            pauses: 2,
            ..CALM
        },
    ),
    until_expiry(
        "update, extend and back, expire, a crash",
        Budget {
            updates: 1,
            extends: 2,
            crashes: 1,
            ..CALM
        },
    ),
    until_expiry(
        "extend, expire, a worker stands still",
        Budget {
            extends: 1,
            pauses: 1,
            ..CALM
        },
    ),
];

/// Each rule left out, where that shows, and the predicate that does not hold without it.
pub fn breakages() -> Vec<(Breakage, Scope, Predicate)> {
    let with = |breakage, budget, predicate| {
        let scope = Scope {
            breakage: Some(breakage),
            ..scope("a rule left out", budget)
        };
        (breakage, scope, predicate)
    };
    let crash = Budget { crashes: 1, ..CALM };
    let pause = Budget {
        destroys: 1,
        pauses: 1,
        ..CALM
    };
    let timeout = Budget {
        destroys: 1,
        timeouts: 1,
        ..CALM
    };
    let own_lease = Budget {
        waits: 1,
        pauses: 1,
        ..CALM
    };
    vec![
        with(Breakage::NoFence, pause, Predicate::NoStaleWrite),
        with(Breakage::NoVerifyDelay, pause, Predicate::Receipt),
        with(Breakage::NoListing, timeout, Predicate::Receipt),
        with(
            Breakage::RenewalIsSeen,
            Budget {
                updates: 1,
                slow: 1,
                ..CALM
            },
            Predicate::SoundRow,
        ),
        with(
            Breakage::SettleUnseen,
            Budget { updates: 1, ..CALM },
            Predicate::SoundRow,
        ),
        with(
            Breakage::HintAfterRelease,
            Budget {
                crashes: 1,
                waits: 1,
                ..CALM
            },
            Predicate::HintKept,
        ),
        with(Breakage::OwnHintDeleted, own_lease, Predicate::HintKept),
        with(
            Breakage::AgainAndAgain,
            Budget {
                declines: 3,
                ..CALM
            },
            Predicate::HintSingle,
        ),
        with(Breakage::ExpiryIsNoSuspicion, crash, Predicate::Ledger),
        with(Breakage::SilenceIsNoSuspicion, timeout, Predicate::Ledger),
        with(
            Breakage::DoneBeforeTheCall,
            Budget { stops: 1, ..CALM },
            Predicate::NoOrphan,
        ),
        with(
            Breakage::UnwindSkipsWhatIsUnderWay,
            Budget {
                destroys: 1,
                waits: 1,
                ..CALM
            },
            Predicate::NoOrphan,
        ),
        with(
            Breakage::NoReminder,
            Budget { lost: 1, ..CALM },
            Predicate::Rest,
        ),
    ]
}
