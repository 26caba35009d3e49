//! Signed texts with an end: a session, a link.

use tempus_model::{AccessVersion, Timestamp};

use super::GateKeys;

/// What a signed text is for. One for another purpose is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A cookie's.
    Session,
    /// A link's.
    Link,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Link => "link",
        }
    }
}

/// What a signed text opens.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    preview: String,
    version: AccessVersion,
}

impl Subject {
    pub(super) fn new(preview: &str, version: AccessVersion) -> Self {
        Self {
            preview: preview.to_owned(),
            version,
        }
    }
}

/// Why a text does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsealed {
    /// It was good, and its time is over.
    Over,
    /// It was never good for this: another preview's, another password's, or tampered with.
    Bad,
}

/// A text that opens this until then: `{seconds since 1970}-{signature}`.
pub(super) fn seal(
    keys: &GateKeys,
    purpose: Purpose,
    subject: &Subject,
    until: Timestamp,
) -> String {
    let seconds = until.millis().div_euclid(1000);
    let signature = keys.sign(&message(purpose, subject, seconds));
    format!("{seconds}-{signature}")
}

/// Until when a text opens this.
pub(super) fn open(
    keys: &GateKeys,
    purpose: Purpose,
    subject: &Subject,
    text: &str,
    now: Timestamp,
) -> Result<Timestamp, Unsealed> {
    let (seconds, signature) = text.split_once('-').ok_or(Unsealed::Bad)?;
    let read: i64 = seconds.parse().map_err(|_| Unsealed::Bad)?;
    // One spelling for each time: `+5` and `05` were not given out.
    let until = read.checked_mul(1000).map(Timestamp::from_millis);
    let until = until.filter(|_| read.to_string() == seconds);
    let until = until.ok_or(Unsealed::Bad)?;
    if !keys.verify(&message(purpose, subject, read), signature) {
        return Err(Unsealed::Bad);
    }
    if until <= now {
        return Err(Unsealed::Over);
    }
    Ok(until)
}

/// No part of it can hold a NUL, so no two messages are alike.
fn message(purpose: Purpose, subject: &Subject, seconds: i64) -> String {
    let Subject { preview, version } = subject;
    format!("{}\0{preview}\0{version}\0{seconds}", purpose.as_str())
}

#[cfg(test)]
mod tests {
    use tempus_model::Access;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_text_opens_what_it_was_made_for_and_nothing_else() {
        let keys = GateKeys::parse(&"k".repeat(32)).unwrap();
        let subject = Subject::new("a", Access::Link.version());
        let text = seal(&keys, Purpose::Link, &subject, at(100));
        let link =
            |subject: &Subject, text: &str, now| open(&keys, Purpose::Link, subject, text, at(now));
        assert_eq!(link(&subject, &text, 99), Ok(at(100)));
        assert_eq!(link(&subject, &text, 100), Err(Unsealed::Over));
        let other = Subject::new("b", Access::Link.version());
        assert_eq!(link(&other, &text, 1), Err(Unsealed::Bad));
        let other = Subject::new("a", Access::Open.version());
        assert_eq!(link(&other, &text, 1), Err(Unsealed::Bad));
        let session = open(&keys, Purpose::Session, &subject, &text, at(1));
        assert_eq!(session, Err(Unsealed::Bad));

        let (_, signature) = text.split_once('-').unwrap();
        for tampered in [
            format!("101-{signature}"),
            format!("0100-{signature}"),
            format!("+100-{signature}"),
            format!("9223372036854775807-{signature}"),
            format!("100-{}", signature.replace(&signature[..1], "g")),
            format!("{text}0"),
            text.replace('-', ""),
            String::new(),
            "-".to_owned(),
        ] {
            assert_eq!(
                link(&subject, &tampered, 1),
                Err(Unsealed::Bad),
                "{tampered}"
            );
        }
    }
}
