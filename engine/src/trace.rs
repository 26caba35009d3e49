//! Which trace a message belongs to: W3C Trace Context, as it goes from the API through the queue
//! to a worker and on with the hints that the worker sends.
//!
//! Nothing depends on it. A hint that is lost, or stands in for another, loses its trace with it.
//! Where we are in a trace is what the current span says, whether or not anybody collects spans:
//! there is no second place where it is kept. What collects them is the program's own business.

use std::fmt;
use std::str::FromStr;

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The longest `tracestate` that is passed on, in bytes: as much as the W3C asks of everybody.
const LONGEST_STATE: usize = 512;

/// A place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext(SpanContext);

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
        let well_formed = hex(version, 2)
            && version != "ff"
            && (version != "00" || parts.len() == 4)
            && hex(trace, 32)
            && hex(span, 16)
            && hex(flags, 2);
        if !well_formed {
            return None;
        }
        let can_pass = |state: &&str| {
            let mut bytes = state.bytes();
            (1..=LONGEST_STATE).contains(&state.len()) && bytes.all(|b| matches!(b, b' '..=b'~'))
        };
        let state = tracestate.filter(can_pass);
        let state = state.and_then(|state| TraceState::from_str(state).ok());
        Self::named(SpanContext::new(
            TraceId::from_hex(trace).ok()?,
            SpanId::from_hex(span).ok()?,
            // What a later version adds is not understood, so it is not passed on.
            TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
            true,
            state.unwrap_or_default(),
        ))
    }

    /// Where the task is that asks; `None` outside of any span.
    pub fn current() -> Option<Self> {
        Self::of(&Span::current())
    }

    /// Where a span is. It begins by this: what it is a part of cannot be said any more.
    pub fn of(span: &Span) -> Option<Self> {
        Self::named(span.context().span().span_context().clone())
    }

    fn named(context: SpanContext) -> Option<Self> {
        context.is_valid().then_some(Self(context))
    }

    /// The first field.
    pub fn traceparent(&self) -> String {
        let flags = self.0.trace_flags().to_u8();
        format!("00-{}-{}-{flags:02x}", self.0.trace_id(), self.0.span_id())
    }

    /// The second field.
    pub fn tracestate(&self) -> Option<String> {
        Some(self.0.trace_state().header()).filter(|state| !state.is_empty())
    }

    /// The trace's id: what is the same in every log line of a request, whichever process wrote it.
    pub fn id(&self) -> String {
        self.0.trace_id().to_string()
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.traceparent())
    }
}

/// What a span can be told about its trace.
pub trait InTrace {
    /// Makes it a part of this trace, as what somebody asked for who is elsewhere.
    fn part_of(&self, parent: Option<&TraceContext>);

    /// Says that it came about because of something in another trace.
    fn linked_to(&self, cause: Option<&TraceContext>);

    /// Fills in the fields `trace_id` and `span_id`, as far as it was made with them: they are what
    /// a log line is found by.
    fn show_ids(&self);

    /// Says something of it to who collects spans, and not to the log.
    fn note(&self, key: &'static str, value: impl Into<opentelemetry::Value>);

    /// Names it to who collects spans, and not to the log.
    fn called(&self, name: String);

    /// Says that it ended badly, as what kind of error; to who collects spans, and not to the log.
    fn fails(&self, kind: impl Into<String>);
}

impl InTrace for Span {
    fn part_of(&self, parent: Option<&TraceContext>) {
        if let Some(TraceContext(parent)) = parent {
            // Refused where nothing follows spans, which is fine.
            let _ = self.set_parent(Context::new().with_remote_span_context(parent.clone()));
        }
    }

    fn linked_to(&self, cause: Option<&TraceContext>) {
        if let Some(TraceContext(cause)) = cause {
            self.add_link(cause.clone());
        }
    }

    fn show_ids(&self) {
        if let Some(TraceContext(place)) = TraceContext::of(self) {
            self.record("trace_id", tracing::field::display(place.trace_id()));
            self.record("span_id", tracing::field::display(place.span_id()));
        }
    }

    fn note(&self, key: &'static str, value: impl Into<opentelemetry::Value>) {
        self.set_attribute(key, value);
    }

    fn called(&self, name: String) {
        self.context().span().update_name(name);
    }

    fn fails(&self, kind: impl Into<String>) {
        let kind = kind.into();
        self.set_attribute("error.type", kind.clone());
        self.set_status(Status::error(kind));
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
        assert_eq!(
            (&*context.id(), context.traceparent()),
            (ID, parent.clone())
        );
        assert_eq!(context.tracestate().as_deref(), Some("vendor=1,other=2"));
        let later = TraceContext::parse(&format!("01-{ID}-00f067aa0ba902b7-01-more"), None);
        assert_eq!(later.unwrap().traceparent(), parent);
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

    #[test]
    fn outside_of_any_span_there_is_no_trace() {
        assert_eq!(TraceContext::current(), None);
        assert_eq!(TraceContext::of(&tracing::info_span!("unseen")), None);
    }
}
