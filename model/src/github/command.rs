//! Commands in comments: `/preview`, `/preview extend 2d`, `/preview pin 14d the demo`, `/preview wake`,
//! `/preview stop`.

use serde::{Deserialize, Serialize};

use crate::{By, Did, Person, PinReason, Timestamp, Ttl};

/// A command as somebody wrote it. Whether they may is asked before it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The comment that it is in: what tells it from every other.
    pub comment: u64,
    /// Who wrote it.
    pub by: String,
    /// Their stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// What it asks for.
    pub kind: CommandKind,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Make a preview, whatever labels and draft say; of a fork, of exactly this commit.
    Preview {
        /// The commit, or its beginning, where one is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
    },
    /// Let it live this long from now.
    Extend(Ttl),
    /// Wake it, if it sleeps.
    Wake,
    /// Let it live this long from now, beyond what others may, for a reason.
    Pin {
        /// How long.
        length: Ttl,
        /// Why.
        reason: PinReason,
    },
    /// Let it live no longer than others.
    Unpin,
    /// Take it down, and make no other until somebody asks for one.
    Stop,
    /// Something else: what would be accepted is said.
    Unknown,
}

impl CommandKind {
    /// What is accepted, to be said to whoever wrote something else.
    pub const ACCEPTED: &str = "`/preview`, `/preview COMMIT`, `/preview extend 2d`, `/preview pin 14d REASON`, `/preview \
         unpin`, `/preview wake` and `/preview stop` are understood";

    /// The command in a comment: the first line that begins with `/preview`. Quoted lines and code
    /// are no commands, since they begin with something else.
    pub fn find(comment: &str) -> Option<Self> {
        comment.lines().find_map(Self::of_line)
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        if !line.starts_with("/preview") || words.next() != Some("/preview") {
            return None;
        }
        let words: Vec<_> = words.collect();
        Some(match words.as_slice() {
            [] => Self::Preview { commit: None },
            ["stop"] => Self::Stop,
            ["wake"] => Self::Wake,
            ["unpin"] => Self::Unpin,
            ["pin", length, reason @ ..] => match (length.parse(), reason.join(" ").parse()) {
                (Ok(length), Ok(reason)) => Self::Pin { length, reason },
                _ => Self::Unknown,
            },
            ["extend", length] => length.parse().map_or(Self::Unknown, Self::Extend),
            [commit] if is_commit(commit) => Self::Preview {
                commit: Some(commit.to_ascii_lowercase()),
            },
            _ => Self::Unknown,
        })
    }
}

impl Command {
    /// Who wrote it, as having done this.
    pub fn who(&self, did: Did) -> By {
        By {
            person: Person {
                id: self.by_id,
                login: self.by.clone(),
            },
            did,
        }
    }
}

/// Whether a text names a commit, or enough of one that nobody makes another for it.
fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stands_alone_on_a_line() {
        let plain = Some(CommandKind::Preview { commit: None });
        assert_eq!(CommandKind::find("/preview"), plain);
        assert_eq!(
            CommandKind::find("Looks good!\r\n\r\n/preview  \r\n"),
            plain
        );
        assert_eq!(
            CommandKind::find("/preview stop\n/preview"),
            Some(CommandKind::Stop)
        );
        assert_eq!(CommandKind::find("/preview wake"), Some(CommandKind::Wake));
        let extend = CommandKind::Extend("2d".parse().unwrap());
        assert_eq!(CommandKind::find("/preview extend 2d"), Some(extend));
        let pin = CommandKind::Pin {
            length: "14d".parse().unwrap(),
            reason: "the demo on Friday".parse().unwrap(),
        };
        assert_eq!(
            CommandKind::find("/preview pin 14d the  demo on Friday\n"),
            Some(pin)
        );
        assert_eq!(
            CommandKind::find("/preview unpin"),
            Some(CommandKind::Unpin)
        );
        let commit = Some("abcdef1".to_owned());
        assert_eq!(
            CommandKind::find("/preview ABCDEF1"),
            Some(CommandKind::Preview { commit })
        );
        for no in [
            "",
            "preview",
            "> /preview",
            "    /preview",
            "`/preview`",
            "/previews",
            "see /preview",
        ] {
            assert_eq!(CommandKind::find(no), None, "{no}");
        }
        for unknown in [
            "/preview extend",
            "/preview extend soon",
            "/preview pin",
            "/preview pin 14d",
            "/preview pin the demo",
            "/preview now",
            "/preview abc",
            "/preview stop it",
        ] {
            assert_eq!(
                CommandKind::find(unknown),
                Some(CommandKind::Unknown),
                "{unknown}"
            );
        }
    }
}
