//! The proxy's own answers: what each says.

use hyper::header::LOCATION;
use hyper::{Response, StatusCode};

use super::body::ProxyBody;
use super::site::Site;
use crate::visitor::{Card, Reader, Standing, shorten};

/// Everything that the proxy says itself.
#[derive(Debug)]
pub(super) enum Answer {
    /// The bare port, or a path on it that names no preview.
    Port,
    /// A preview's path without its closing slash.
    MissingSlash { location: String },
    /// No live route.
    Standing { site: Site, standing: Standing },
    /// The preview is up, but none of its services has this path.
    NoService { path: String },
    /// The service does not take connections.
    Restarting,
    /// The service took the request and gave no valid response.
    BrokenResponse,
    /// A host that is not served here.
    Misdirected { host: String },
    /// Not a request that can be routed at all.
    Malformed(&'static str),
}

impl Answer {
    /// The finished response, written for `reader`.
    pub(super) fn respond(self, reader: Reader) -> Response<ProxyBody> {
        self.card().respond(reader).map(ProxyBody::Own)
    }

    fn card(self) -> Card {
        match self {
            Self::Port => Card::new(
                StatusCode::NOT_FOUND,
                "port",
                "Previews are served here",
                "This port serves previews, each at http://{name}.localhost on this port and at \
                 /preview-{short}/, where {short} is the first eight digits of its id. \
                 This address names none.",
            ),
            Self::MissingSlash { location } => Card::new(
                StatusCode::PERMANENT_REDIRECT,
                "redirect",
                "The address ends with a slash",
                "A preview's path ends with a slash.",
            )
            .header(LOCATION, &location),
            Self::Standing { site, standing } => standing.card(&site),
            Self::NoService { path } => Card::new(
                StatusCode::NOT_FOUND,
                "no-service",
                "No service has this path",
                format!(
                    "The preview is up, but none of its services answers {}.",
                    shorten(&path)
                ),
            ),
            Self::Restarting => Card::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "restarting",
                "The preview does not answer yet",
                "Its process takes no connections: it is starting, or being started again.",
            )
            .retry_after(1),
            Self::BrokenResponse => Card::new(
                StatusCode::BAD_GATEWAY,
                "bad-gateway",
                "The preview broke off",
                "Its process took the request but gave no valid HTTP response. \
                 Its log says more.",
            ),
            Self::Misdirected { host } => Card::new(
                StatusCode::MISDIRECTED_REQUEST,
                "misdirected",
                "Not served under this host",
                format!(
                    "This port answers for {{name}}.localhost, localhost, 127.0.0.1 and [::1], \
                     not for {}.",
                    shorten(&host)
                ),
            ),
            Self::Malformed(detail) => Card::new(
                StatusCode::BAD_REQUEST,
                "malformed",
                "Not a request that can be routed",
                detail,
            ),
        }
    }
}
