//! What can be done to a preview, each with what it will do.

use maud::{Markup, html};
use tempus_model::{AccessMode, Phase};

use crate::console::dialog::{Dialog, Field, Kind, lengths};
use crate::console::words;
use crate::shape::{PreviewView, ServiceView};
use crate::state::Api;

/// What is offered of it now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offered {
    pub wake: bool,
    pub link: bool,
    /// Another end, another specification, none of it any more.
    pub change: bool,
}

impl Offered {
    pub fn of(preview: &PreviewView) -> Self {
        let is_wanted = preview.ending.is_none();
        Self {
            wake: preview.phase == Phase::Asleep,
            link: is_wanted && preview.access != AccessMode::Open && preview.url.is_some(),
            change: is_wanted,
        }
    }
}

/// All of them, closed.
pub(super) fn dialogs(preview: &PreviewView, api: &Api) -> Markup {
    let offered = Offered::of(preview);
    html! {
        @if offered.wake { (wake(preview)) }
        @if offered.link { (link(preview)) }
        @if offered.change {
            (extend(preview, api)) (pin(preview, api))
            @if preview.pin.is_some() { (unpin(preview)) }
            (update(preview)) (destroy(preview))
        }
    }
}

fn call(preview: &PreviewView, method: &str, path: &str) -> String {
    format!("{method} /preview/{}{path}", preview.preview_id)
}

fn extend(preview: &PreviewView, api: &Api) -> Markup {
    let latest = api.config().ttl.longest();
    Dialog {
        id: "extend",
        title: "Extend",
        about: html! {
            p { "It ends at " (words::moment(preview.expires_at)) ". What is added is added to that, up to "
                (latest) " from now. Nothing is restarted." }
        },
        fields: lengths(
            "by",
            "Longer by",
            &[("30m", "30 minutes"), ("1h", "1 hour"), ("4h", "4 hours"), ("1d", "1 day")],
        ),
        call: call(preview, "POST", "/extend"),
        verb: "Extend",
        kind: Kind::Plain,
    }
    .show()
}

fn pin(preview: &PreviewView, api: &Api) -> Markup {
    let reason = Field {
        name: "reason",
        label: "Why",
        hint: "Shown wherever the preview is.",
        value: preview.pin.as_ref().map_or("", |pin| &pin.reason),
        required: true,
    };
    let latest = api.config().ttl.longest_pin();
    Dialog {
        id: "pin",
        title: "Pin",
        about: html! {
            p { "It lives until then, whatever is pushed or extended meanwhile, for up to " (latest) ". A destroy, or the "
                "end of its pull request, ends it all the same." }
        },
        fields: html! {
            (reason.show())
            (lengths("for", "For", &[("1d", "1 day"), ("3d", "3 days"), ("7d", "7 days"), ("14d", "14 days")]))
        },
        call: call(preview, "POST", "/pin"),
        verb: "Pin",
        kind: Kind::Plain,
    }
    .show()
}

fn unpin(preview: &PreviewView) -> Markup {
    Dialog {
        id: "unpin",
        title: "Unpin",
        about: html! {
            p { "It lives as long as it would have without the pin, but for the default life from now at least, "
                "if the pin would have lasted so long." }
        },
        fields: html! {},
        call: call(preview, "DELETE", "/pin"),
        verb: "Unpin",
        kind: Kind::Plain,
    }
    .show()
}

fn wake(preview: &PreviewView) -> Markup {
    Dialog {
        id: "wake",
        title: "Wake",
        about: html! { p { "What it runs is started again, as by a request to its address." } },
        fields: html! {},
        call: call(preview, "POST", "/wake"),
        verb: "Wake",
        kind: Kind::Plain,
    }
    .show()
}

fn link(preview: &PreviewView) -> Markup {
    Dialog {
        id: "link",
        title: "Make a link",
        about: html! { p { "Whoever has the link gets in without a password, until it ends. It is kept nowhere." } },
        fields: lengths(
            "ttl",
            "Good for",
            &[("1h", "1 hour"), ("8h", "8 hours"), ("1d", "1 day")],
        ),
        call: call(preview, "GET", "/link"),
        verb: "Make the link",
        kind: Kind::Link,
    }
    .show()
}

fn update(preview: &PreviewView) -> Markup {
    let commit = Field {
        name: "commit_sha",
        label: "Commit",
        hint: "7 to 64 hex digits, for people to know what this is.",
        value: preview.commit_sha.as_deref().unwrap_or_default(),
        required: false,
    };
    Dialog {
        id: "update",
        title: "Update",
        about: html! {
            p { "What is new is started beside what runs and takes its place when it is healthy. If it cannot be "
                "made, what runs now stays, and the job says why. What is left as it is, stays as it is." }
        },
        fields: html! {
            @match preview.services.as_slice() {
                [only] => (what(only, "")),
                several => @for service in several {
                    fieldset data-service=(service.name) {
                        legend { (service.name) }
                        (what(service, &format!("{}.", service.name)))
                    }
                },
            }
            (commit.show())
        },
        call: call(preview, "POST", "/update"),
        verb: "Update",
        kind: Kind::Plain,
    }
    .show()
}

/// What a service runs, in the field of the call that is named so after what is before it.
fn what(service: &ServiceView, before: &str) -> Markup {
    let (name, label, value) = match (&service.image, &service.command) {
        (Some(image), _) => ("image", "Image", image.as_str()),
        (None, command) => ("command", "Command", command.as_deref().unwrap_or_default()),
    };
    let name = format!("{before}{name}");
    let field = Field {
        name: &name,
        label,
        hint: "",
        value,
        required: false,
    };
    field.show()
}

fn destroy(preview: &PreviewView) -> Markup {
    let owned = preview.resources.len();
    Dialog {
        id: "destroy",
        title: "Destroy",
        about: html! {
            p { b { (preview.name) } " and all that it owns" @if owned > 0 { " (" (owned) " resources)" }
                " is removed, whatever is under way. This cannot be taken back. Its history stays, and a receipt proves "
                "that nothing is left." }
        },
        fields: html! {},
        call: call(preview, "DELETE", ""),
        verb: "Destroy",
        kind: Kind::Final,
    }
    .show()
}
