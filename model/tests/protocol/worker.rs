//! A worker between the queue and a claim: receives, looks, claims, and answers the message.

use tempus_model::transition::claim::{Claim, NoClaim, claim};
use tempus_model::transition::replay::wake;
use tempus_model::{Fate, Hint, Meeting, Nonce, Row, Timestamp, Work, WorkerId};

use crate::held::Held;
use crate::plan;
use crate::scope::{Breakage, Scope};
use crate::world::{LEASE, Message, SKEW, World, message_id};

/// Where a worker stands.
#[derive(Debug, Clone)]
pub enum Phase {
    /// It waits for a message.
    Idle,
    /// It has looked at the row and is about to claim it.
    Claiming(Claiming),
    /// It holds the row, or thinks so.
    Driving(Box<Held>),
    /// It answers the message.
    Closing(Closing),
}

/// About to claim.
#[derive(Debug, Clone)]
pub struct Claiming {
    /// The message that led here.
    pub message: u32,
    hint: Hint,
    /// The row's version when it was looked at.
    pub looked_at: u64,
    nonce: Nonce,
    /// When a claim was sent whose answer was lost.
    pub unheard: Option<Timestamp>,
}

/// About to answer the message.
#[derive(Debug, Clone)]
pub struct Closing {
    /// The message.
    pub message: u32,
    /// What becomes of it.
    pub end: End,
    /// The expiry that a release looks at once more.
    pub after_release: Option<Timestamp>,
    /// The hint for a verify that nobody foresaw.
    pub unforeseen: Option<(Hint, Timestamp)>,
    /// A hint that is sent too late, where the rule that it is sent before is left out.
    pub late_hint: Option<(Hint, Timestamp)>,
}

/// What is asked about a hint.
#[derive(Debug, Clone, Copy)]
enum Question {
    AtFirst,
    TooEarly,
    WithLease,
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Delete,
    Again(Hint, Timestamp),
    Release,
    /// Nothing more, but a hint that is sent too late.
    Late(Hint, Timestamp),
}

impl Phase {
    /// Whether it does nothing.
    pub fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    /// Whether its death loses a hint: one that nobody foresaw and that it is about to send, or
    /// the one behind its claim, which somebody else deleted while it stood still.
    pub fn takes_a_hint_along(&self, queue: &[Message]) -> bool {
        match self {
            Self::Closing(closing) => closing.unforeseen.is_some(),
            Self::Driving(held) => !queue.iter().any(|message| message.key == held.message),
            Self::Idle | Self::Claiming(_) => false,
        }
    }

    /// The claim that it drives.
    pub fn held(&self) -> Option<&Held> {
        match self {
            Self::Driving(held) => Some(held),
            _ => None,
        }
    }
}

impl Claiming {
    /// Whether the row is claimed by this very attempt.
    pub fn is_row(&self, row: &Row) -> bool {
        row.nonce == self.nonce
    }

    /// What its message says.
    pub fn hint(&self) -> &Hint {
        &self.hint
    }
}

impl Closing {
    /// Deletes the message, and nothing else.
    pub fn delete(message: u32) -> Self {
        Self::with(message, End::Delete)
    }

    /// Ends the message so.
    pub fn with(message: u32, end: End) -> Self {
        Self {
            message,
            end,
            after_release: None,
            unforeseen: None,
            late_hint: None,
        }
    }
}

impl World {
    /// A worker receives the message and looks at the row.
    pub fn receive(&mut self, w: usize, position: usize, scope: &Scope) {
        let (key, hint) = (self.queue[position].key, self.queue[position].hint.clone());
        self.hide(key);
        self.workers[w] = self.look(key, &hint, scope);
        // What becomes of a message that leads to no claim takes no act of its own: to die in
        // between is to have received it later, or to double it.
        while let Phase::Closing(closing) = self.workers[w].clone() {
            self.close(w, closing, scope);
        }
    }

    /// A worker receives the message, and has no room for what it would have to do.
    pub fn decline(&mut self, w: usize, position: usize, scope: &Scope) -> bool {
        let (key, hint) = (self.queue[position].key, self.queue[position].hint.clone());
        self.hide(key);
        let would_claim = matches!(self.look(key, &hint, scope), Phase::Claiming(_));
        self.workers[w] = self.end(key, Fate::declined(&hint));
        while let Phase::Closing(closing) = self.workers[w].clone() {
            self.close(w, closing, scope);
        }
        would_claim
    }

    fn look(&mut self, message: u32, hint: &Hint, scope: &Scope) -> Phase {
        if let Some(fate) = self.fate(message, hint, Question::AtFirst, scope) {
            return self.end(message, fate);
        }
        if matches!(hint, Hint::Event { .. }) {
            match wake(&self.row, self.now) {
                Some(change) => self.apply(change),
                None => return Phase::Closing(Closing::delete(message)),
            }
        }
        if self.row.is_expired(self.now) {
            self.expire(self.row.expires_at);
        }
        if let Some(fate) = self.fate(message, hint, Question::TooEarly, scope) {
            return self.end(message, fate);
        }
        if matches!(
            self.row.work(self.now),
            Work::Nothing | Work::Warn | Work::Expire
        ) {
            return Phase::Closing(Closing::delete(message));
        }
        Phase::Claiming(Claiming {
            message,
            hint: hint.clone(),
            looked_at: self.row.version,
            nonce: self.nonce(),
            unheard: None,
        })
    }

