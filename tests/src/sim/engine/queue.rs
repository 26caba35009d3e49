//! The queue: at least once, in any order, and as unreliable as it is told to be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tempus_engine::{Clock, Delivery, Depth, Handle, Outgoing, Queue, QueueError, chance};
use tempus_model::{Hint, MessageId, Nonce, PreviewId};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::state::{State, lock};
use super::{Habits, Order, strikes, up_to};
use crate::sim::FaultKind;

/// The longest delay, as SQS has it.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// What a lost message costs at most: a minute until the reminder, and the reminder's own way.
const LOSS: Duration = Duration::from_secs(75);

/// The queue.
pub struct SimQueue {
    messages: Mutex<Messages>,
    changed: Notify,
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

struct Messages {
    habits: Habits,
    struck: BTreeMap<FaultKind, u64>,
    last: u64,
    all: BTreeMap<u64, Message>,
    /// When messages about a preview were lost or made late, and how much time each cost at most.
    harm: BTreeMap<PreviewId, Vec<(Instant, Duration)>>,
}

struct Message {
    sent: Outgoing,
    about: Option<PreviewId>,
    sent_by: Option<Nonce>,
    receives: u32,
    visible_at: Instant,
}

/// A message, as it is on the queue.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its id.
    pub id: MessageId,
    /// The claim that sent it ahead of its own release.
    pub sent_by: Option<Nonce>,
    /// When it is, or was, visible.
    pub visible_at: Instant,
    /// How often it was delivered.
    pub receives: u32,
}

impl SimQueue {
    pub(super) fn new(habits: Habits, state: Arc<Mutex<State>>, clock: Arc<dyn Clock>) -> Self {
        Self {
            messages: Mutex::new(Messages {
                habits,
                struck: BTreeMap::new(),
                last: 0,
                all: BTreeMap::new(),
                harm: BTreeMap::new(),
            }),
            changed: Notify::new(),
            state,
            clock,
        }
    }

    /// Puts a message on the queue, or loses it.
    pub(super) fn put(&self, message: &Outgoing) {
        let hint = Hint::decode(&message.body).ok();
        let about = hint.as_ref().and_then(Hint::preview);
        let sent_by = match hint {
            Some(Hint::Look { sent_by, .. }) => sent_by,
            _ => None,
        };
        let now = Instant::now();
        let mut messages = self.messages();
        if messages.strikes(FaultKind::QueueLost) {
            messages.harm(about, LOSS);
            return;
        }
        let late = if messages.strikes(FaultKind::QueueLate) {
            let late = up_to(messages.habits.late_by);
            messages.harm(about, late);
            late
        } else {
            Duration::ZERO
        };
        for _ in 0..=u32::from(messages.strikes(FaultKind::QueueDoubled)) {
            messages.last += 1;
            let number = messages.last;
            messages.all.insert(
                number,
                Message {
                    sent: message.clone(),
                    about,
                    sent_by,
                    receives: 0,
                    visible_at: now + message.delay.min(LONGEST_DELAY) + late,
                },
            );
        }
        drop(messages);
        self.changed.notify_waiters();
    }

    /// Everything that is on the queue, each with the preview that it is about.
    pub fn all(&self) -> Vec<(Option<PreviewId>, Waiting)> {
        let messages = self.messages();
        let all = messages.all.iter().map(|(number, message)| {
            let waiting = Waiting {
                id: MessageId(format!("m{number}")),
                sent_by: message.sent_by,
                visible_at: message.visible_at,
                receives: message.receives,
            };
            (message.about, waiting)
        });
        all.collect()
    }

    /// Behaves like this from now on.
    pub(super) fn behave(&self, habits: Habits) {
        self.messages().habits = habits;
    }

    /// Whether a fault strikes now, of those that are not a call's; it is counted.
    pub(super) fn strikes(&self, kind: FaultKind) -> bool {
        self.messages().strikes(kind)
    }

    /// How far from its time an alarm may fire.
    pub(super) fn alarm_off_by(&self) -> Duration {
        self.messages().habits.alarm_off_by
    }

    /// How often what struck, of the faults that are not a call's.
    pub fn struck(&self) -> BTreeMap<FaultKind, u64> {
        self.messages().struck.clone()
    }

    /// How much time it costs at most what was lost or made late of a preview's messages, of what was
    /// felt in this time before now or later.
    pub fn harm_within(&self, preview: PreviewId, time: Duration) -> Duration {
        let messages = self.messages();
        let harm = messages.harm.get(&preview).into_iter().flatten();
        harm.filter(|(at, cost)| at.elapsed() <= time + *cost)
            .map(|(_, cost)| *cost)
            .sum()
    }

