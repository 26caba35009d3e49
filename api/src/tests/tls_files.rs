//! What may be in the files of a certificate, and what is said of what may not.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::testing::Authority;
use crate::{Tls, TlsError};

struct Case {
    folder: tempfile::TempDir,
    authority: Authority,
    certificate: PathBuf,
    key: PathBuf,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path());
        let (certificate, key) = authority.sign(&["localhost"]);
        Self {
            folder,
            authority,
            certificate,
            key,
        }
    }

    fn load(&self) -> Result<(), TlsError> {
        Tls::load(self.certificate.clone(), self.key.clone()).map(drop)
    }

    /// What is wrong, which must name the folder's files and nothing that is in them.
    fn refused(&self) -> String {
        let said = self.load().unwrap_err().to_string();
        assert!(said.contains(self.folder.path().to_str().unwrap()), "{said}");
        let key = std::fs::read_to_string(&self.key).unwrap_or_default();
        for line in key.lines().filter(|line| line.len() > 10) {
            assert!(!said.contains(line), "{said}");
        }
        said
    }
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_that_everybody_can_read_is_refused() {
    let case = Case::new();
    for mode in [0o644, 0o604, 0o602, 0o666] {
        chmod(&case.key, mode);
        let said = case.refused();
        assert!(said.contains(&format!("mode {mode:o}")), "{said}");
    }
    for mode in [0o600, 0o640, 0o400] {
        chmod(&case.key, mode);
        case.load().unwrap();
    }
    chmod(&case.certificate, 0o644);
    case.load().unwrap();
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let case = Case::new();
    let (_, other) = case.authority.signed(&["localhost"]);
    std::fs::write(&case.key, other).unwrap();
    let said = case.refused();
    assert!(said.contains("tls.key is not the key of"), "{said}");
}

#[test]
fn what_is_missing_or_something_else_is_refused_by_its_file() {
    for (file, content, expected) in [
        ("tls.pem", Some(""), "tls.pem: must be certificates in PEM"),
        ("tls.pem", Some("hello"), "tls.pem: must be certificates"),
        ("tls.pem", None, "tls.pem: No such file"),
        ("tls.key", Some(""), "tls.key: must be one private key"),
        ("tls.key", Some("secret-and-no-key"), "tls.key: must be one"),
        (
            "tls.key",
            Some("-----BEGIN PRIVATE KEY-----\nc2VjcmV0IGFuZCBubyBrZXk=\n-----END PRIVATE KEY-----\n"),
            "tls.key: must be one private key",
        ),
        (
            "tls.pem",
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "tls.pem",
        ),
        ("tls.key", None, "tls.key: No such file"),
    ] {
        let case = Case::new();
        let path = case.folder.path().join(file);
        match content {
            Some(content) => std::fs::write(&path, content).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let said = case.refused();
        assert!(said.contains(expected), "{file} {content:?}: {said}");
    }
}