    /// Asks the product's rules what becomes of a hint.
    fn fate(
        &mut self,
        message: u32,
        hint: &Hint,
        question: Question,
        scope: &Scope,
    ) -> Option<Fate> {
        let id = self.message(message).map_or(0, |message| message.id);
        let nameless = Hint::look(self.row.preview);
        let hint = match hint {
            Hint::Look { .. } if scope.lacks(Breakage::OwnHintDeleted) => &nameless,
            hint => hint,
        };
        let meeting = Meeting {
            hint,
            message: &message_id(id),
            row: &self.row,
            now: self.now,
            skew: SKEW,
        };
        match question {
            Question::AtFirst => meeting.at_first(),
            Question::TooEarly => meeting.too_early(),
            Question::WithLease => Some(meeting.with_lease(self.row.lease.as_ref())),
        }
    }

    fn end(&self, message: u32, fate: Fate) -> Phase {
        match fate {
            Fate::Leave => Phase::Idle,
            Fate::Delete => Phase::Closing(Closing::delete(message)),
            Fate::Again(hint, delay) => {
                let end = End::Again(hint, self.now.after(delay));
                Phase::Closing(Closing::with(message, end))
            }
        }
    }

    /// A worker claims the row that it looked at. False if nothing comes of it.
    pub fn claim(&mut self, w: usize, claiming: &Claiming, heard: bool, scope: &Scope) -> bool {
        let mut claiming = claiming.clone();
        self.hide(claiming.message);
        if let Some(sent) = claiming.unheard.take() {
            // Its own claim, whose answer was lost, or somebody else's.
            if self.row.nonce == claiming.nonce && self.row.lease.is_some() {
                self.workers[w] = self.hold(claiming.message, sent);
            } else {
                self.workers[w] = self.look_again(claiming, scope);
            }
            return heard;
        }
        let id = self
            .message(claiming.message)
            .map_or(0, |message| message.id);
        let ask = Claim {
            worker: WorkerId(w.to_string()),
            nonce: claiming.nonce,
            message: Some(message_id(id)),
            looked_at: claiming.looked_at,
            fresh: plan::fresh(&self.row, self.now),
            now: self.now,
            lease: LEASE,
            margin: SKEW,
        };
        match claim(&self.row, &ask) {
            Ok(mut change) => {
                if scope.lacks(Breakage::ExpiryIsNoSuspicion) {
                    change.row.suspicion = self.row.suspicion;
                }
                self.apply(change);
                self.workers[w] = if !heard {
                    claiming.unheard = Some(self.now);
                    Phase::Claiming(claiming)
                } else if self.row.parked.is_some() {
                    Phase::Closing(Closing::delete(claiming.message))
                } else {
                    self.hold(claiming.message, self.now)
                };
                return true;
            }
            Err(NoClaim::NotDue(_)) => {
                self.workers[w] = Phase::Closing(Closing::delete(claiming.message));
            }
            Err(NoClaim::Held(..) | NoClaim::Changed) => {
                self.workers[w] = self.look_again(claiming, scope);
            }
        }
        heard
    }

    fn look_again(&mut self, claiming: Claiming, scope: &Scope) -> Phase {
        if self.row.is_held(self.now, SKEW) {
            let fate = self
                .fate(claiming.message, &claiming.hint, Question::WithLease, scope)
                .unwrap_or(Fate::Delete);
            return self.end(claiming.message, fate);
        }
        if matches!(
            self.row.work(self.now),
            Work::Nothing | Work::Warn | Work::Expire
        ) {
            return Phase::Closing(Closing::delete(claiming.message));
        }
        Phase::Claiming(Claiming {
            looked_at: self.row.version,
            ..claiming
        })
    }

    fn hold(&self, message: u32, sent: Timestamp) -> Phase {
        match Held::new(&self.row, message, sent) {
            Some(held) => Phase::Driving(Box::new(held)),
            None => Phase::Closing(Closing::delete(message)),
        }
    }

    /// A worker answers the message.
    pub fn close(&mut self, w: usize, mut closing: Closing, scope: &Scope) {
        if let Some((hint, at)) = closing.unforeseen.take() {
            self.send(hint, at);
            self.workers[w] = Phase::Closing(closing);
            return;
        }
        if let Some(expires_at) = closing.after_release.take()
            && self.row.is_expired(self.now)
        {
            self.expire(expires_at);
            self.hint();
            self.workers[w] = Phase::Closing(closing);
            return;
        }
        match std::mem::replace(&mut closing.end, End::Delete) {
            End::Again(hint, at) => {
                self.send(hint, at);
                if !scope.lacks(Breakage::AgainAndAgain) {
                    self.workers[w] = Phase::Closing(closing);
                    return;
                }
            }
            End::Late(hint, at) => self.send(hint, at),
            End::Delete => {
                self.delete(closing.message);
                if let Some((hint, at)) = closing.late_hint.take() {
                    closing.end = End::Late(hint, at);
                    self.workers[w] = Phase::Closing(closing);
                    return;
                }
            }
            End::Release => {
                let now = self.now;
                if let Some(message) = self.message(closing.message) {
                    message.at = now;
                }
            }
        }
        self.workers[w] = Phase::Idle;
    }
}
