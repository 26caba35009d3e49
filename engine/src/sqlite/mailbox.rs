//! The queue's messages, as a data structure: no clock, no waiting.
//!
//! ```text
//!   put(delay) ──► asleep ──► visible ──take──► in flight ──delete──► gone
//!                               ▲                   │ hide, or the visibility timeout
//!                               └───────────────────┘
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use tempus_model::{Hint, MessageId, PreviewId};
use tokio::time::Instant;

use crate::{Delivery, Depth, Handle, Outgoing, TraceContext};

type Number = u64;
type Group = Option<String>;

/// Every message that has not been deleted.
pub(super) struct Mailbox {
    start: u64,
    last: Number,
    messages: BTreeMap<Number, Message>,
    /// What is delayed or in flight, by when that ends.
    hidden: BTreeSet<(Instant, Number)>,
    /// What is visible, by group, and whose turn it is. A number whose message is gone by now is
    /// passed over.
    visible: BTreeMap<Group, VecDeque<Number>>,
    turn: VecDeque<Group>,
    /// The plain look at a preview that is visible and has never been delivered. One more would
    /// say nothing that this one, still to be delivered, does not: it is dropped, so that
    /// reminders of a preview that no worker gets to do not pile up.
    unread: HashMap<PreviewId, Number>,
}

struct Message {
    body: String,
    group: Group,
    look: Option<PreviewId>,
    trace: Option<TraceContext>,
    receives: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Delayed(Instant),
    Visible,
    InFlight(Instant),
}

impl Mailbox {
    pub(super) fn new(start: u64) -> Self {
        Self {
            start,
            last: 0,
            messages: BTreeMap::new(),
            hidden: BTreeSet::new(),
            visible: BTreeMap::new(),
            turn: VecDeque::new(),
            unread: HashMap::new(),
        }
    }

    /// Adds a message that becomes visible after a delay.
    pub(super) fn put(&mut self, message: &Outgoing, now: Instant, delay: Duration) {
        let (about, reminds) = match Hint::decode(&message.body) {
            Ok(Hint::Look {
                preview,
                sent_by: None,
                reminds,
            }) => (Some(preview), reminds),
            _ => (None, false),
        };
        if delay.is_zero() && about.is_some_and(|preview| self.unread.contains_key(&preview)) {
            return;
        }
        // A reminder's hint stands for no other: it is not sent again when it is declined.
        let look = about.filter(|_| !reminds);
        self.last += 1;
        let until = now + delay;
        self.messages.insert(
            self.last,
            Message {
                body: message.body.clone(),
                group: message.group.clone(),
                look,
                trace: message.trace.clone(),
                receives: 0,
                state: State::Delayed(until),
            },
        );
        if delay.is_zero() {
            self.show(self.last);
        } else {
            self.hidden.insert((until, self.last));
        }
    }

    /// Delivers up to `most` visible messages, a group's after another's.
    pub(super) fn take(
        &mut self,
        most: usize,
        now: Instant,
        visibility: Duration,
    ) -> Vec<Delivery> {
        self.wake_up(now);
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(number) = self.next_in_turn()
        {
            let Some(message) = self.messages.get_mut(&number) else {
                continue;
            };
            let until = now + visibility;
            message.state = State::InFlight(until);
            message.receives += 1;
            self.hidden.insert((until, number));
            if let Some(preview) = message.look
                && self.unread.get(&preview) == Some(&number)
            {
                self.unread.remove(&preview);
            }
            taken.push(Delivery {
                id: MessageId(format!("{}-{number}", self.start)),
                handle: Handle(format!("{}-{number}-{}", self.start, message.receives)),
                body: message.body.clone(),
                receives: message.receives,
                hidden_until: until,
                trace: message.trace.clone(),
            });
        }
        taken
    }

    /// When the next hidden message becomes visible.
    pub(super) fn next_change(&self) -> Option<Instant> {
        self.hidden.first().map(|(until, _)| *until)
    }

    /// Keeps a delivery hidden until then. One that is not in flight any more is left alone.
    pub(super) fn hide(&mut self, handle: &Handle, until: Instant) {
        let Some(number) = self.delivered(handle) else {
            return;
        };
        let Some(message) = self.messages.get_mut(&number) else {
            return;
        };
        if let State::InFlight(before) = message.state {
            message.state = State::InFlight(until);
            self.hidden.remove(&(before, number));
            self.hidden.insert((until, number));
        }
    }

    /// Forgets a message, unless it has been delivered again since.
    pub(super) fn delete(&mut self, handle: &Handle) {
        let Some(number) = self.delivered(handle) else {
            return;
        };
        if let Some(Message {
            state: State::InFlight(until),
            ..
        }) = self.messages.remove(&number)
        {
            self.hidden.remove(&(until, number));
        }
    }

    /// How many messages there are in which state.
    pub(super) fn depth(&mut self, now: Instant) -> Depth {
        self.wake_up(now);
        let mut depth = Depth::default();
        for message in self.messages.values() {
            match message.state {
                State::Delayed(_) => depth.delayed += 1,
                State::InFlight(_) => depth.in_flight += 1,
                State::Visible => depth.visible += 1,
            }
        }
        depth
    }

    fn wake_up(&mut self, now: Instant) {
        while let Some((until, number)) = self.hidden.first().copied()
            && until <= now
        {
            self.hidden.pop_first();
            self.show(number);
        }
    }

