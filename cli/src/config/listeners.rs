//! The pool of load balancer listeners, as one text that every layer can carry.
//!
//! ```toml
//! listeners = """
//! name=a1 listener=arn:… balancer=arn:… dns=a1-1.elb.amazonaws.com mode=host:a1.example.com slots=95
//! name=a2 listener=arn:… balancer=arn:… dns=a2-1.elb.amazonaws.com mode=path slots=95
//! """
//! ```
//!
//! One listener a line; a `;` ends one too, for the environment and flags. Its fields stand in any
//! order, each exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::Setting;
use super::text::{Arn, Word};

/// One listener that previews may answer on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name, as rows remember it: it never changes while previews answer on it.
    pub name: Word,
    /// The listener's ARN.
    pub listener: Arn,
    /// The ARN of its load balancer.
    pub balancer: Arn,
    /// The DNS name of its load balancer.
    pub dns: Word,
    /// How it tells previews apart.
    pub mode: ListenerMode,
    /// How many previews it takes; a load balancer holds 100 target groups.
    pub slots: u32,
}

/// How a listener tells previews apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerMode {
    /// By host name, under a wildcard certificate of this domain.
    Host(Word),
    /// By path.
    Path,
}

impl Listener {
    /// A preview's URL on it, where `{name}` and `{short}` stand for the preview's.
    pub fn url(&self) -> String {
        match &self.mode {
            ListenerMode::Host(domain) => format!("https://{{name}}.{domain}/"),
            ListenerMode::Path => format!("http://{}/preview-{{short}}/", self.dns),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut fields = BTreeMap::new();
        for field in text.split_whitespace() {
            let (name, value) = field.split_once('=')?;
            if fields.insert(name, value).is_some() {
                return None;
            }
        }
        let mut take = |name| fields.remove(name);
        let read = Self {
            name: Word::read(take("name")?)?,
            listener: Arn::read(take("listener")?)?,
            balancer: Arn::read(take("balancer")?)?,
            dns: Word::read(take("dns")?)?,
            mode: ListenerMode::read(take("mode")?)?,
            slots: u32::read(take("slots")?)?,
        };
        fields.is_empty().then_some(read)
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            listener,
            balancer,
            dns,
            mode,
            slots,
        } = self;
        write!(
            f,
            "name={name} listener={listener} balancer={balancer} dns={dns} mode={mode} slots={slots}"
        )
    }
}

impl ListenerMode {
    fn read(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("host", domain)) => Word::read(domain).map(Self::Host),
            None if text == "path" => Some(Self::Path),
            _ => None,
        }
    }
}

impl fmt::Display for ListenerMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(domain) => write!(f, "host:{domain}"),
            Self::Path => f.write_str("path"),
        }
    }
}

impl Setting for Vec<Listener> {
    const EXPECTS: &'static str = "listeners, one a line or with \";\" between them, each with a \
        name of its own and all of \"name=a1 listener=ARN balancer=ARN dns=NAME \
        mode=path|host:DOMAIN slots=95\"";

    fn read(text: &str) -> Option<Self> {
        let entries = text.split(['\n', ';']).map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        let read: Self = entries.map(Listener::read).collect::<Option<_>>()?;
        let names: BTreeSet<_> = read.iter().map(|listener| listener.name.as_str()).collect();
        (names.len() == read.len()).then_some(read)
    }

    fn show(&self) -> Value {
        let entries: Vec<_> = self.iter().map(ToString::to_string).collect();
        entries.join("; ").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "name=a1 listener=arn:aws:elb:r:1:l balancer=arn:aws:elb:r:1:b dns=a1.elb \
                        mode=host:a1.example.com slots=95";
    const PATH: &str = "name=a2 listener=arn:aws:elb:r:1:l balancer=arn:aws:elb:r:1:b dns=a2.elb \
                        mode=path slots=5";

    #[test]
    fn lines_and_semicolons_say_the_same() {
        let lines = Vec::<Listener>::read(&format!("\n  {HOST}\n\n{PATH}\n")).unwrap();
        let line = format!("{HOST}; {PATH}");
        assert_eq!(Vec::<Listener>::read(&line).unwrap(), lines);
        assert_eq!(lines.show().as_str(), Some(line.as_str()));
        assert_eq!(lines[0].url(), "https://{name}.a1.example.com/");
        assert_eq!(lines[1].url(), "http://a2.elb/preview-{short}/");
    }

    #[test]
    fn what_is_missing_unknown_or_twice_is_refused() {
        for wrong in [
            PATH.replace(" slots=5", ""),
            PATH.replace("slots=5", "slots=0"),
            PATH.replace("mode=path", "mode=host:"),
            PATH.replace("mode=path", "mode=paths"),
            PATH.replace("dns=a2.elb", "dns"),
            format!("{PATH} weight=1"),
            format!("{PATH} slots=6"),
            format!("{PATH};{PATH}"),
        ] {
            assert!(Vec::<Listener>::read(&wrong).is_none(), "{wrong}");
        }
    }
}
