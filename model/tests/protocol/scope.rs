//! How large the explored world is: what may be asked of it, what may go wrong, and, to see that
//! the check can fail, one rule of the protocol that is left out.

/// How often each thing may still happen, before the faults stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Updates to the other spec (and back).
    pub updates: u8,
    /// Destroys.
    pub destroys: u8,
    /// Extends to the other expiry (and back).
    pub extends: u8,
    /// A worker dies, wherever it stands; its calls may still land.
    pub crashes: u8,
    /// A worker stands still, for as long as it takes, and then goes on.
    pub pauses: u8,
    /// Time passes while a worker waits for a call.
    pub slow: u8,
    /// Time passes while a message could have been received.
    pub late: u8,
    /// A worker is told to stop.
    pub stops: u8,
    /// A worker has no room for what a message is about.
    pub declines: u8,
    /// A message is lost, or never sent.
    pub lost: u8,
    /// A message is delivered twice.
    pub doubled: u8,
    /// A write of the store is made and its answer is lost.
    pub unheard: u8,
    /// A call of the cloud has no answer: it has landed, or lands later, or never.
    pub timeouts: u8,
    /// The cloud refuses a call.
    pub refusals: u8,
    /// A step says that it must be looked at again later.
    pub waits: u8,
    /// The platform says that something happened.
    pub events: u8,
    /// The sweep says that the cloud may not be as the row has it.
    pub doubts: u8,
    /// The reminder sends a hint.
    pub reminders: u8,
}

/// A rule left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakage {
    /// The store does not look whose claim a write belongs to.
    NoFence,
    /// A verify comes at once.
    NoVerifyDelay,
    /// A verify does not list what exists.
    NoListing,
    /// What a renewal returns counts as seen.
    RenewalIsSeen,
    /// Settle does not ask whether something else is wanted by now.
    SettleUnseen,
    /// The delayed hint is sent after the write that gives the lease back.
    HintAfterRelease,
    /// A hint that is sent again is not deleted.
    AgainAndAgain,
    /// A hint that meets its own sender's lease is deleted.
    OwnHintDeleted,
    /// An expired lease does not make the row suspect.
    ExpiryIsNoSuspicion,
    /// A lost answer of the cloud does not make the row suspect.
    SilenceIsNoSuspicion,
    /// A step counts as done before its call.
    DoneBeforeTheCall,
    /// An unwind forgets the step that was under way.
    UnwindSkipsWhatIsUnderWay,
    /// Nobody reminds.
    NoReminder,
}

/// One configuration to explore.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// What it is about.
    pub name: &'static str,
    /// What may happen in it.
    pub budget: Budget,
    /// Whether the preview's time may run out while faults still happen.
    pub expires: bool,
    /// The rule that is left out.
    pub breakage: Option<Breakage>,
}

impl Scope {
    /// Whether this rule is left out.
    pub fn lacks(&self, rule: Breakage) -> bool {
        self.breakage == Some(rule)
    }
}
