//! One request to a live preview, and its answer.

use hyper::body::Incoming;
use hyper::upgrade;
use hyper::{Request, Response, StatusCode, Version};
use tracing::{debug, warn};

use super::address::{Address, Target};
use super::answer::Answer;
use super::body::ProxyBody;
use super::headers::{self, Hop, Protocols};
use super::routes::{Live, Visit};
use super::server::Lifeline;
use super::tunnel;
use super::upstream::Unanswered;
use crate::gate::{strip_cookie, without_key};
use crate::visitor::ANSWER_HEADER;

/// Passes a request on. Bodies stream both ways; nothing is kept.
pub(super) async fn forward(
    Visit { live, in_flight }: Visit,
    target: Target,
    address: &Address,
    hop: Hop,
    lifeline: &Lifeline,
    mut request: Request<Incoming>,
) -> Result<Response<ProxyBody>, Answer> {
    let Some(backend) = live.backend(target.path.path()) else {
        return Err(Answer::NoService {
            path: target.path.path().to_owned(),
        });
    };
    let offered = Protocols::of(request.headers());
    let prefix = target.prefix.as_deref();
    headers::prepare_request(request.headers_mut(), address, prefix, hop);
    // The gate's, whether or not there is one at this moment.
    strip_cookie(request.headers_mut());
    let path = without_key(&target.path);
    let client = upgrade::on(&mut request);
    if let Some(protocols) = &offered {
        protocols.announce(request.headers_mut());
    }

    let sent = live.upstream.send(backend.port, path, request);
    let mut response = sent.await.map_err(|why| {
        if let Unanswered::Refused { port, .. } = why {
            live.passed_over(port);
        }
        unanswered(&live, &why)
    })?;

    let chosen = Protocols::of(response.headers());
    headers::strip_hop_by_hop(response.headers_mut());
    // Only an answer of the proxy's own carries it.
    response.headers_mut().remove(ANSWER_HEADER);
    // The connection to the client has its own version.
    *response.version_mut() = Version::HTTP_11;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response.map(|stream| ProxyBody::app(stream, in_flight)));
    }

    let agreed = chosen.filter(|chosen| offered.is_some_and(|offered| offered.offer(chosen)));
    let Some(protocol) = agreed else {
        let preview = &live.route.preview;
        warn!(%preview, "the service changed to a protocol that was not asked for");
        return Err(Answer::BrokenResponse);
    };
    let app = upgrade::on(&mut response);
    protocol.announce(response.headers_mut());
    lifeline.keep(tunnel::run(client, app, in_flight));
    Ok(response.map(|_| ProxyBody::empty()))
}

fn unanswered(live: &Live, why: &Unanswered) -> Answer {
    let preview = &live.route.preview;
    let error = why as &dyn std::error::Error;
    match why {
        Unanswered::Refused { .. } => {
            debug!(%preview, error, "no connection to the service");
            Answer::Restarting
        }
        Unanswered::Broken { .. } => {
            warn!(%preview, error, "no valid response from the service");
            Answer::BrokenResponse
        }
    }
}
