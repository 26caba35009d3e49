//! How times, states and amounts are written.
//!
//! A page has every time exactly, so that it is the same for as long as nothing changes; scripts make
//! relative ones of them, which keep going, and put the exact one behind.

use std::time::Duration;

use maud::{Markup, html};
use tempus_model::{JobStatus, Phase, StepState, Timestamp};

use crate::shape::{CostView, PreviewView, Usd, exact};

/// A point in time, for people.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let text = text.split('.').next().unwrap_or(&text);
    format!("{} UTC", text.replace('T', " "))
}

/// When something was.
pub(super) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(moment(at)) data-ago { (moment(at)) } }
}

/// When something will be.
pub(super) fn until(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(moment(at)) data-left { (moment(at)) } }
}

/// How long something took.
pub(super) fn took(length: Duration) -> String {
    exact(length)
}

/// An amount of money, where there is one.
pub(super) fn cost(cost: Option<&CostView>) -> Markup {
    html! {
        @match cost {
            Some(cost) => { (Usd(cost.so_far_usd).to_string()) }
            None => { span.none { "–" } }
        }
    }
}

/// What somebody should feel about a state: it has a colour, and always a word and a sign too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Quiet,
    Busy,
    Good,
    Warn,
    Bad,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// The sign's outline, in a square of sixteen.
    const fn sign(self) -> &'static str {
        match self {
            Self::Quiet => "M4.5 8h7",
            Self::Busy => "M8 4.5V8l2.5 1.5",
            Self::Good => "M5 8.2l2.1 2.1L11 6",
            Self::Warn => "M8 4.8v3.8M8 10.9v.2",
            Self::Bad => "M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
        }
    }
}

/// A word with a sign.
pub(super) fn badge(tone: Tone, word: &str) -> Markup {
    html! {
        span class={ "badge " (tone.class()) } {
            svg viewBox="0 0 16 16" aria-hidden="true" {
                circle cx="8" cy="8" r="6.5" {}
                path d=(tone.sign()) {}
            }
            (word)
        }
    }
}

/// Where a preview stands; that it waits for a person matters more.
pub(super) fn phase(preview: &PreviewView) -> Markup {
    html! {
        (badge(tone(preview.phase), preview.phase.as_str()))
        @if preview.parked { " " (badge(Tone::Bad, "parked")) }
    }
}

/// The same as a few words, to be read out when it changes.
pub(super) fn said(preview: &PreviewView) -> String {
    let parked = if preview.parked { ", parked" } else { "" };
    format!("{} is {}{parked}", preview.name, preview.phase)
}

const fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Pending | Phase::Provisioning | Phase::Updating => Tone::Busy,
        Phase::Ready => Tone::Good,
        Phase::Asleep | Phase::Destroyed => Tone::Quiet,
        Phase::Destroying => Tone::Warn,
        Phase::Failed => Tone::Bad,
    }
}

/// How a job stands.
pub(super) fn status(status: JobStatus) -> Markup {
    let tone = match status {
        JobStatus::Queued | JobStatus::Running => Tone::Busy,
        JobStatus::Succeeded => Tone::Good,
        JobStatus::Failed | JobStatus::Parked => Tone::Bad,
        JobStatus::Superseded => Tone::Quiet,
    };
    badge(tone, &status.to_string())
}

/// How a step stands.
pub(super) fn step(state: StepState) -> Markup {
    let (tone, word) = match state {
        StepState::Running => (Tone::Busy, "running"),
        StepState::Waiting => (Tone::Busy, "waiting"),
        StepState::Done => (Tone::Good, "done"),
        StepState::Failed => (Tone::Bad, "failed"),
        StepState::Removing => (Tone::Warn, "removing"),
        StepState::Removed => (Tone::Quiet, "removed"),
        StepState::Stuck => (Tone::Bad, "stuck"),
    };
    badge(tone, word)
}

/// A commit as people write it.
pub(super) fn commit(sha: &str) -> &str {
    sha.get(..10).unwrap_or(sha)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_exact_times_for_scripts_to_relate() {
        let at = Timestamp::from_millis(1_767_225_600_123);
        assert_eq!(
            time(at).into_string(),
            "<time datetime=\"2026-01-01T00:00:00.123Z\" title=\"2026-01-01 00:00:00 UTC\" \
             data-ago>2026-01-01 00:00:00 UTC</time>"
        );
    }

    #[test]
    fn a_commit_is_cut_and_what_is_short_is_not() {
        assert_eq!(commit("0123456789abcdef"), "0123456789");
        assert_eq!(commit("0a1b2c3"), "0a1b2c3");
    }
}
