//! Makes a running agent of users and communities. Keys are derived from passwords once, beside the requests: each takes
//! a million bytes of hashing.

use super::SnmpError;
use super::handler::Handler;
use super::structure::{community_group, user_group};
use super::world::World;
use crate::config::snmp::{Auth, Keys, Priv, SnmpConfig};
use crate::store::SnmpMemory;
use async_snmp::agent::{Agent, AgentBuilder, SecurityModel, VacmBuilder};
use async_snmp::v3::{DesSaltState, PersistedDesSaltState};
use async_snmp::{
    AuthProtocol, AuthoritativeEngine, MasterKeys, Oid, PersistedAuthoritativeEngine, PrivProtocol, SecurityLevel,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Requests under way at once: a SET may wait for the field.
const REQUESTS: usize = 256;
/// The view of everything; what somebody really sees and may write is decided by the handler, which passes over the rest
/// without looking at it.
const ALL: &str = "all";

/// Keys made so far, by what they are made of.
#[derive(Default)]
pub(super) struct KeyCache(HashMap<String, MasterKeys>);

impl KeyCache {
    /// Makes the keys of every user that are not made yet, and forgets those of nobody.
    pub(super) async fn prepare(&mut self, config: &SnmpConfig) -> Result<(), SnmpError> {
        let wanted: Vec<Keys> = config.users.iter().map(|user| user.keys.clone()).collect();
        self.0.retain(|known, _| wanted.iter().any(|keys| recipe(keys) == *known));
        for keys in wanted {
            if !self.0.contains_key(&recipe(&keys)) {
                let (name, made) = (recipe(&keys), tokio::task::spawn_blocking(move || make(&keys)));
                let made = made.await.map_err(|_| SnmpError::Panicked)?;
                self.0.insert(name, made.map_err(|error| SnmpError::Agent(error.to_string()))?);
            }
        }
        Ok(())
    }

    pub(super) fn of(&self, keys: &Keys) -> Option<MasterKeys> {
        self.0.get(&recipe(keys)).cloned()
    }
}

/// What tells keys apart. It holds the passwords, as the configuration beside it does; it is never shown.
fn recipe(keys: &Keys) -> String {
    let privacy = keys.privacy.as_ref().map(|(cipher, password)| (cipher, password.reveal()));
    format!("{:?} {:?} {privacy:?}", keys.auth, keys.auth_password.reveal())
}

fn make(keys: &Keys) -> Result<MasterKeys, async_snmp::CryptoError> {
    let auth = match keys.auth {
        Auth::Md5 => AuthProtocol::Md5,
        Auth::Sha1 => AuthProtocol::Sha1,
        Auth::Sha224 => AuthProtocol::Sha224,
        Auth::Sha256 => AuthProtocol::Sha256,
        Auth::Sha384 => AuthProtocol::Sha384,
        Auth::Sha512 => AuthProtocol::Sha512,
    };
    let made = MasterKeys::new(auth, keys.auth_password.reveal().as_bytes())?;
    let Some((cipher, password)) = &keys.privacy else { return Ok(made) };
    let cipher = match cipher {
        Priv::Des => PrivProtocol::Des,
        Priv::Aes128 => PrivProtocol::Aes128,
        Priv::Aes192 => PrivProtocol::Aes192Blumenthal,
        Priv::Aes256 => PrivProtocol::Aes256Blumenthal,
        Priv::Aes192Cisco => PrivProtocol::Aes192Reeder,
        Priv::Aes256Cisco => PrivProtocol::Aes256Reeder,
    };
    made.with_privacy(cipher, password.reveal().as_bytes())
}

/// Who the agent is in this boot.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) engine: AuthoritativeEngine,
    pub(super) salt: DesSaltState,
    pub(super) boots: u32,
}

