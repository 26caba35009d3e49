//! The kinds of value a key can have: how each is read, what it accepts, how it is shown.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tempus_model::Ttl;
use tracing_subscriber::EnvFilter;

use crate::output::time::lifetime;

/// A kind of value.
pub trait Setting: Sized {
    /// What is accepted, in words that end a sentence which begins with "must be".
    const EXPECTS: &'static str;

    /// Reads a value as it is written in the environment or in a flag.
    fn read(text: &str) -> Option<Self>;

    /// The value as JSON; a text is what [`Setting::read`] would take.
    fn show(&self) -> Value;
}

impl Setting for Duration {
    const EXPECTS: &'static str =
        "a number and a unit (s, m, h or d), such as \"30s\", \"1.5m\" or \"2h\"";

    fn read(text: &str) -> Option<Self> {
        match text {
            "0s" => Some(Self::ZERO),
            _ => text.parse().ok().map(Ttl::duration),
        }
    }

    fn show(&self) -> Value {
        lifetime(*self).into()
    }
}

impl Setting for Ttl {
    const EXPECTS: &'static str =
        "more than zero: a number and a unit (s, m, h or d), such as \"90m\", \"2h\" or \"7d\"";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Value {
        self.duration().show()
    }
}

impl Setting for u32 {
    const EXPECTS: &'static str = "a whole number from 1 to 4294967295";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|&number| number > 0)
    }

    fn show(&self) -> Value {
        (*self).into()
    }
}

impl Setting for usize {
    const EXPECTS: &'static str = "a whole number from 1 to 1000";

    fn read(text: &str) -> Option<Self> {
        text.parse()
            .ok()
            .filter(|number| (1..=1000).contains(number))
    }

    fn show(&self) -> Value {
        (*self).into()
    }
}

impl Setting for PathBuf {
    const EXPECTS: &'static str = "a path, not empty";

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains('\0')).then(|| text.into())
    }

    fn show(&self) -> Value {
        self.display().to_string().into()
    }
}

impl Setting for String {
    const EXPECTS: &'static str = "a command line, not empty";

    fn read(text: &str) -> Option<Self> {
        (!text.trim().is_empty() && !text.contains('\0')).then(|| text.to_owned())
    }

    fn show(&self) -> Value {
        self.as_str().into()
    }
}

/// Which log lines are written, in the words of `tracing`'s filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter's text; it has been read once, so it can be read again.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl Setting for LogFilter {
    const EXPECTS: &'static str = "error, warn, info, debug, trace or off, alone or by module, \
        such as \"info,tempus_worker=debug\"";

    fn read(text: &str) -> Option<Self> {
        (!text.trim().is_empty() && EnvFilter::builder().parse(text).is_ok())
            .then(|| Self(text.to_owned()))
    }

    fn show(&self) -> Value {
        self.0.as_str().into()
    }
}

/// A value that is one of a few words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $expects:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $word,)+
                })
            }
        }

        impl Setting for $name {
            const EXPECTS: &'static str = $expects;

            fn read(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn show(&self) -> Value {
                self.to_string().into()
            }
        }
    };
}

choice!(
    /// What keeps rows, hints and timers.
    EngineKind, "\"sqlite\" or \"aws\"" {
        /// One file in the data folder, for one process.
        Sqlite = "sqlite",
        /// DynamoDB, SQS and EventBridge Scheduler, for any number of processes.
        Aws = "aws",
    }
);

choice!(
    /// Where previews run.
    PlatformKind, "\"local\" or \"aws\"" {
        /// Processes on this machine.
        Local = "local",
        /// ECS Fargate behind application load balancers.
        Aws = "aws",
    }
);

choice!(
    /// Who calls AWS.
    CredentialsKind, "\"ambient\" or \"emulator\"" {
        /// Whoever AWS's own tools would be here: environment, profile, container, instance.
        Ambient = "ambient",
        /// Nobody, which is enough for an emulator.
        Emulator = "emulator",
    }
);

choice!(
    /// What tasks run on.
    CapacityKind, "\"fargate\" or \"fargate_spot\"" {
        /// Fargate on demand.
        Fargate = "fargate",
        /// Fargate Spot, which may be taken away.
        FargateSpot = "fargate_spot",
    }
);

choice!(
    /// The calls that share a request rate of the account's.
    RateFamily, "a family of calls" {
        /// Registering and deregistering task definitions.
        TaskDefinitionChanges = "task_definition_changes",
        /// Deleting task definitions.
        TaskDefinitionDeletes = "task_definition_deletes",
        /// Creating, updating and deleting services.
        ServiceChanges = "service_changes",
        /// Reading services, tasks and task definitions.
        EcsReads = "ecs_reads",
        /// Changing target groups and rules.
        ElbChanges = "elb_changes",
        /// Reading target groups and rules.
        ElbReads = "elb_reads",
        /// Reading logs.
        LogReads = "log_reads",
        /// Making, changing, reading and deleting security groups.
        SecurityGroups = "security_groups",
    }
);

choice!(
    /// Whether something is wanted.
    Answer, "\"yes\" or \"no\"" {
        /// It is.
        Yes = "yes",
        /// It is not.
        No = "no",
    }
);

choice!(
    /// How a server is spoken to.
    #[derive(Default)]
    TlsKind, "\"auto\", \"verify\" or \"off\"" {
        /// In the clear on this machine, by TLS everywhere else.
        #[default]
        Auto = "auto",
        /// By TLS; its certificate must be good.
        Verify = "verify",
        /// In the clear.
        Off = "off",
    }
);

choice!(
    /// Who may see a preview whose request does not say.
    AccessKind, "\"open\" or \"link\"" {
        /// Whoever can reach it.
        Open = "open",
        /// Whoever was given a signed link.
        Link = "link",
    }
);

choice!(
    /// How log lines are written.
    LogFormat, "\"auto\", \"text\" or \"json\"" {
        /// Text on a terminal, JSON elsewhere.
        Auto = "auto",
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_again() {
        for text in ["0s", "1.5s", "30s", "15m", "30d"] {
            let shown = Duration::read(text).unwrap().show();
            assert_eq!(shown.as_str(), Some(text));
        }
    }
}
