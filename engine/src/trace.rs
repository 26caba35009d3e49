//! Which trace a message belongs to: W3C Trace Context, as it goes from the API through the queue
//! to a worker and on with the hints that the worker sends.
//!
//! Nothing depends on it. A hint that is lost, or stands in for another, loses its trace with it.
//! The two fields are those of the W3C's headers, which is what a propagator of OpenTelemetry
//! writes and reads.

use std::fmt;

use crate::chance;

/// The longest `tracestate` that is passed on, in bytes: as much as the W3C asks of everybody.
const LONGEST_STATE: usize = 512;

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// A place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// Of the form that [`TraceContext::parse`] takes.
    traceparent: String,
    tracestate: Option<String>,
}

impl TraceContext {
    /// The name of the first field, as a header and as a message's attribute.
    pub const TRACEPARENT: &str = "traceparent";
    /// The name of the second.
    pub const TRACESTATE: &str = "tracestate";

    /// Reads the fields of a header or a message. `None` if they name no trace; a state that nobody
    /// could pass on is left out.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let parts: Vec<_> = traceparent.split('-').collect();
        let [version, trace, span, flags] = parts.get(..4)?.try_into().ok()?;
        let hex = |part: &str, digits: usize| {
            part.len() == digits && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let set = |part: &str| part.bytes().any(|digit| digit != b'0');
        let well_formed = hex(version, 2)
            && version != "ff"
            && (version != "00" || parts.len() == 4)
            && hex(trace, 32)
            && set(trace)
            && hex(span, 16)
            && set(span)
            && hex(flags, 2);
        // What a later version adds is not understood, so it is not passed on.
        let traceparent = || format!("00-{trace}-{span}-{flags}");
        let can_pass = |state: &&str| {
            let mut bytes = state.bytes();
            (1..=LONGEST_STATE).contains(&state.len()) && bytes.all(|b| matches!(b, b' '..=b'~'))
        };
        well_formed.then(|| Self {
            traceparent: traceparent(),
            tracestate: tracestate.filter(can_pass).map(str::to_owned),
        })
    }

    /// The beginning of a trace.
    #[must_use]
    pub fn fresh() -> Self {
        // Zero is no id.
        let (trace, span) = (
            chance::random::<u128>().max(1),
            chance::random::<u64>().max(1),
        );
        Self {
            traceparent: format!("00-{trace:032x}-{span:016x}-01"),
            tracestate: None,
        }
    }

    /// What the task is a part of that asks, if it runs in a [`TraceContext::scope`].
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Runs a future as a part of this trace: messages that it makes carry it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The first field.
    pub fn traceparent(&self) -> &str {
        &self.traceparent
    }

    /// The second field.
    pub fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }

    /// The trace's id: what is the same in every log line of a request, whichever process wrote it.
    pub fn id(&self) -> &str {
        self.traceparent.get(3..35).unwrap_or_default()
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.traceparent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn what_names_a_trace_is_read() {
        let parent = format!("00-{ID}-00f067aa0ba902b7-01");
        let context = TraceContext::parse(&parent, Some("vendor=1,other=2")).unwrap();
        assert_eq!((context.id(), context.traceparent()), (ID, &*parent));
        assert_eq!(context.tracestate(), Some("vendor=1,other=2"));
        let later = TraceContext::parse(&format!("01-{ID}-00f067aa0ba902b7-01-more"), None);
        assert_eq!(later.unwrap().traceparent(), parent);
        let (a, b) = (TraceContext::fresh(), TraceContext::fresh());
        assert_eq!(TraceContext::parse(a.traceparent(), None), Some(a.clone()));
        assert_ne!(a.id(), b.id());
    }

    #[test]
    fn what_names_none_is_not() {
        for wrong in [
            String::new(),
            ID.to_owned(),
            format!("00-{ID}-00f067aa0ba902b7"),
            format!("00-{ID}-00f067aa0ba902b7-01-more"),
            format!("ff-{ID}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", ID.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{ID}-0000000000000000-01"),
            format!("00-{ID}-00f067aa0ba902b7-zz"),
            format!("00-{}é-00f067aa0ba902b7-01", &ID[2..]),
        ] {
            assert_eq!(TraceContext::parse(&wrong, None), None, "{wrong}");
        }
        let parent = format!("00-{ID}-00f067aa0ba902b7-01");
        for state in ["", "a=\u{1}", "ü=1", &"x".repeat(LONGEST_STATE + 1)] {
            let context = TraceContext::parse(&parent, Some(state)).unwrap();
            assert_eq!(context.tracestate(), None, "{state}");
        }
    }

    #[tokio::test]
    async fn a_message_belongs_to_the_trace_that_it_is_made_in() {
        let hint = tempus_model::Hint::Sweep;
        assert_eq!(crate::Outgoing::now(&hint).trace, None);
        let context = TraceContext::fresh();
        let made = context.clone().scope(async { crate::Outgoing::now(&hint) });
        assert_eq!(made.await.trace, Some(context));
    }
}
