//! Who asks, and what they may: a handler names the role it needs by taking [`Viewer`], [`Operator`] or [`Admin`].

pub(crate) mod jwt;
pub(crate) mod login;
pub(crate) mod origin;
pub(crate) mod pages;

use super::problem::ApiProblem;
use super::state::WebState;
use crate::net::gate::Pass;
use crate::platform::clock;
use crate::runtime::events::{Category, Event, Outcome};
use crate::runtime::safe_mode::Source;
use crate::store::Role;
use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{Extensions, HeaderMap, header};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Deref;

/// Somebody with a valid session or token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    /// The account, or the name of the API token.
    pub(crate) name: String,
    /// What they may do now.
    pub(crate) role: Role,
    /// What they showed.
    pub(crate) credential: Credential,
    /// Where the connection comes from.
    pub(crate) peer: IpAddr,
}

/// What somebody showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A session token.
    Session {
        /// The session.
        jti: String,
        /// When it ends at the latest.
        expires_ms: i64,
        /// Shown in the cookie, so by a browser.
        cookie: bool,
    },
    /// An API token.
    Token {
        /// Its id.
        id: String,
        /// When it ends, if ever.
        expires_ms: Option<i64>,
    },
}

impl Who {
    /// For the log: who, and from where.
    pub(crate) fn actor(&self) -> String {
        format!("{} ({})", self.author(), self.peer)
    }

    /// For revisions: who.
    pub(crate) fn author(&self) -> String {
        match self.credential {
            Credential::Session { .. } => self.name.clone(),
            Credential::Token { .. } => format!("token {}", self.name),
        }
    }

    /// By which way they come: `browser` or `api`.
    pub(crate) fn source(&self) -> &'static str {
        if matches!(self.credential, Credential::Session { cookie: true, .. }) { "browser" } else { "api" }
    }
}

/// May see everything but secrets.
#[derive(Debug, Clone)]
pub(crate) struct Viewer(pub(crate) Who);

/// May also write points.
#[derive(Debug, Clone)]
pub(crate) struct Operator(pub(crate) Who);

/// May also change configuration, users and tokens.
#[derive(Debug, Clone)]
pub(crate) struct Admin(pub(crate) Who);

macro_rules! guard {
    ($guard:ident) => {
        impl FromRequestParts<WebState> for $guard {
            type Rejection = ApiProblem;

            async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, ApiProblem> {
                demand(parts, state, Role::$guard).await.map(Self)
            }
        }

        impl Deref for $guard {
            type Target = Who;

            fn deref(&self) -> &Who {
                &self.0
            }
        }
    };
}

guard!(Viewer);
guard!(Operator);
guard!(Admin);

async fn demand(parts: &Parts, state: &WebState, role: Role) -> Result<Who, ApiProblem> {
    let who = recognise(&parts.headers, &parts.extensions, state).await?.ok_or_else(ApiProblem::unauthorized)?;
    if let Some(pass) = parts.extensions.get::<Pass>() {
        pass.vouch();
    }
    if who.source() == "browser" {
        origin::check_origin(parts)?;
    } else {
        state.safe_mode().heard(Source::Rest, clock::now());
    }
    if who.role < role {
        if !parts.method.is_safe() {
            let detail = format!("wanted: {}; it needs the role `{}`", parts.method, role.as_str());
            state.events().tell(access(parts.uri.path(), who.actor(), Outcome::Refused, detail));
        }
        return Err(ApiProblem::needs(role));
    }
    Ok(who)
}

/// Who sends these headers; `None` without a valid credential. A header is not outdone by a cookie.
pub(super) async fn recognise(
    headers: &HeaderMap,
    extensions: &Extensions,
    state: &WebState,
) -> Result<Option<Who>, ApiProblem> {
    let peer = peer(extensions);
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        let (scheme, secret) = text.split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(None);
        }
        let secret = secret.trim();
        if let Some(token) = state.store().use_token(secret, clock::unix_ms()).await? {
            let credential = Credential::Token { id: token.id, expires_ms: token.expires_ms };
            return Ok(Some(Who { name: token.name, role: token.role, credential, peer }));
        }
        return session(secret, false, peer, state).await;
    }
    match origin::session_cookie(headers) {
        Some(secret) => session(secret, true, peer, state).await,
        None => Ok(None),
    }
}

async fn session(secret: &str, cookie: bool, peer: IpAddr, state: &WebState) -> Result<Option<Who>, ApiProblem> {
    let Some(claims) = state.jwt().check(secret) else { return Ok(None) };
    let idle_ms = state.settings().idle_ms();
    let used = state.store().use_session(&claims.jti, clock::unix_ms(), idle_ms).await?;
    // What the token says must be what is stored, or it was not given for this session.
    let used = used.filter(|user| user.name == claims.sub && user.role == claims.role);
    Ok(used.map(|user| {
        let credential = Credential::Session { jti: claims.jti, expires_ms: user.expires_ms, cookie };
        Who { name: user.name, role: user.role, credential, peer }
    }))
}

/// Where a request comes from, for those that need no role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(peer(&parts.extensions)))
    }
}

/// Where the connection of this request comes from.
fn peer(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip().to_canonical())
}

/// An entry of the log about access.
pub(super) fn access(subject: &str, actor: String, result: Outcome, detail: impl Into<String>) -> Event {
    // What a stranger typed stays one short line.
    let subject = subject.chars().filter(|letter| !letter.is_control()).take(64).collect();
    let category = Category::Access;
    Event { unix_ms: clock::unix_ms(), source: "web".into(), category, subject, actor, result, detail: detail.into() }
}