    fn show(&mut self, number: Number) {
        let Some(message) = self.messages.get_mut(&number) else {
            return;
        };
        message.state = State::Visible;
        if let Some(preview) = message.look.filter(|_| message.receives == 0) {
            self.unread.entry(preview).or_insert(number);
        }
        let waiting = self.visible.entry(message.group.clone()).or_default();
        if waiting.is_empty() {
            self.turn.push_back(message.group.clone());
        }
        waiting.push_back(number);
    }

    /// The next visible message of the group whose turn it is; the group goes to the back.
    fn next_in_turn(&mut self) -> Option<Number> {
        let group = self.turn.pop_front()?;
        let waiting = self.visible.get_mut(&group)?;
        let number = waiting.pop_front()?;
        if waiting.is_empty() {
            self.visible.remove(&group);
        } else {
            self.turn.push_back(group);
        }
        Some(number)
    }

    /// The message that a handle names, if it was not delivered again since.
    fn delivered(&self, handle: &Handle) -> Option<Number> {
        let mut parts = handle.0.split('-');
        let start: u64 = parts.next()?.parse().ok()?;
        let number: Number = parts.next()?.parse().ok()?;
        let receives: u32 = parts.next()?.parse().ok()?;
        let message = self.messages.get(&number)?;
        (start == self.start && message.receives == receives).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const VISIBILITY: Duration = Duration::from_secs(30);

    fn mailbox() -> (Mailbox, Instant) {
        (Mailbox::new(1), Instant::now())
    }

    fn from(group: &str, body: &str) -> Outgoing {
        Outgoing {
            body: body.to_owned(),
            group: Some(group.to_owned()),
            delay: Duration::ZERO,
            trace: None,
        }
    }

    fn bodies(deliveries: &[Delivery]) -> Vec<&str> {
        deliveries.iter().map(|d| d.body.as_str()).collect()
    }

    #[test]
    fn groups_take_turns() {
        let (mut mailbox, now) = mailbox();
        for body in ["a1", "a2", "a3", "b1", "b2", "c1"] {
            mailbox.put(&from(&body[..1], body), now, Duration::ZERO);
        }
        assert_eq!(
            bodies(&mailbox.take(4, now, VISIBILITY)),
            ["a1", "b1", "c1", "a2"]
        );
        mailbox.put(&from("c", "c2"), now, Duration::ZERO);
        assert_eq!(
            bodies(&mailbox.take(9, now, VISIBILITY)),
            ["b2", "a3", "c2"]
        );
    }

    #[test]
    fn a_deleted_message_does_not_end_its_groups_turn() {
        let (mut mailbox, now) = mailbox();
        mailbox.put(&from("a", "a1"), now, Duration::ZERO);
        let first = mailbox.take(1, now, VISIBILITY);
        mailbox.hide(&first[0].handle, now);
        mailbox.put(&from("a", "a2"), now, Duration::ZERO);
        assert_eq!(mailbox.depth(now).visible, 2);
        mailbox.delete(&first[0].handle);
        assert_eq!(bodies(&mailbox.take(1, now, VISIBILITY)), ["a2"]);
        assert_eq!(mailbox.depth(now).in_flight, 1);
    }

    /// A look is dropped only for one that is still to be delivered. One that is in flight, or
    /// was, may have been looked at before whatever the new one is about happened.
    #[test]
    fn only_a_look_that_is_yet_to_be_delivered_stands_for_another() {
        let (mut mailbox, now) = mailbox();
        let look = Outgoing::now(&Hint::look(PreviewId::new(Uuid::from_u128(1))));
        let other = Outgoing::now(&Hint::look(PreviewId::new(Uuid::from_u128(2))));
        for message in [&look, &look, &other, &look] {
            mailbox.put(message, now, Duration::ZERO);
        }
        mailbox.put(&look, now, Duration::from_secs(5));
        assert_eq!(
            (mailbox.depth(now).visible, mailbox.depth(now).delayed),
            (2, 1)
        );

        let first = mailbox.take(1, now, VISIBILITY);
        mailbox.put(&look, now, Duration::ZERO);
        assert_eq!(mailbox.depth(now).visible, 2, "the first is in flight");
        mailbox.hide(&first[0].handle, now);
        let looks = mailbox.take(9, now, VISIBILITY);
        assert_eq!(looks.len(), 3, "delivered again, and the two others");
        mailbox.hide(&looks[2].handle, now);
        assert_eq!(mailbox.depth(now).visible, 1);
        mailbox.put(&look, now, Duration::ZERO);
        assert_eq!(
            mailbox.depth(now).visible,
            2,
            "the one that is visible was delivered before"
        );

        let garbage = from("a", "not a hint");
        mailbox.put(&garbage, now, Duration::ZERO);
        mailbox.put(&garbage, now, Duration::ZERO);
        assert_eq!(mailbox.depth(now).visible, 4);
    }

    #[test]
    fn a_handle_of_another_process_names_nothing() {
        let (mut mailbox, now) = mailbox();
        mailbox.put(&from("a", "a1"), now, Duration::ZERO);
        mailbox.take(1, now, VISIBILITY);
        for wrong in ["2-1-1", "1-1-2", "1-2-1", "1-1", "", "x-y-z"] {
            mailbox.delete(&Handle(wrong.to_owned()));
            assert_eq!(mailbox.depth(now).in_flight, 1, "{wrong}");
        }
        mailbox.delete(&Handle("1-1-1".to_owned()));
        assert_eq!(mailbox.depth(now), Depth::default());
    }
}
