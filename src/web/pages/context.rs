//! What a page knows: who looks, in which language and theme, at which appliance.
//!
//! This is the seam to the guards: they implement [`PageSource`]; pages ask nothing else of the house.

use crate::web::cookies::cookie;
use crate::web::i18n::Lang;
use async_trait::async_trait;
use axum::extract::{FromRequestParts, OriginalUri};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use std::convert::Infallible;
use std::sync::Arc;

/// Cookie of the chosen theme.
pub(super) const THEME_COOKIE: &str = "dinrail_theme";

/// Tells the pages who looks and at which appliance.
#[async_trait]
pub trait PageSource: Send + Sync + 'static {
    /// The facts for a request with these headers (the session travels in a cookie).
    async fn facts(&self, headers: &HeaderMap) -> PageFacts;
}

/// What the guards know of a request and its appliance.
#[derive(Debug, Clone, Default)]
pub struct PageFacts {
    /// The appliance's name, for title and header.
    pub appliance: String,
    /// The notice shown before login (IEC 62443-4-2 CR 1.12).
    pub banner: Option<String>,
    /// Whether a first user exists.
    pub claimed: bool,
    /// Who is logged in.
    pub viewer: Option<PageViewer>,
}

/// A logged-in person.
#[derive(Debug, Clone)]
pub struct PageViewer {
    /// User name.
    pub name: String,
    /// What the person may do.
    pub role: PageRole,
}

/// The roles, each with all rights of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageRole {
    /// Sees.
    Viewer,
    /// Also writes points.
    Operator,
    /// Also changes configuration and users.
    Admin,
}

impl PageRole {
    /// `viewer`, `operator` or `admin`, as REST says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// The state of the pages' router.
#[derive(Clone)]
pub(super) struct PageState {
    source: Arc<dyn PageSource>,
}

impl PageState {
    pub(super) fn new(source: Arc<dyn PageSource>) -> Self {
        Self { source }
    }
}

/// Light, dark, or as the operating system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == word)
    }
}

/// All a page may know of its request.
#[derive(Debug, Clone)]
pub(super) struct PageContext {
    pub(super) lang: Lang,
    pub(super) theme: Theme,
    /// Path and query, to come back to.
    pub(super) here: String,
    pub(super) facts: PageFacts,
}

impl FromRequestParts<PageState> for PageContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &PageState) -> Result<Self, Infallible> {
        let lang = Lang::of(&parts.headers);
        let theme = cookie(&parts.headers, THEME_COOKIE).and_then(Theme::parse).unwrap_or_default();
        // Nested routers shorten `parts.uri`; the original is where the browser stands.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let here = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
        let facts = state.source.facts(&parts.headers).await;
        Ok(Self { lang, theme, here, facts })
    }
}

/// A page for anyone logged in. Others are sent to log in and come back.
pub(super) struct SignedIn(pub(super) PageContext);

impl FromRequestParts<PageState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PageState) -> Result<Self, Response> {
        let Ok(context) = PageContext::from_request_parts(parts, state).await;
        if !context.facts.claimed {
            return Err(Redirect::to("/claim").into_response());
        }
        if context.facts.viewer.is_none() {
            return Err(Redirect::to(&login_for(&context.here)).into_response());
        }
        Ok(Self(context))
    }
}

/// A page only administrators have a use for.
pub(super) struct AdminOnly(pub(super) PageContext);

impl FromRequestParts<PageState> for AdminOnly {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PageState) -> Result<Self, Response> {
        let SignedIn(context) = SignedIn::from_request_parts(parts, state).await?;
        match &context.facts.viewer {
            Some(viewer) if viewer.role >= PageRole::Admin => Ok(Self(context)),
            _ => Err((StatusCode::FORBIDDEN, super::shell::forbidden(context)).into_response()),
        }
    }
}

/// The login page that leads back to `here`.
fn login_for(here: &str) -> String {
    if here == "/" || here == "/overview" {
        return "/login".to_owned();
    }
    // Only what could end or split the parameter needs escaping: `here` is a valid request target already.
    let escaped = here.replace('%', "%25").replace('&', "%26").replace('#', "%23").replace('+', "%2B");
    format!("/login?next={escaped}")
}

/// A path of this site to come back to, or `/overview`: never another host.
pub(super) fn local_path(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if local { next } else { "/overview" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leaves_the_site() {
        for good in ["/tags", "/devices#meter1", "/events?text=a%20b"] {
            assert_eq!(local_path(good), good);
        }
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "tags", "", "/a\r\nb"] {
            assert_eq!(local_path(bad), "/overview", "{bad:?}");
        }
    }

    #[test]
    fn login_keeps_the_whole_way_back() {
        assert_eq!(login_for("/events?a=1&b=%20"), "/login?next=/events?a=1%26b=%2520");
    }
}