impl Identity {
    /// Counts one more boot, on the disk before anybody is told of it.
    pub(super) async fn next(memory: &SnmpMemory) -> Result<Self, SnmpError> {
        // RFC 3411, SnmpEngineID: enterprise number with the first bit set, 5 = octets, and ours are random.
        let mut fresh = vec![0x80, 0, 0x7E, 0xD9, 5];
        let mut random = [0; 12];
        let failed = |what: String| SnmpError::Agent(what);
        SystemRandom::new().fill(&mut random).map_err(|_| failed("the system gives no random numbers".to_owned()))?;
        fresh.extend(random);
        let (id, boots) = memory.boot(&fresh).await?;
        // Engine time wraps after 68 years: then the agent is restarted, not counted on here.
        let kept = move |state: &PersistedAuthoritativeEngine| match state.engine_boots() {
            now if now == boots => Ok(()),
            _ => Err("the engine's time has run out: restart the agent"),
        };
        let engine = if boots == 1 {
            AuthoritativeEngine::install(id, kept)
        } else {
            PersistedAuthoritativeEngine::new(id, boots - 1)
                .and_then(|before| AuthoritativeEngine::restart(before, kept))
        };
        let engine = engine.map_err(|error| failed(error.to_string()))?;
        let kept = |_: &PersistedDesSaltState| Ok::<(), Infallible>(());
        let salt = if boots == 1 {
            DesSaltState::install(kept)
        } else {
            PersistedDesSaltState::new(boots - 1).and_then(|before| DesSaltState::restart(before, kept))
        };
        let salt = salt.map_err(|error| failed(error.to_string()))?;
        Ok(Self { engine, salt, boots })
    }
}

/// An agent on a loopback port of its own.
pub(super) async fn build(
    config: &SnmpConfig,
    identity: &Identity,
    keys: &KeyCache,
    world: Arc<World>,
    stop: CancellationToken,
) -> Result<Agent, SnmpError> {
    let mut builder = AgentBuilder::new()
        .bind("127.0.0.1:0")
        .authoritative_engine(identity.engine.clone())
        .des_salt_state(identity.salt.clone())
        .max_concurrent_requests(Some(REQUESTS))
        .cancellation_token(stop)
        .without_builtin_handlers()
        .handler(Oid::from_slice(&[1, 3, 6, 1]), Arc::new(Handler::new(world)))
        .vacm(|vacm| rights(config, vacm));
    for community in config.communities.iter().filter(|community| community.identity.enabled) {
        builder = builder.community(community.community.reveal().to_owned());
    }
    for user in config.users.iter().filter(|user| user.identity.enabled) {
        let Some(keys) = keys.of(&user.keys) else { continue };
        let made = builder.usm_user(user.identity.name.clone(), |one| one.with_master_keys(keys));
        builder = made.map_err(|error| SnmpError::Agent(error.to_string()))?;
    }
    builder.build().await.map_err(|error| SnmpError::Agent(error.to_string()))
}

fn rights(config: &SnmpConfig, mut vacm: VacmBuilder) -> VacmBuilder {
    let everything = Oid::from_slice(&[1, 3, 6, 1]);
    vacm = vacm.view(ALL, |view| view.include(everything));
    for community in config.communities.iter().filter(|community| community.identity.enabled) {
        let group = community_group(&community.identity.name);
        for (on, model) in [(config.versions.v1, SecurityModel::V1), (config.versions.v2c, SecurityModel::V2c)] {
            if on {
                vacm = vacm.group(community.community.reveal().to_owned(), model, group.clone());
                vacm = vacm.access(group.clone(), model, SecurityLevel::NoAuthNoPriv, |access| {
                    access.read_view(ALL).write_view(ALL)
                });
            }
        }
    }
    for user in config.users.iter().filter(|user| user.identity.enabled && config.versions.v3) {
        let group = user_group(&user.identity.name);
        let level = if user.keys.privacy.is_some() { SecurityLevel::AuthPriv } else { SecurityLevel::AuthNoPriv };
        vacm = vacm.group(user.identity.name.clone(), SecurityModel::Usm, group.clone());
        vacm = vacm.access(group, SecurityModel::Usm, level, |access| access.read_view(ALL).write_view(ALL));
    }
    vacm
}
