//! The style sheet, the script and the icon, carried in the program.
//!
//! Promises: each has its content's hash in its name, so a browser keeps it for good and a new version has a new
//! address; by its plain name it is asked for again each time. The style sheet is made by `build.rs` from
//! `web-assets/`.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::store::Hash;

use super::fault::{self, Fault};

/// The style sheet.
pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!(concat!(env!("OUT_DIR"), "/pages.css"));
    Asset::new("pages", "css", "text/css; charset=utf-8", body)
});
/// The script that keeps pages up to date.
pub(super) static LIVE: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("../../web-assets/live.js");
    Asset::new("live", "js", "text/javascript; charset=utf-8", body)
});
/// The script that asks for passkeys.
pub(super) static PASSKEY: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("../../web-assets/passkey.js");
    Asset::new("passkey", "js", "text/javascript; charset=utf-8", body)
});
/// The icon in a browser's tab.
pub(super) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("../../web-assets/icon.svg");
    Asset::new("icon", "svg", "image/svg+xml", body)
});

/// How the reading page of an order looks.
pub(super) static ORDER: LazyLock<Asset> = LazyLock::new(|| {
    let body = proviso_rules::page::STYLE;
    Asset::new("order", "css", "text/css; charset=utf-8", body)
});

/// Digits of the hash in a name.
const DIGITS: usize = 16;

/// One file.
pub(super) struct Asset {
    /// Where it is served.
    pub(super) path: String,
    plain: String,
    tag: String,
    kind: &'static str,
    body: &'static str,
}

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, body: &'static str) -> Self {
        let hash = Hash::of(body.as_bytes()).to_string();
        let short = hash.get(..DIGITS).unwrap_or(&hash);
        Self {
            path: format!("/assets/{name}-{short}.{ending}"),
            plain: format!("/assets/{name}.{ending}"),
            tag: format!("\"{hash}\""),
            kind,
            body,
        }
    }
}

/// One of them.
pub(super) async fn send(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Fault> {
    let path = format!("/assets/{name}");
    let all = [&*STYLE, &*LIVE, &*PASSKEY, &*ICON, &*ORDER];
    let named = |asset: &&Asset| asset.path == path || asset.plain == path;
    let Some(asset) = all.into_iter().find(named) else {
        return Err(fault::no_such_page().await);
    };
    // Nothing in them is about anybody.
    let keep = match asset.path == path {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let kept = [(CACHE_CONTROL, keep), (ETAG, asset.tag.as_str())];
    let known = headers.get_all(IF_NONE_MATCH).into_iter();
    if known.into_iter().any(|tag| *tag == asset.tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(CONTENT_TYPE, asset.kind)], asset.body).into_response())
}
