//! Language and theme, kept in cookies: they belong to the browser, not to the account.

use super::context::{PageState, THEME_COOKIE, Theme, local_path};
use crate::web::i18n::{LANG_COOKIE, Lang};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use http::header::SET_COOKIE;
use serde::Deserialize;

/// One year: the longest a shared panel PC reasonably keeps a taste.
const COOKIE_LIFE: &str = "Max-Age=31536000; Path=/; SameSite=Strict; Secure";

#[derive(Deserialize)]
struct PreferencesForm {
    lang: Option<String>,
    theme: Option<String>,
    next: Option<String>,
}

pub(super) fn router() -> Router<PageState> {
    Router::new().route("/preferences", post(save))
}

async fn save(Form(form): Form<PreferencesForm>) -> Response {
    // Only known words reach the header.
    let lang = form.lang.as_deref().and_then(Lang::parse).map(|lang| (LANG_COOKIE, lang.tag()));
    let theme = form.theme.as_deref().and_then(Theme::parse).map(|theme| (THEME_COOKIE, theme.as_str()));
    let cookies: Vec<_> = [lang, theme]
        .into_iter()
        .flatten()
        .map(|(name, value)| (SET_COOKIE, format!("{name}={value}; {COOKIE_LIFE}")))
        .collect();
    let next = local_path(form.next.as_deref().unwrap_or_default()).to_owned();
    (AppendHeaders(cookies), Redirect::to(&next)).into_response()
}
