//! References to secrets. A secret's value is nowhere but where the platform looks it up.

/// Where a platform looks a secret up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPlace {
    /// On AWS: a secret of Secrets Manager, or a parameter of Systems Manager.
    Arn,
    /// On one machine: a name in the server's secret file.
    Name,
}

/// What a reference must be. Whoever refuses one says this and never what stands there: it may be
/// the secret itself.
pub const SECRET_REFERENCE: &str = "must be a reference, never the secret itself: on AWS the ARN of a secret of Secrets Manager or \
     of a parameter of Systems Manager, on one machine a name in the server's secret file (capital \
     letters, digits and '_')";

/// The longest name in a secret file.
const LONGEST_NAME: usize = 64;

/// What a reference refers to; `None` if it is none.
pub fn secret_place(reference: &str) -> Option<SecretPlace> {
    if is_arn(reference) {
        Some(SecretPlace::Arn)
    } else if is_secret_name(reference) {
        Some(SecretPlace::Name)
    } else {
        None
    }
}

/// A regular expression of exactly what refers to something, in the dialect of JSON Schema.
pub fn secret_pattern() -> String {
    // What is printable, without the colon that parts an ARN.
    let part = "[!-9;-~]";
    let arn = format!(
        "arn:{part}+:(?:secretsmanager:{part}*:{part}*:secret:|ssm:{part}*:{part}*:parameter/)[!-~]*"
    );
    let rest = LONGEST_NAME - 1;
    format!("^(?:{arn}|[A-Z][A-Z0-9_]{{0,{rest}}})$")
}

/// Whether a text can be a name in a secret file.
pub fn is_secret_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let begins = parts.next() == Some("arn") && parts.next().is_some_and(|part| !part.is_empty());
    let service = parts.next();
    let rest = parts.nth(2).unwrap_or_default();
    let found = match service {
        Some("secretsmanager") => rest.starts_with("secret:"),
        Some("ssm") => rest.starts_with("parameter/"),
        _ => false,
    };
    begins && found && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_an_arn_or_a_name_and_nothing_else() {
        for arn in [
            "arn:aws:secretsmanager:eu-west-1:1:secret:token",
            "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME:KEY::",
            "arn:aws-cn:ssm:cn-north-1:1:parameter/app/token",
        ] {
            assert_eq!(secret_place(arn), Some(SecretPlace::Arn), "{arn}");
        }
        for name in ["TOKEN", "A", "STRIPE_KEY_2"] {
            assert_eq!(secret_place(name), Some(SecretPlace::Name), "{name}");
        }
        let long = "A".repeat(LONGEST_NAME + 1);
        for wrong in [
            "",
            "hunter2",
            "_A",
            "2FA",
            "A-B",
            "A B",
            "arn::secretsmanager:r:1:secret:x",
            "arn:aws:s3:::bucket",
            "arn:aws:secretsmanager:r:1:secret:a b",
            &long,
        ] {
            assert_eq!(secret_place(wrong), None, "{wrong}");
        }
    }
}
