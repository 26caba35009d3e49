//! What to do with a delivery. The rules that keep hints from being lost, and from multiplying, are
//! the model's ([`Fate`]).

use std::time::Duration;

use tempus_engine::{
    DeadLetter, DeadLetterId, Delivery, InTrace, JobError, Outgoing, StoreError, TraceContext,
    chance,
};
use tempus_model::transition::accept::{DestroyReason, NewJob};
use tempus_model::{
    Actor, Fate, Hint, HintError, JobId, Meeting, PreviewId, Row, Snapshot, Timestamp, Work, broken,
};
use tempus_steps::CloudEvent;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

use crate::budget::{Class, Place};
use crate::claim::Claimed;
use crate::drive::{Drive, DriveEnd};
use crate::idle::Idle;
use crate::intake::Shared;
use crate::{Parts, metrics};

/// How much of an unreadable message is kept.
const KEPT_BODY: usize = 4096;

/// What becomes of a delivery.
enum Verdict {
    /// It has done its work.
    Delete,
    /// It comes again later, as a new message: receive counts count crashes only.
    Again(Hint, Duration),
    /// It is left alone: somebody works on its behalf.
    Leave,
    /// It is made visible at once, for another worker.
    Release,
}

impl From<Fate> for Verdict {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Delete => Self::Delete,
            Fate::Again(hint, delay) => Self::Again(hint, delay),
            Fate::Leave => Self::Leave,
        }
    }
}

impl Shared {
    /// Handles one delivery to its end, as a part of the trace that it was sent in: whatever is
    /// sent on its behalf carries it on. A timer begins a trace of its own, hours after the one that
    /// set it, and links back to that.
    pub(crate) async fn handle(self, delivery: Delivery) {
        let hint = Hint::decode(&delivery.body);
        let span = tracing::info_span!(
            "hint",
            otel.kind = "consumer",
            trace_id = Empty,
            span_id = Empty
        );
        span.part_of(delivery.trace.as_ref());
        if let Ok(Hint::Expire {
            set_by: Some(set_by),
            ..
        }) = &hint
        {
            span.linked_to(TraceContext::parse(set_by, None).as_ref());
        }
        span.called("process hint".to_owned());
        span.note("messaging.operation.type", "process");
        span.note("messaging.message.id", delivery.id.to_string());
        span.show_ids();
        Box::pin(self.take(hint, delivery)).instrument(span).await;
    }

    async fn take(self, hint: Result<Hint, HintError>, delivery: Delivery) {
        let verdict = match hint {
            Ok(hint) => self.follow(hint, &delivery).await,
            Err(error) => match self.parts.platform.event(&delivery.body) {
                CloudEvent::Of(preview) => {
                    let again = false;
                    self.follow(Hint::Event { preview, again }, &delivery).await
                }
                CloudEvent::Foreign => Ok(Verdict::Delete),
                CloudEvent::Unreadable => self.put_aside(&delivery, &error.to_string()).await,
            },
        };
        let verdict = match verdict {
            Ok(Verdict::Again(hint @ Hint::Event { .. }, delay)) => {
                self.in_hand(hint, delay, &delivery).await
            }
            verdict => verdict,
        };
        let verdict = verdict.unwrap_or_else(|error| {
            // The message comes back by itself when its visibility ends.
            tracing::warn!(%error, "the store did not answer: leaving the message");
            Verdict::Leave
        });
        self.carry_out(verdict, &delivery).await;
    }

    /// An event comes again without a message of its own, where the delivery stays invisible for long
    /// enough: it is kept in hand meanwhile.
    async fn in_hand(
        &self,
        hint: Hint,
        delay: Duration,
        delivery: &Delivery,
    ) -> Result<Verdict, StoreError> {
        let at = Instant::now() + delay;
        let is_hidden = delivery.hidden_until > at + self.config.call;
        if is_hidden && !self.sleep(delay).await {
            return self.follow(hint, delivery).await;
        }
        Ok(Verdict::Again(hint, delay))
    }

