//! `tempus health`: a health check for images that have nothing else in them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use reqwest::{ClientBuilder, Url};
use rustls::DigitallySignedStruct;
use rustls::SignatureScheme;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Deserialize;
use tempus_steps::http;

use super::config::Settings;
use crate::client::{ClientError, Server};
use crate::config::Config;
use crate::context::is_this_machine;
use crate::failure::Failure;
use crate::output::Exit;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask whether a server or a worker lives: ends with 0 if it does, and with 7 if not
///
/// Without --url it is the one that this configuration would start here: the worker's listener if
/// worker.listen is set, and the API's otherwise.
#[derive(Debug, Clone, Args)]
pub struct Health {
    /// Where to ask
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Authorities to trust instead of the system's, in PEM; on this machine none is asked for
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// What a living process says.
#[derive(Deserialize)]
struct Said {
    status: String,
}

impl Health {
    /// Asks.
    pub async fn run(&self) -> Result<(), Failure> {
        let url = match &self.url {
            Some(url) => Url::parse(url)
                .map_err(|error| Failure::usage(format!("--url is {url:?}: {error}")))?,
            None => own(&self.settings.load()?.config)?,
        };
        let mut asked = url.clone();
        asked.set_path(&format!("{}/health", url.path().trim_end_matches('/')));
        let client = self.client(&url)?.timeout(PATIENCE);
        let client = client.redirect(reqwest::redirect::Policy::none());
        let unwell = |why: String| {
            let message = format!("{asked}: {why}");
            Failure::new(Exit::Unreachable, message)
        };
        let client = client.build().map_err(|error| unwell(error.to_string()))?;
        let sent = client.get(asked.clone()).send().await;
        let answer = sent.map_err(|error| unwell(crate::client::cause(&error)))?;
        let status = answer.status();
        match answer.json::<Said>().await {
            Ok(said) if status.is_success() && said.status == "ok" => Ok(()),
            _ => Err(unwell(format!("answered {status}, and not that it is well"))),
        }
    }

    /// A client that says nothing of itself, so on this machine it need not know whom it asks: a
    /// certificate is for the name that others call the server by.
    fn client(&self, url: &Url) -> Result<ClientBuilder, ClientError> {
        if url.scheme() == "https" && is_this_machine(url) {
            let tls = http::tls()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody(http::provider())))
                .with_no_client_auth();
            return Ok(http::with(tls).no_proxy());
        }
        let mut server = Server::at(url.clone());
        server.ca_file.clone_from(&self.ca_file);
        server.client()
    }
}

/// The address that this configuration listens on, as it is called from here.
fn own(config: &Config) -> Result<Url, Failure> {
    let (key, listen, scheme) = match (config.worker.listen, &config.api.tls_key) {
        (Some(listen), _) => ("worker.listen", listen, "http"),
        (None, Some(_)) => ("api.listen", config.api.listen, "https"),
        (None, None) => ("api.listen", config.api.listen, "http"),
    };
    let mut addr = listen.addr();
    if addr.port() == 0 {
        let message = format!("{key} is {addr}, which is another port each time; name one by --url");
        return Err(Failure::usage(message));
    }
    if addr.ip().is_unspecified() {
        addr.set_ip(match addr.is_ipv4() {
            true => std::net::Ipv4Addr::LOCALHOST.into(),
            false => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    Url::parse(&format!("{scheme}://{addr}")).map_err(|error| Failure::usage(error.to_string()))
}

/// Takes anybody's certificate, provided that it is who it says it is.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.0.signature_verification_algorithms;
        known.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    #[test]
    fn what_is_listened_on_is_called_from_here() {
        let mut config = Config::default();
        let mut url = |listen: &str, worker: &str, key: Option<&str>| {
            config.api.listen = Setting::read(listen).unwrap();
            config.worker.listen = Setting::read(worker).unwrap();
            config.api.tls_key = key.map(PathBuf::from);
            own(&config).map(|url| url.to_string()).map_err(|failure| failure.exit)
        };
        let said = |text: &str| Ok(text.to_owned());
        assert_eq!(url("127.0.0.1:8080", "", None), said("http://127.0.0.1:8080/"));
        assert_eq!(url("0.0.0.0:8443", "", Some("k")), said("https://127.0.0.1:8443/"));
        assert_eq!(url("[::]:80", "", None), said("http://[::1]/"));
        assert_eq!(url("0.0.0.0:8443", "10.0.0.5:9", Some("k")), said("http://10.0.0.5:9/"));
        assert_eq!(url("127.0.0.1:0", "", None), Err(Exit::Usage));
    }
}
