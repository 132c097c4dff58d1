//! Making sessions and knowing when they are over.

use super::jwt::Claims;
use super::{Credential, Who, access};
use crate::net::throttle::Attempt;
use crate::platform::clock;
use crate::runtime::events::Outcome;
use crate::store::{NewSession, Role, User};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use http::{HeaderValue, StatusCode, header};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A session that was just opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) token: String,
    pub(crate) role: Role,
    pub(crate) expires_ms: i64,
}

/// What stands in the log for a name that is no account's: people type passwords into the wrong field.
const UNKNOWN: &str = "unknown name";

/// Checks name and password and opens a session. Takes and says the same whatever of the two is wrong.
pub(crate) async fn log_in(state: &WebState, name: &str, password: &str, peer: IpAddr) -> Result<Opened, ApiProblem> {
    let attempt = match state.throttle().begin(name, peer, Instant::now()) {
        Ok(attempt) => attempt,
        Err(wait) => {
            // As long as a check, or the time would tell which attempts are still checked.
            tokio::time::sleep(state.check_took()).await;
            return Err(too_many(wait));
        }
    };
    let started = Instant::now();
    let found = state.store().authenticate(name, password).await?;
    state.note_check(started.elapsed());
    let Some(user) = found else {
        let known = state.store().user(name).await?;
        failed(state, known.as_ref().map_or(UNKNOWN, |user| &user.name), peer, &attempt, "wrong name or password");
        return Err(match attempt.veiled {
            None => ApiProblem::new(StatusCode::UNAUTHORIZED, "the name or the password is wrong"),
            Some(wait) => too_many(wait),
        });
    };
    state.throttle().succeeded(attempt, Instant::now());
    let opened = open(state, user, peer).await?;
    let actor = format!("{} ({peer})", opened.0);
    state.events().tell(access(&opened.0, actor, Outcome::Ok, "logged in"));
    Ok(opened.1)
}

/// Takes an attempt to show a secret on, or answers 429.
pub(crate) fn begin(state: &WebState, account: &str, peer: IpAddr) -> Result<Attempt, ApiProblem> {
    state.throttle().begin(account, peer, Instant::now()).map_err(too_many)
}

/// Tells a failed attempt, and whether the next one must wait.
pub(crate) fn failed(state: &WebState, subject: &str, peer: IpAddr, attempt: &Attempt, what: &str) {
    let detail = match attempt.held_after {
        None => what.to_owned(),
        Some(wait) => format!("{what}; the next attempts are held back for {} s", wait.as_secs()),
    };
    state.events().tell(access(subject, peer.to_string(), Outcome::Refused, detail));
}

fn too_many(wait: Duration) -> ApiProblem {
    // Rounded up: who waits as long as told may try again.
    let seconds = wait.as_millis().div_ceil(1000);
    ApiProblem::new(StatusCode::TOO_MANY_REQUESTS, format!("too many attempts: wait {seconds} s")).with(
        header::RETRY_AFTER,
        HeaderValue::from_str(&seconds.to_string()).unwrap_or(HeaderValue::from_static("60")),
    )
}

async fn open(state: &WebState, user: User, peer: IpAddr) -> Result<(String, Opened), ApiProblem> {
    let now_ms = clock::unix_ms();
    // Whole seconds, as the token has it.
    let expires_ms = (now_ms + state.settings().longest_ms()) / 1000 * 1000;
    let (name, role) = (user.name.clone(), user.role);
    let new = NewSession { user, origin: peer.to_string(), now_ms, expires_ms };
    let Some(session) = state.store().open_session(new).await? else {
        // Changed between the check of the password and now.
        return Err(ApiProblem::new(StatusCode::UNAUTHORIZED, "the account was changed meanwhile; log in again"));
    };
    // Beyond the limit of sessions the oldest gave way.
    state.ended().tell();
    let token = state.jwt().sign(&Claims::new(name.clone(), role, session.jti, expires_ms)).map_err(|error| {
        tracing::error!(%error, "a session token could not be signed");
        ApiProblem::internal()
    })?;
    Ok((name, Opened { token, role, expires_ms }))
}

/// Wakes whoever lives longer than one request, to look whether its session or token still does.
#[derive(Debug)]
pub(crate) struct Ended(watch::Sender<()>);

impl Default for Ended {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Ended {
    /// Sessions or tokens may have ended.
    pub(crate) fn tell(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// Whether what was shown at the beginning of a long answer is still good. A look is no use: who only watches is idle.
pub(crate) async fn still_good(state: &WebState, who: &Who) -> Result<bool, ApiProblem> {
    let now = clock::unix_ms();
    match &who.credential {
        Credential::Session { jti, .. } => {
            let idle_ms = state.settings().idle_ms();
            let sessions = state.store().sessions(Some(&who.name), now).await?;
            Ok(sessions.iter().any(|session| session.jti == *jti && now < session.seen_ms.saturating_add(idle_ms)))
        }
        Credential::Token { id, expires_ms } => {
            let tokens = state.store().tokens().await?;
            Ok(expires_ms.is_none_or(|end| now < end) && tokens.iter().any(|token| token.id == *id))
        }
    }
}
