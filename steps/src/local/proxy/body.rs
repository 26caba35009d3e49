//! The body of a response that leaves the proxy.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::activity::InFlight;

/// Either a page of ours or an application's stream, trailers included.
#[derive(Debug)]
pub(super) enum ProxyBody {
    Own(Full<Bytes>),
    App {
        stream: Incoming,
        /// The request counts as in flight until its answer has been sent or given up.
        _request: InFlight,
    },
}

impl ProxyBody {
    pub(super) fn empty() -> Self {
        Self::Own(Full::default())
    }

    pub(super) fn app(stream: Incoming, request: InFlight) -> Self {
        Self::App {
            stream,
            _request: request,
        }
    }
}

impl Body for ProxyBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Own(page) => Pin::new(page)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::App { stream, .. } => Pin::new(stream).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(page) => page.is_end_stream(),
            Self::App { stream, .. } => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(page) => page.size_hint(),
            Self::App { stream, .. } => stream.size_hint(),
        }
    }
}
