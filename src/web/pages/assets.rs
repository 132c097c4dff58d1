//! Files embedded in the program: styles, scripts, vendored parts, and the messages for scripts.
//!
//! All stand under one version, the hash of everything, so that modules name each other by relative path and still
//! may be cached for ever.

use super::context::PageState;
use crate::web::i18n::{self, Lang};
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use ring::digest;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = "readme/*"]
#[exclude = "profiles/*"]
struct Static;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NEVER: HeaderValue = HeaderValue::from_static("no-cache");

/// The hash of all files and messages. The files' own hashes were made at build time, so no file is read for it.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut context = digest::Context::new(&digest::SHA256);
    for path in Static::iter() {
        context.update(path.as_bytes());
        if let Some(file) = Static::get(&path) {
            context.update(&file.metadata.sha256_hash());
        }
    }
    for lang in Lang::ALL {
        context.update(i18n::module(lang).as_bytes());
    }
    context.finish().as_ref().iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // Writing to a String does not fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
});

/// The URL of a file of `static/`.
pub(super) fn url(path: &str) -> String {
    format!("/static/{}/{path}", *VERSION)
}

/// The URL of the messages of this language, as an ES module.
pub(super) fn messages_url(lang: Lang) -> String {
    format!("/static/{}/messages/{}.js", *VERSION, lang.tag())
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/static/{version}/{*path}", get(file)).route("/favicon.ico", get(favicon))
}

async fn favicon() -> Response {
    respond("icon.svg", NEVER)
}

async fn file(Path((version, path)): Path<(String, String)>) -> Response {
    // A page left open over an upgrade asks for the old version: it gets the present file, uncached.
    respond(&path, if version == *VERSION { FOREVER } else { NEVER })
}

fn respond(path: &str, cache: HeaderValue) -> Response {
    let body = match path.strip_prefix("messages/").and_then(|name| Lang::parse(name.strip_suffix(".js")?)) {
        Some(lang) => Some(Body::from(i18n::module(lang))),
        None => Static::get(path).map(|file| match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        }),
    };
    let Some(body) = body else { return StatusCode::NOT_FOUND.into_response() };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_str(kind.as_ref()).unwrap_or(HeaderValue::from_static("text/plain"))),
        (header::CACHE_CONTROL, cache),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, body).into_response()
}
