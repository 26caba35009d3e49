//! HTTP clients, and whom TLS trusts: the one place where any part of Tempus makes either.
//!
//! `reqwest` brings TLS but no cryptography here, and panics where a client is built without. So
//! every client is built from one of these, with `ring`; a lint keeps it that way. Whom a client
//! trusts is said where it is made: one that only talks to this machine trusts nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

/// Why it cannot be said whom to trust. Names the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// This machine has no certificates of authorities: install them, or name a file.
    #[error(
        "this system has no certificates of authorities to trust; install them (often the package \
         ca-certificates), or name a file in SSL_CERT_FILE"
    )]
    NoRoots,
    /// The file cannot be read: correct its name, or its permissions.
    #[error("{}: {reason}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file holds no certificate of an authority: put one there.
    #[error("{}: must be certificates of authorities in PEM", path.display())]
    Content {
        /// The file.
        path: PathBuf,
    },
}

/// A client for this machine, in the clear. Of whom it calls by HTTPS it trusts nobody.
pub fn plain() -> ClientBuilder {
    with(trusting(RootCertStore::empty()))
}

/// Whether a host of a URL is this very machine: what goes there, nobody sees or changes on its way.
pub fn is_this_machine(host: &str) -> bool {
    ["127.0.0.1", "[::1]", "localhost"].contains(&host)
}

/// A client that trusts the authorities that this system trusts.
pub fn public() -> Result<ClientBuilder, TrustError> {
    public_tls().map(with)
}

/// TLS that trusts the authorities that this system trusts.
pub fn public_tls() -> Result<ClientConfig, TrustError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(TrustError::NoRoots);
    }
    Ok(trusting(roots))
}

/// A client that trusts the authorities in this file, and nobody else.
pub fn private(authorities: &Path) -> Result<ClientBuilder, TrustError> {
    private_tls(authorities).map(with)
}

/// TLS that trusts the authorities in this file, and nobody else.
pub fn private_tls(authorities: &Path) -> Result<ClientConfig, TrustError> {
    let pem = std::fs::read(authorities).map_err(|error| TrustError::Unread {
        path: authorities.to_owned(),
        reason: error.to_string(),
    })?;
    let content = || TrustError::Content {
        path: authorities.to_owned(),
    };
    tls_of(&pem).ok_or_else(content)
}

/// TLS that trusts these authorities, in PEM, and nobody else. `None` if it is not them.
pub fn tls_of(authorities: &[u8]) -> Option<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities) {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then(|| trusting(roots))
}

/// A client with this TLS.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn with(tls: ClientConfig) -> ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(tls)
}

/// TLS by `ring`, before it is said whom to trust.
pub fn tls() -> ConfigBuilder<ClientConfig, WantsVerifier> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
}

/// The cryptography.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    tls().with_root_certificates(roots).with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_authorities_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let said = || private(&path).err().unwrap().to_string();
        assert!(said().contains("ca.pem: No such file"), "{}", said());
        for content in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!\n",
        ] {
            std::fs::write(&path, content).unwrap();
            assert!(said().ends_with("ca.pem: must be certificates of authorities in PEM"));
        }
    }

    #[tokio::test]
    async fn a_client_of_any_kind_can_be_built() {
        plain().build().unwrap();
        if let Ok(public) = public() {
            public.build().unwrap();
        }
    }
}
