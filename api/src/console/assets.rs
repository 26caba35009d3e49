//! Style and scripts: in the program, and nothing of them from elsewhere. Their address has a version, so a
//! browser keeps them for good, and asks anew when there is another program.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! assets {
    ($($name:literal: $media_type:expr,)+) => {
        const ASSETS: &[Asset] = &[$(Asset {
            name: $name,
            media_type: $media_type,
            text: include_str!(concat!("assets/", $name)),
        }),+];
    };
}

assets! {
    "console.css": STYLE,
    "pages.css": STYLE,
    "console.js": SCRIPT,
    "act.js": SCRIPT,
    "live.js": SCRIPT,
    "logs.js": SCRIPT,
    "morph.js": SCRIPT,
    "time.js": SCRIPT,
    "timeline.js": SCRIPT,
    "icon.svg": PICTURE,
}

/// Tells the assets of this program from those of another.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in ASSETS {
        hash.update(asset.name);
        hash.update(asset.text);
    }
    let mut version = hex::encode(hash.finalize());
    version.truncate(16);
    version
});

/// The address of an asset.
pub(super) fn path(name: &str) -> String {
    format!("/console/assets/{}/{name}", *VERSION)
}

/// An asset. One of another version is answered with this one, which no browser then keeps: a page may
/// be older than the program by a moment.
pub(super) async fn serve(
    Path((version, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asset = ASSETS.iter().find(|asset| asset.name == file);
    let asset = asset.ok_or_else(|| Refusal::not_found("the console has no such file"))?;
    let keep = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let tag = format!("\"{}\"", *VERSION);
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| *known == tag);
    let headers = [
        (CACHE_CONTROL, keep),
        (CONTENT_TYPE, asset.media_type),
        (ETAG, tag.as_str()),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, asset.text).into_response())
}