    /// Notes that a message about this preview was lost on its way here.
    pub fn lose(&self, preview: PreviewId) {
        self.messages().harm(Some(preview), LOSS);
    }

    /// How many messages there are, whatever their state.
    pub fn len(&self) -> usize {
        self.messages().all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn messages(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Messages {
    fn harm(&mut self, about: Option<PreviewId>, cost: Duration) {
        if let Some(preview) = about {
            let harm = self.harm.entry(preview).or_default();
            harm.push((Instant::now(), cost));
        }
    }

    fn strikes(&mut self, kind: FaultKind) -> bool {
        let habits = &self.habits;
        let struck = strikes(match kind {
            FaultKind::QueueLost => habits.lost,
            FaultKind::QueueDoubled => habits.doubled,
            FaultKind::QueueLate => habits.late,
            FaultKind::AlarmLost => habits.alarms_lost,
            FaultKind::AlarmDoubled => habits.alarms_doubled,
            _ => 0,
        });
        if struck {
            *self.struck.entry(kind).or_default() += 1;
        }
        struck
    }

    fn take(&mut self, most: usize, now: Instant) -> Vec<Delivery> {
        let mut visible: Vec<_> = self
            .all
            .iter()
            .filter(|(_, message)| message.visible_at <= now)
            .map(|(number, message)| (message.visible_at, *number))
            .collect();
        visible.sort_unstable();
        let mut taken = Vec::new();
        while taken.len() < most && !visible.is_empty() {
            let at = match self.habits.order {
                Order::Kept => 0,
                Order::Any => chance::within(0..visible.len()),
            };
            let (_, number) = visible.remove(at);
            let twice = self.strikes(FaultKind::QueueDoubled);
            let visibility = self.habits.visibility;
            let Some(message) = self.all.get_mut(&number) else {
                continue;
            };
            message.receives += 1;
            // What is delivered twice stays visible although somebody has it.
            if !twice {
                message.visible_at = now + visibility;
            }
            taken.push(Delivery {
                id: MessageId(format!("m{number}")),
                handle: Handle(format!("{number}-{}", message.receives)),
                body: message.sent.body.clone(),
                receives: message.receives,
                hidden_until: now + visibility,
                trace: message.sent.trace.clone(),
            });
        }
        taken
    }

    /// The message that a handle names, if it was not delivered again since.
    fn delivered(&mut self, handle: &Handle) -> Option<(u64, &mut Message)> {
        let (number, receives) = handle.0.split_once('-')?;
        let (number, receives): (u64, u32) = (number.parse().ok()?, receives.parse().ok()?);
        let message = self.all.get_mut(&number)?;
        (receives == message.receives).then_some((number, message))
    }
}

#[async_trait]
impl Queue for SimQueue {
    async fn send(&self, messages: &[Outgoing]) -> Result<(), QueueError> {
        for message in messages {
            self.put(message);
        }
        Ok(())
    }

    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        let give_up = Instant::now() + wait;
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            let next = {
                let mut messages = self.messages();
                let taken = messages.take(most, now);
                if !taken.is_empty() || now >= give_up {
                    return Ok(taken);
                }
                messages
                    .all
                    .values()
                    .map(|message| message.visible_at)
                    .min()
            };
            let until = next.map_or(give_up, |next| next.min(give_up));
            let _ = tokio::time::timeout_at(until, changed).await;
        }
    }

    async fn hide(&self, handles: &[Handle], how_long: Duration) -> Result<(), QueueError> {
        let until = Instant::now() + how_long;
        let mut messages = self.messages();
        for handle in handles {
            if let Some((_, message)) = messages.delivered(handle) {
                message.visible_at = until;
            }
        }
        drop(messages);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn delete(&self, handles: &[Handle]) -> Result<(), QueueError> {
        let mut messages = self.messages();
        for handle in handles {
            if let Some((number, _)) = messages.delivered(handle) {
                messages.all.remove(&number);
            }
        }
        Ok(())
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        let (now, clock) = (Instant::now(), self.clock.now());
        let oldest = lock(&self.state).oldest_due(clock);
        let mut depth = Depth {
            oldest: oldest.map(|due| due.until(clock)).unwrap_or_default(),
            ..Depth::default()
        };
        for message in self.messages().all.values() {
            match (message.visible_at <= now, message.receives) {
                (true, _) => depth.visible += 1,
                (false, 0) => depth.delayed += 1,
                (false, _) => depth.in_flight += 1,
            }
        }
        Ok(depth)
    }

    fn longest_delay(&self) -> Duration {
        LONGEST_DELAY
    }
}
