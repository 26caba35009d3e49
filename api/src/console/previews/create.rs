//! The dialog that makes a preview.

use maud::{Markup, html};

use crate::console::dialog::{Dialog, Field, Kind, lengths};

/// The dialog, closed.
pub(super) fn create() -> Markup {
    let name = Field {
        name: "name",
        label: "Name",
        hint: "Part of its address. Without one it is given one; a name that you hold makes this an update.",
        value: "",
        required: false,
    };
    let command = Field {
        name: "command",
        label: "Command",
        hint: "Where previews are processes; it listens on $PORT.",
        value: "",
        required: false,
    };
    let dir = Field {
        name: "dir",
        label: "Folder",
        hint: "Where the command runs, from the root on.",
        value: "",
        required: false,
    };
    let image = Field {
        name: "image",
        label: "Image",
        hint: "Where previews are containers.",
        value: "",
        required: false,
    };
    Dialog {
        id: "create",
        title: "New preview",
        about: html! {
            p { "Answers at once; the preview is made in the background, and its page shows each step. "
                "The first is the timer that ends it." }
        },
        fields: html! {
            (name.show())
            (lengths("ttl", "Lifetime", &[("2h", "2 hours"), ("8h", "8 hours"), ("1d", "1 day"), ("7d", "7 days")]))
            details {
                summary { "What to run" }
                (command.show()) (dir.show()) (image.show())
            }
        },
        call: "POST /preview/create".to_owned(),
        verb: "Create",
        kind: Kind::Create,
    }
    .show()
}
