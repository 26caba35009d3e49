//! What the server says of itself, as a collector hears it: one trace from the request to the last
//! call, a link from the expiry back to the create, and the numbers that `/metrics` shows. And that
//! nothing depends on anybody listening.

mod aws;
mod deaf;
mod local;

use tempus_tests::collector::{Span, Spans};
use tempus_tests::server::{Answer, Api};

/// A trace that a caller began, and the span in it that calls.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Asks for a preview as a part of the caller's trace.
async fn create(api: &Api, request: &serde_json::Value) -> Answer {
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let call = api.post("/preview/create", request);
    let call = call.header("traceparent", &parent).send();
    call.await
}

/// The names from a span up to the first of its trace, without those that stand for no doing.
fn path<'a>(spans: &'a Spans, span: &'a Span) -> Vec<&'a str> {
    let up = spans.up(span).into_iter();
    let names = up.map(|span| span.name.as_str());
    names
        .filter(|name| !["preview", "saga"].contains(name))
        .collect()
}

/// What the timer began: the first span of a trace of its own, which links to what set the timer.
fn expiry(spans: &Spans) -> &Span {
    // One that came early is sent again, with its link, as a part of the trace that it began.
    let linked = spans.0.iter().filter(|span| !span.links.is_empty());
    let first: Vec<_> = linked.filter(|span| span.parent.is_empty()).collect();
    let [expiry] = first[..] else {
        panic!("one that links and is the first of its trace: {first:#?}");
    };
    assert_eq!(expiry.name, "process hint");
    assert_ne!(expiry.trace, TRACE);
    let set_by = spans.only(TRACE, "execute timer");
    assert_eq!(expiry.links, [(TRACE.to_owned(), set_by.id.clone())]);
    expiry
}
