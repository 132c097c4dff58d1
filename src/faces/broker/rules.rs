//! Who may log in, and what each user may publish and subscribe to.

use super::filter::is_publishable;
use crate::config::broker::{BrokerConfig, BrokerUser};
use crate::config::topic_filter::covers;
use ring::digest;
use std::collections::HashMap;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The rules in force; replaced as a whole when the configuration changes.
#[derive(Debug, Default)]
pub(super) struct Rules {
    users: HashMap<String, Arc<User>>,
    anonymous: Option<Arc<User>>,
}

/// One user. Rules made from rules keep a user's `Arc` as long as nothing about that user changes, so the pointer says
/// whether a session still has the rights it logged in with.
#[derive(PartialEq, Eq)]
pub(super) struct User {
    name: Option<String>,
    /// SHA-256, so that comparing takes the same time whatever the lengths.
    password: [u8; 32],
    publish: Vec<String>,
    subscribe: Vec<String>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why somebody may not log in. Users hear only "refused": a hint would help guessing names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LoginError {
    /// No user name, and clients without one are not let in.
    #[error("no user name was given")]
    Anonymous,
    /// The user does not exist or the password is another.
    #[error("wrong user name or password")]
    Wrong,
}

impl Rules {
    /// The rules of a configuration, sharing what is unchanged with the present ones.
    pub(super) fn new(config: &BrokerConfig, present: &Self) -> Self {
        let users = config.users.iter().filter(|user| user.identity.enabled).map(|user| {
            let fresh = User::new(user);
            let name = user.identity.name.clone();
            let kept = present.users.get(&name).filter(|old| ***old == fresh).cloned();
            (name, kept.unwrap_or_else(|| Arc::new(fresh)))
        });
        let everything = || {
            let all = vec!["#".to_owned()];
            Arc::new(User { name: None, password: [0; 32], publish: all.clone(), subscribe: all })
        };
        let anonymous = config.anonymous.then(|| present.anonymous.clone().unwrap_or_else(everything));
        Self { users: users.collect(), anonymous }
    }

    /// Checks a login. Takes as long for an unknown user as for a wrong password.
    pub(super) fn login(&self, name: Option<&str>, password: Option<&[u8]>) -> Result<Arc<User>, LoginError> {
        let Some(name) = name else { return self.anonymous.clone().ok_or(LoginError::Anonymous) };
        let given = hash(password.unwrap_or_default());
        let user = self.users.get(name);
        let expected = user.map_or([0; 32], |user| user.password);
        let same = bool::from(given.ct_eq(&expected));
        user.filter(|_| same).cloned().ok_or(LoginError::Wrong)
    }

    /// The name as it may be told: what is no user's name may be a password in the wrong field.
    pub(super) fn told(&self, name: Option<&str>) -> String {
        match name {
            None => "no name".to_owned(),
            Some(name) if self.users.contains_key(name) => name.to_owned(),
            Some(_) => "unknown name".to_owned(),
        }
    }

    /// The user of a session by the name it logged in with.
    pub(super) fn user(&self, name: Option<&str>) -> Option<&Arc<User>> {
        match name {
            Some(name) => self.users.get(name),
            None => self.anonymous.as_ref(),
        }
    }

    /// Whether this user is still as it was when the pointer was taken.
    pub(super) fn stands(&self, user: &Arc<User>) -> bool {
        self.user(user.name()).is_some_and(|present| Arc::ptr_eq(present, user))
    }
}

impl User {
    fn new(config: &BrokerUser) -> Self {
        Self {
            name: Some(config.identity.name.clone()),
            password: hash(config.password.reveal().as_bytes()),
            publish: config.publish.clone(),
            subscribe: config.subscribe.clone(),
        }
    }

    /// None for the anonymous one.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the user may publish there.
    pub(super) fn may_publish(&self, topic: &str) -> bool {
        is_publishable(topic) && self.publish.iter().any(|filter| covers(filter, topic))
    }

    /// Whether the user may see everything this filter matches.
    pub(super) fn may_subscribe(&self, asked: &str) -> bool {
        self.subscribe.iter().any(|filter| covers(filter, asked))
    }
}

fn hash(password: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, password).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GatewayConfig;
    use serde_json::json;

    fn rules(broker: serde_json::Value, present: &Rules) -> Rules {
        let (config, problems) = GatewayConfig::parse(&json!({"format": "dinrail/1", "mqtt": {"broker": broker}}));
        assert!(problems.is_empty(), "{problems:?}");
        Rules::new(&config.broker.unwrap(), present)
    }

    fn with_users(users: serde_json::Value) -> serde_json::Value {
        json!({"listeners": [{"address": "127.0.0.1:1883"}], "users": users})
    }

    #[test]
    fn a_login_needs_the_right_name_and_password() {
        let rules = rules(
            with_users(json!([
                {"name": "press", "password": "s3cret", "publish": ["press/#"]},
                {"name": "off", "password": "x", "enabled": false},
            ])),
            &Rules::default(),
        );
        let login = |name, password: &str| rules.login(name, Some(password.as_bytes())).map(|user| user.name.clone());
        assert_eq!(login(Some("press"), "s3cret"), Ok(Some("press".to_owned())));
        for (name, password) in [("press", "s3creT"), ("press", ""), ("PRESS", "s3cret"), ("off", "x"), ("", "")] {
            assert_eq!(login(Some(name), password), Err(LoginError::Wrong), "{name} {password}");
        }
        assert_eq!(login(None, "s3cret"), Err(LoginError::Anonymous));
        assert_eq!(rules.login(Some("press"), None).unwrap_err(), LoginError::Wrong);
        let user = rules.user(Some("press")).unwrap();
        assert!(user.may_publish("press/1") && !user.may_publish("oven/1") && !user.may_subscribe("press/1"));
        assert!(!format!("{rules:?}").contains("s3cret"));
    }

    #[test]
    fn only_who_changed_loses_standing() {
        let first = rules(
            with_users(json!([
                {"name": "a", "password": "x", "publish": ["#"]},
                {"name": "b", "password": "x", "publish": ["#"]},
                {"name": "c", "password": "x", "publish": ["#"]},
                {"name": "d", "password": "x", "publish": ["#"]},
            ])),
            &Rules::default(),
        );
        let second = rules(
            with_users(json!([
                {"name": "d", "password": "x", "publish": ["#"]},
                {"name": "a", "password": "x", "publish": ["#"]},
                {"name": "b", "password": "y", "publish": ["#"]},
            ])),
            &first,
        );
        let stands = |name| second.stands(first.user(Some(name)).unwrap());
        assert_eq!([stands("a"), stands("b"), stands("c"), stands("d")], [true, false, false, true]);
    }

    #[test]
    fn the_anonymous_come_and_go_with_the_setting() {
        let mut open = with_users(json!([]));
        open["anonymous"] = json!(true);
        let opened = rules(open, &Rules::default());
        let user = opened.login(None, None).unwrap();
        assert!(user.may_publish("any/topic") && user.may_subscribe("#") && !user.may_subscribe("$SYS/#"));
        let closed = rules(with_users(json!([])), &opened);
        assert!(!closed.stands(&user));
    }
}
