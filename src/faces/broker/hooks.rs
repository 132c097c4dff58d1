//! The broker asks, we decide: logins, topics, and the list of who is connected.

use super::filter::is_publishable;
use super::hub::{Denial, Hub};
use async_trait::async_trait;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::types::{AuthResult, ConnectInfo, LastWill, PublishAclResult, SubscribeAclResult};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a login waits for the removal of the client's last session.
const EVICTION_PATIENCE: Duration = Duration::from_secs(5);

const TYPES: [Type; 7] = [
    Type::ClientAuthenticate,
    Type::ClientConnected,
    Type::ClientDisconnected,
    Type::SessionTerminated,
    Type::ClientSubscribeCheckAcl,
    Type::MessagePublishCheckAcl,
    Type::MessageDelivered,
];

/// Makes the broker ask `hub`.
pub(super) async fn register(context: &ServerContext, hub: &Arc<Hub>) {
    let register = context.extends.hook_mgr().register();
    for kind in TYPES {
        register.add(kind, Box::new(Hooks(hub.clone()))).await;
    }
    register.start().await;
}

struct Hooks(Arc<Hub>);

#[async_trait]
impl Handler for Hooks {
    async fn hook(&self, parameter: &Parameter, before: Option<HookResult>) -> ReturnType {
        let hub = &self.0;
        match parameter {
            Parameter::ClientAuthenticate(info) => {
                if !hub.settled(info.client_id(), EVICTION_PATIENCE).await {
                    hub.refuse(info.client_id(), "its last session is still being removed");
                    return (false, Some(HookResult::AuthResult(AuthResult::NotAuthorized)));
                }
                let result = admit(hub, info).map_or_else(|refused| refused, |()| AuthResult::Allow(false, None));
                (false, Some(HookResult::AuthResult(result)))
            }
            Parameter::ClientConnected(session) => {
                hub.connected(&session.id);
                (true, before)
            }
            Parameter::ClientDisconnected(session, _) => {
                hub.disconnected(&session.id);
                (true, before)
            }
            Parameter::SessionTerminated(session, _) => {
                hub.terminated(&session.id);
                (true, before)
            }
            Parameter::ClientSubscribeCheckAcl(session, asked) => {
                let rules = hub.rules.load();
                let user = rules.user(session.id.username.as_deref());
                let result = if user.is_some_and(|user| user.may_subscribe(&asked.topic_filter)) {
                    SubscribeAclResult::new_success(asked.opts.qos(), None)
                } else {
                    hub.refuse(&session.id.client_id, format_args!("may not subscribe to {}", asked.topic_filter));
                    SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized)
                };
                (false, Some(HookResult::SubscribeAclResult(result)))
            }
            Parameter::MessagePublishCheckAcl(session, publish) => {
                let result = if hub.may_publish(&session.id, &publish.topic) {
                    PublishAclResult::allow()
                } else {
                    hub.refuse(&session.id.client_id, format_args!("may not publish to {}", shown(&publish.topic)));
                    // 3.1.1 has no negative acknowledgement: the message is acknowledged and not passed on (3.3.5-2).
                    PublishAclResult::rejected(false, None)
                };
                (false, Some(HookResult::PublishAclResult(result)))
            }
            Parameter::MessageDelivered(..) => {
                hub.counts.messages_out.fetch_add(1, Ordering::Relaxed);
                (true, before)
            }
            _ => (true, before),
        }
    }
}

/// Decides on a CONNECT.
fn admit(hub: &Arc<Hub>, info: &ConnectInfo) -> Result<(), AuthResult> {
    let id = info.id();
    let peer = &id.remote_addr.map(|peer| peer.to_string()).unwrap_or_default();
    let (Some(relayed), Some(from)) = (hub.relayed(id.remote_addr), id.remote_addr.map(|peer| peer.ip())) else {
        hub.refuse(peer, "this connection did not come through a listener");
        return Err(AuthResult::NotAuthorized);
    };
    let rules = hub.rules.load();
    let name = info.username().map(AsRef::as_ref);
    let refuse = |why: String| {
        hub.refuse(peer, &why);
        hub.tell_refused(rules.told(name), from, why);
    };
    // Who gives no name shows no secret that could be guessed.
    let attempt = match name.map(|name| hub.throttle.begin(name, from, Instant::now())).transpose() {
        Ok(attempt) => attempt,
        Err(wait) => {
            hub.refuse(peer, format_args!("logins are held back for {} s", wait.as_millis().div_ceil(1000)));
            relayed.deny(Denial::Held);
            return Err(AuthResult::NotAuthorized);
        }
    };
    let user = match rules.login(name, info.password().map(AsRef::as_ref)) {
        Ok(user) => user,
        Err(why) => {
            refuse(match attempt.as_ref().and_then(|attempt| attempt.held_after) {
                None => why.to_string(),
                Some(wait) => format!("{why}; the next attempts are held back for {} s", wait.as_secs()),
            });
            let veiled = attempt.is_some_and(|attempt| attempt.veiled.is_some());
            relayed.deny(if veiled { Denial::Held } else { Denial::Wrong });
            return Err(AuthResult::BadUsernameOrPassword);
        }
    };
    if let Some(attempt) = attempt {
        hub.throttle.succeeded(attempt, Instant::now());
    }
    // The broker publishes a last will without asking whether its client may.
    let will = info.last_will().map(|will| match will {
        LastWill::V3(will) => will.topic.clone(),
        LastWill::V5(will) => will.topic.clone(),
    });
    if let Some(topic) = will.filter(|topic| !user.may_publish(topic)) {
        refuse(format!("may not publish its last will to {}", shown(&topic)));
        return Err(AuthResult::NotAuthorized);
    }
    // Resuming somebody else's session would bring that user's subscriptions and messages.
    if hub.owner(&id.client_id).is_some_and(|owner| owner.name() != user.name()) {
        refuse(format!("the session of client {} belongs to another user", id.client_id));
        return Err(AuthResult::NotAuthorized);
    }
    match hub.log_in(&relayed, user) {
        Ok(true) => Ok(()),
        Ok(false) => {
            refuse("a connection logs in once".to_owned());
            Err(AuthResult::NotAuthorized)
        }
        Err(full) => {
            hub.refuse(peer, full);
            relayed.deny(Denial::Full);
            Err(AuthResult::NotAuthorized)
        }
    }
}

/// A topic as it may be shown: those that are no topics may be anything.
fn shown(topic: &str) -> &str {
    if is_publishable(topic) { topic } else { "an impossible topic" }
}
