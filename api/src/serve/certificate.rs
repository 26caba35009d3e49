//! A certificate and its key, from files.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, InconsistentKeys};

/// Why a certificate cannot be used. Names the file, and never anything that is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read: correct its name, or its permissions.
    #[error("{}: {reason}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Everybody on the machine can read the key: take that away.
    #[error("{}: everybody on this machine can read this key (mode {mode:03o}); chmod 600 it, or 640 for a group", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A file does not hold what it should: put that there.
    #[error("{}: must be {expects}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expects: &'static str,
    },
    /// The two files do not belong together: replace the one that is out of date.
    #[error("{} is not the key of the first certificate in {}; both must be of one certificate", key.display(), certificate.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate cannot be used with this key, for another reason.
    #[error("{} and {} cannot be used: {reason}", certificate.display(), key.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Largest file that is read: whole chains are a few kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What was in the files.
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Contents {
    /// Tells contents apart without keeping them.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update((self.certificate.len() as u64).to_be_bytes());
        digest.update(&self.certificate);
        digest.update(&self.key);
        digest.finalize().into()
    }
}

impl Files {
    /// Reads both.
    pub fn read(&self) -> Result<Contents, TlsError> {
        let certificate = read(&self.certificate, |_| Ok(()))?;
        let key = read(&self.key, |mode| {
            let is_exposed = mode & 0o007 != 0;
            let path = self.key.clone();
            (!is_exposed)
                .then_some(())
                .ok_or(TlsError::Exposed { path, mode })
        })?;
        Ok(Contents { certificate, key })
    }

    /// The pair, ready to be used.
    pub fn pair(
        &self,
        contents: &Contents,
        provider: &CryptoProvider,
    ) -> Result<CertifiedKey, TlsError> {
        let wrong = |path: &Path, expects| TlsError::Content {
            path: path.to_owned(),
            expects,
        };
        let chain = CertificateDer::pem_slice_iter(&contents.certificate);
        let chain: Vec<_> = chain.collect::<Result<_, _>>().unwrap_or_default();
        if chain.is_empty() {
            let expects = "certificates in PEM, the server's own first and then those that signed it";
            return Err(wrong(&self.certificate, expects));
        }
        let expects = "one private key in PEM, not encrypted (RSA, ECDSA or Ed25519)";
        let key = PrivateKeyDer::from_pem_slice(&contents.key);
        let key = key.map_err(|_| wrong(&self.key, expects))?;
        // The key alone first: what is wrong with it is told apart from what is wrong with both.
        let loaded = provider.key_provider.load_private_key(key.clone_key());
        loaded.map_err(|_| wrong(&self.key, expects))?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch {
                certificate: self.certificate.clone(),
                key: self.key.clone(),
            },
            error => TlsError::Unusable {
                certificate: self.certificate.clone(),
                key: self.key.clone(),
                reason: error.to_string(),
            },
        })
    }
}

fn read(
    path: &Path,
    permit: impl FnOnce(u32) -> Result<(), TlsError>,
) -> Result<Vec<u8>, TlsError> {
    let unread = |error: io::Error| TlsError::Unread {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(unread)?;
    // Of the file that is open, so that it is the one that is read.
    permit(file.metadata().map_err(unread)?.permissions().mode() & 0o777)?;
    let mut contents = Vec::new();
    let read = file.take(LARGEST).read_to_end(&mut contents);
    read.map_err(unread)?;
    Ok(contents)
}
