//! Accepting connections, and letting them end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::http::uri::PathAndQuery;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::address::{Address, Aim, Misaddressed};
use super::answer::Answer;
use super::body::ProxyBody;
use super::directory::Directory;
use super::forward::forward;
use super::headers::Hop;
use super::hold::Hold;
use super::keeper;
use super::routes::Routes;
use super::site::{PreviewKey, Site};
use crate::gate::Gate;
use crate::visitor::{Reader, Standing};

/// How long the proxy waits, and for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For a whole request head, from the moment that one may come. It also ends connections
    /// that were kept alive and stay silent.
    pub(super) head: Duration,
    /// For the directory.
    pub(super) lookup: Duration,
    /// For requests in flight at a shutdown. Tunnels never end by themselves.
    pub(super) grace: Duration,
    /// For a preview to wake.
    pub(super) hold: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            lookup: Duration::from_secs(2),
            grace: Duration::from_secs(2),
            hold: Duration::from_secs(20),
        }
    }
}

/// Out of file descriptors, usually: others must be closed before the next can be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is served.
pub struct Served {
    /// The live routes.
    pub routes: Arc<Routes>,
    /// What is known of other previews.
    pub directory: Arc<dyn Directory>,
    /// What protects previews. Without it, nothing that is protected is served.
    pub gate: Option<Arc<Gate>>,
    /// How long a request may be held until its preview has woken.
    pub hold: Duration,
}

/// Serves previews on a listener until `shutdown` completes; then takes no new connection, gives
/// requests in flight two seconds, cuts what is left, tunnels included, and returns. Protected
/// previews need a gate.
///
/// Fails only if the listener has no address. An error while accepting is logged and waited out.
pub async fn serve(
    listener: TcpListener,
    served: Served,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let limits = Limits {
        hold: served.hold,
        ..Limits::default()
    };
    let Served {
        routes,
        directory,
        gate,
        ..
    } = served;
    serve_within(limits, listener, routes, directory, gate, shutdown).await
}

/// [`serve`], with other limits.
pub(super) async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    routes: Arc<Routes>,
    directory: Arc<dyn Directory>,
    gate: Option<Arc<Gate>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let proxy = Arc::new(Proxy {
        port: listener.local_addr()?.port(),
        routes,
        directory,
        gate,
        limits,
        lifeline: Lifeline::default(),
    });
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(Arc::clone(&proxy), stream, peer);
                proxy.lifeline.keep(connection);
            }
            Err(error) => {
                warn!(%error, "the previews' port could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    proxy.lifeline.end(limits.grace).await;
    Ok(())
}

/// Every task of the server, so that a shutdown leaves none behind.
#[derive(Debug, Default)]
pub(super) struct Lifeline {
    tasks: TaskTracker,
    /// Connections finish the request at hand and close.
    drain: CancellationToken,
    /// Everything stops where it is.
    cut: CancellationToken,
}

impl Lifeline {
    /// Runs a task until it is done or cut.
    pub(super) fn keep(&self, task: impl Future<Output = ()> + Send + 'static) {
        let cut = self.cut.clone();
        self.tasks.spawn(async move {
            cut.run_until_cancelled(task).await;
        });
    }

    async fn end(&self, grace: Duration) {
        self.tasks.close();
        self.drain.cancel();
        if timeout(grace, self.tasks.wait()).await.is_err() {
            debug!(open = self.tasks.len(), "cutting what is still in flight");
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}

/// What every request is answered from.
struct Proxy {
    /// The listener's, for clients that do not say which they used.
    port: u16,
    routes: Arc<Routes>,
    directory: Arc<dyn Directory>,
    /// Without it, nothing that is protected is served.
    gate: Option<Arc<Gate>>,
    limits: Limits,
    lifeline: Lifeline,
}

async fn connection(proxy: Arc<Proxy>, stream: TcpStream, peer: SocketAddr) {
    // Small writes (events, WebSocket frames) must not wait for more; without it they still work.
    let _ = stream.set_nodelay(true);
    let hop = Hop {
        peer: peer.ip(),
        port: proxy.port,
    };
    let service = service_fn(|request| {
        let proxy = Arc::clone(&proxy);
        async move { Ok::<_, std::convert::Infallible>(proxy.answer(request, hop).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(proxy.limits.head)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = proxy.lifeline.drain.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        debug!(%error, %peer, "a connection ended early");
    }
}

impl Proxy {
    async fn answer(&self, request: Request<Incoming>, hop: Hop) -> Response<ProxyBody> {
        let reader = Reader::of(&request);
        self.serve(request, hop)
            .await
            .unwrap_or_else(|answer| answer.respond(reader))
    }

    async fn serve(
        &self,
        mut request: Request<Incoming>,
        hop: Hop,
    ) -> Result<Response<ProxyBody>, Answer> {
        let address = Address::of(&request).map_err(|why| match why {
            Misaddressed::ElsewhereHost(host) => Answer::Misdirected { host },
            Misaddressed::NotExactlyOneHost => {
                Answer::Malformed("a request has exactly one Host header")
            }
        })?;
        if request.method() == Method::CONNECT {
            return Err(Answer::Malformed(
                "this is no forward proxy: it takes no CONNECT",
            ));
        }
        let root = PathAndQuery::from_static("/");
        let asked = request.uri().path_and_query().unwrap_or(&root);
        let target = match address.aim(asked) {
            Aim::Preview(target) => target,
            Aim::MissingSlash { location } => return Err(Answer::MissingSlash { location }),
            Aim::Port => return Err(Answer::Port),
            Aim::NoPath => return Err(Answer::Malformed("a request's target starts with /")),
        };
        let (gate, mut hold) = (self.gate.as_deref(), None::<Hold>);
        loop {
            let Some(mut visit) = self.routes.enter(&target.site) else {
                return Err(self.look_up(target.site).await);
            };
            if let Some(answer) = keeper::stop(gate, &visit, &target, hop, &mut request).await {
                return Ok(answer.map(ProxyBody::Own));
            }
            visit.in_flight.let_in();
            if visit.live.route.wakefulness.is_awake() {
                let lifeline = &self.lifeline;
                return forward(visit, target, &address, hop, lifeline, request).await;
            }
            // A request that waits keeps no route in use: a new one is what it waits for.
            let preview = visit.live.route.preview.clone();
            drop(visit);
            match &mut hold {
                None => hold = Some(self.rouse(&preview, &target.site, &request).await?),
                Some(hold) => {
                    if !hold.wait().await {
                        return Err(self.look_up(target.site).await);
                    }
                }
            }
        }
    }

    async fn rouse(
        &self,
        preview: &PreviewKey,
        site: &Site,
        request: &Request<Incoming>,
    ) -> Result<Hold, Answer> {
        let (directory, reader) = (&*self.directory, Reader::of(request));
        let hold = Hold::begin(&self.routes, directory, preview, self.limits.hold, reader).await;
        hold.map_err(|standing| Answer::Standing {
            site: site.clone(),
            standing,
        })
    }

    async fn look_up(&self, site: Site) -> Answer {
        let lookup = timeout(self.limits.lookup, self.directory.lookup(&site));
        let standing = lookup.await.unwrap_or_else(|_| Standing::Unavailable {
            reason: "the directory of previews did not answer in time".to_owned(),
        });
        Answer::Standing { site, standing }
    }
}
