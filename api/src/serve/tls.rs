//! TLS with a certificate that may be exchanged while connections are open.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tracing::{info, warn};

use super::certificate::Files;
pub use super::certificate::TlsError;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// TLS 1.2 and 1.3 with the certificate of two files, which are looked at again now and then: a
/// new pair is used for the connections that begin after it was seen.
pub struct Tls {
    files: Files,
    config: Arc<ServerConfig>,
    current: Arc<Current>,
    look: Duration,
}

/// The pair in use.
struct Current {
    provider: Arc<CryptoProvider>,
    pair: RwLock<Used>,
}

struct Used {
    pair: Arc<CertifiedKey>,
    /// Of the files as they last were, whether or not they could be used.
    seen: [u8; 32],
}

impl Tls {
    /// With what these files hold now.
    pub fn load(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let files = Files { certificate, key };
        let provider = Arc::new(ring::default_provider());
        let contents = files.read()?;
        let used = Used {
            pair: Arc::new(files.pair(&contents, &provider)?),
            seen: contents.digest(),
        };
        let current = Arc::new(Current {
            provider: Arc::clone(&provider),
            pair: RwLock::new(used),
        });
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Unusable {
                certificate: files.certificate.clone(),
                key: files.key.clone(),
                reason: error.to_string(),
            })?;
        let resolver = Arc::clone(&current) as Arc<dyn ResolvesServerCert>;
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files,
            config: Arc::new(config),
            current,
            look: LOOK,
        })
    }

    /// Looks at the files this often instead of every ten seconds.
    #[must_use]
    pub const fn looking_every(mut self, look: Duration) -> Self {
        self.look = look;
        self
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.config).into()
    }

    /// Keeps the pair up to date, for ever. What cannot be used is said once and left alone: the
    /// two files are rarely replaced in the same moment, and the old pair still works.
    pub(super) async fn tend(&self) {
        loop {
            tokio::time::sleep(self.look).await;
            let (files, current) = (self.files.clone(), Arc::clone(&self.current));
            let looked = tokio::task::spawn_blocking(move || current.look(&files)).await;
            match looked {
                Ok(Ok(true)) => info!(
                    certificate = %self.files.certificate.display(),
                    "a new certificate is in use"
                ),
                Ok(Ok(false)) => {}
                Ok(Err(error)) => warn!(%error, "the certificate in use stays: the new one cannot be used"),
                Err(error) => warn!(%error, "the certificate's files were not looked at"),
            }
        }
    }
}

impl Current {
    /// Takes what the files hold, if it is new; whether it was.
    fn look(&self, files: &Files) -> Result<bool, TlsError> {
        let contents = files.read()?;
        let digest = contents.digest();
        if self.read().1 == digest {
            return Ok(false);
        }
        let pair = files.pair(&contents, &self.provider);
        let mut used = self.pair.write().unwrap_or_else(PoisonError::into_inner);
        used.seen = digest;
        used.pair = Arc::new(pair?);
        Ok(true)
    }

    fn read(&self) -> (Arc<CertifiedKey>, [u8; 32]) {
        let used = self.pair.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&used.pair), used.seen)
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.read().0)
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}