    async fn carry_out(&self, verdict: Verdict, delivery: &Delivery) {
        let queue = &self.parts.queue;
        let handles = std::slice::from_ref(&delivery.handle);
        let done = match verdict {
            Verdict::Leave => return,
            Verdict::Release => queue.hide(handles, Duration::ZERO).await,
            Verdict::Delete => queue.delete(handles).await,
            Verdict::Again(hint, delay) => {
                let delay = delay.min(queue.longest_delay());
                match queue.post(Outgoing::later(&hint, delay)).await {
                    Ok(()) if broken!(AgainAndAgain) => return,
                    Ok(()) => queue.delete(handles).await,
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(error) = done {
            tracing::debug!(%error, "the message will come again");
        }
    }

    async fn follow(&self, hint: Hint, delivery: &Delivery) -> Result<Verdict, StoreError> {
        let Some(preview) = hint.preview() else {
            let Some(_place) = self.enter(Class::Maintenance, "", delivery).await else {
                return Ok(self.declined(&hint, Class::Maintenance));
            };
            match hint {
                Hint::Reap { preview } => self.reap(preview).await?,
                Hint::Source { source } => Box::pin(self.tend(&source)).await?,
                _ => self.sweep().await,
            }
            return Ok(Verdict::Delete);
        };
        let Some(mut snapshot) = self.parts.store.get(preview).await? else {
            return Ok(Verdict::Delete);
        };
        let now = self.parts.now();
        if let Some(fate) = self.meeting(&snapshot.row, &hint, delivery, now).at_first() {
            return Ok(fate.into());
        }
        if matches!(hint, Hint::Event { .. }) {
            if !self.parts.store.wake(preview, now).await? {
                return Ok(Verdict::Delete);
            }
            let Some(woken) = self.parts.store.get(preview).await? else {
                return Ok(Verdict::Delete);
            };
            snapshot = woken;
        }
        let span = tracing::info_span!("preview", preview.id = %preview);
        self.look(snapshot, &hint, delivery).instrument(span).await
    }

    /// A place for what was delivered, which is kept hidden until its turn comes: else it would be received
    /// again, and wait twice.
    async fn enter(&self, class: Class, owner: &str, delivery: &Delivery) -> Option<Place> {
        let entering = self.lanes.enter(class, owner);
        tokio::pin!(entering);
        let mut hidden_until = delivery.hidden_until;
        loop {
            let nearly = hidden_until.checked_sub(self.config.call);
            tokio::select! {
                biased;
                place = &mut entering => return place,
                () = tokio::time::sleep_until(nearly.unwrap_or(hidden_until)) => {}
            }
            let how_long = self.config.hidden_for();
            hidden_until = Instant::now() + how_long;
            self.parts.keep_hidden(&delivery.handle, how_long).await;
        }
    }

    /// What becomes of a hint for which there is no room.
    fn declined(&self, hint: &Hint, class: Class) -> Verdict {
        match Fate::declined(hint) {
            Fate::Again(hint, delay) => Verdict::Again(hint, delay.max(self.lanes.away(class))),
            fate => fate.into(),
        }
    }

    /// Looks at a preview, and works on it if it calls for work.
    async fn look(
        &self,
        mut snapshot: Snapshot,
        hint: &Hint,
        delivery: &Delivery,
    ) -> Result<Verdict, StoreError> {
        let preview = snapshot.identity.id;
        let now = self.parts.now();
        if snapshot.row.is_expired(now) {
            self.parts
                .expire(preview, snapshot.row.expires_at, now)
                .await;
            let Some(again) = self.parts.store.get(preview).await? else {
                return Ok(Verdict::Delete);
            };
            snapshot = again;
        }
        if let Some(fate) = self.meeting(&snapshot.row, hint, delivery, now).too_early() {
            return Ok(fate.into());
        }
        let class = match snapshot.row.work(now) {
            Work::Nothing | Work::Expire => return Ok(Verdict::Delete),
            Work::Warn => Class::Notify,
            Work::Verify | Work::LookIfIdle => Class::Maintenance,
            Work::Resume if snapshot.row.is_verifying() => Class::Maintenance,
            Work::SleepOrWake if !snapshot.row.wakefulness.is_awake() => Class::Maintenance,
            _ if !snapshot.row.desired.is_present() => Class::Destroy,
            _ => Class::Build,
        };
        let unknown = snapshot
            .row
            .saga
            .as_ref()
            .is_some_and(|s| !self.parts.platform.knows(s.plan));
        if unknown {
            tracing::info!("a newer version's plan: handing the hint back");
            return Ok(Fate::declined(hint).into());
        }
        let owner = snapshot.identity.owner.id.clone();
        let tended = self.parts.github.is_some();
        let origin = tended.then(|| snapshot.identity.origin.clone());
        // What waits here for the same preview is on the queue still: one is enough.
        let waits = match self.lanes.wait(class, preview, &delivery.id) {
            Ok(waits) => waits,
            Err(first) if first == delivery.id => return Ok(Verdict::Leave),
            Err(_) => return Ok(Verdict::Delete),
        };
        // A reminder is no such one, since it is not sent again if its place does not come.
        let is_reminder = matches!(hint, Hint::Look { reminds: true, .. });
        let waits = (!is_reminder).then_some(waits);
        let Some(_place) = self.enter(class, &owner, delivery).await else {
            return Ok(self.declined(hint, class));
        };
        drop(waits);
        if class == Class::Notify {
            if self.stopping.is_cancelled() {
                return Ok(Verdict::Release);
            }
            self.warn(snapshot).await?;
            return Ok(Verdict::Delete);
        }
        // A saga that ends its worker must not take its neighbours with it again and again.
        let _alone = if snapshot.row.attempts >= 2 {
            self.fragile.acquire().await.ok()
        } else {
            None
        };
        if self.stopping.is_cancelled() {
            return Ok(Verdict::Release);
        }
        if snapshot.row.work(now) == Work::LookIfIdle {
            match self.look_if_idle(snapshot).await? {
                Idle::Asleep(asleep) => snapshot = *asleep,
                Idle::LookAgain(hint, delay) => return Ok(Verdict::Again(hint, delay)),
                Idle::LeftToReminder => return Ok(Verdict::Delete),
            }
        }
        match self.parts.claim(&self.config, snapshot, delivery).await? {
            Claimed::Nothing => Ok(Verdict::Delete),
            Claimed::Parked => {
                tracing::error!("parked: this saga ended its worker again and again");
                metrics::parked();
                Ok(Verdict::Delete)
            }
            Claimed::Held(row) => {
                let now = self.parts.now();
                let met = self.meeting(&row, hint, delivery, now);
                Ok(met.with_lease(row.lease.as_ref()).into())
            }
            Claimed::Ours(held) => {
                let verdict = self.drive(*held).await;
                if let Some(origin) = origin {
                    self.tell_source(&origin).await;
                }
                Ok(verdict)
            }
        }
    }

    async fn drive(&self, held: crate::held::Held) -> Verdict {
        let job = held.saga.job.map(|job| job.id);
        let span = tracing::info_span!(
            "saga",
            plan = %held.saga.plan,
            job.id = job.map(tracing::field::display),
            epoch = %held.row().epoch,
        );
        let mut drive = Drive {
            parts: &self.parts,
            config: &self.config,
            tasks: &self.tasks,
            stopping: self.stopping.clone(),
            held,
        };
        match drive.run().instrument(span).await {
            DriveEnd::Released => Verdict::Delete,
            DriveEnd::HandedOver => Verdict::Release,
            DriveEnd::Lost => Verdict::Leave,
        }
    }

    fn meeting<'a>(
        &self,
        row: &'a Row,
        hint: &'a Hint,
        delivery: &'a Delivery,
        now: Timestamp,
    ) -> Meeting<'a> {
        Meeting {
            hint,
            message: &delivery.id,
            row,
            now,
            skew: self.config.skew,
        }
    }

    /// Keeps a message that nobody can read, so that nothing is lost and nothing is stuck.
    async fn put_aside(&self, delivery: &Delivery, why: &str) -> Result<Verdict, StoreError> {
        tracing::error!(message.id = %delivery.id, reason = why, "unreadable message put aside");
        let cut = delivery.body.floor_char_boundary(KEPT_BODY);
        let letter = DeadLetter {
            id: DeadLetterId(format!("message-{}", delivery.id)),
            body: delivery.body[..cut].to_owned(),
            reason: why.to_owned(),
            at: self.parts.now(),
        };
        self.parts.store.put_dead_letter(&letter).await?;
        Ok(Verdict::Delete)
    }
}

impl Parts {
    /// Accepts the destroy of a preview whose time is over. Whoever notices does this, lease or
    /// no lease; only the first does anything.
    pub(crate) async fn expire(&self, preview: PreviewId, expires_at: Timestamp, now: Timestamp) {
        let job = NewJob {
            id: JobId::new(uuid::Builder::from_random_bytes(chance::random()).into_uuid()),
            by: Actor::Timer,
            now,
        };
        let why = DestroyReason::Expired(expires_at);
        match self.store.destroy(preview, why, job, None).await {
            Ok(accepted) => {
                tracing::info!(preview.id = %preview, job.id = %accepted.job.id, "time is over: destroying");
            }
            Err(JobError::NotFound | JobError::NotAccepted(_)) => {}
            Err(error) => tracing::warn!(%error, "the expiry will be found again"),
        }
    }

    /// Sends a hint without delay; one that is not sent is found by the reminder.
    pub(crate) async fn hint_now(&self, hint: &Hint) {
        if let Err(error) = self.queue.post(Outgoing::now(hint)).await {
            tracing::warn!(%error, "a hint was not sent: the reminder will find the row");
            metrics::hint_lost();
        }
    }
}
