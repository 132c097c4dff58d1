//! A document that carries its secrets out of the appliance: encrypted with a passphrase, or not at all.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::{Value as Json, json};

/// The `format` of an encrypted export.
pub const SEALED_FORMAT: &str = "dinrail-sealed/1";
/// Characters a passphrase has at least.
pub const MIN_PASSPHRASE: usize = 12;
/// Argon2id as OWASP's password storage cheat sheet has it for offline attack, doubled: 64 MiB, 3 passes.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;
/// A file that asks for more than this would only be there to take our memory.
const MAX_MEMORY_KIB: u32 = 1_048_576;
const MAX_PASSES: u32 = 20;

/// Why an envelope cannot be made or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Too short to withstand guessing.
    #[error("a passphrase has at least {MIN_PASSPHRASE} characters")]
    Short,
    /// Another passphrase, or the file was changed: the two cannot be told apart.
    #[error("the passphrase is wrong, or the file was changed")]
    Wrong,
    /// Not an envelope of ours.
    #[error("the file is not an encrypted export of dinrail ({0})")]
    Shape(&'static str),
    /// Key derivation failed, for want of memory.
    #[error("the key could not be derived from the passphrase")]
    Derive,
}

/// Whether this is an encrypted export.
pub fn is_sealed(json: &Json) -> bool {
    json.get("format").and_then(Json::as_str) == Some(SEALED_FORMAT)
}

/// Encrypts a document; `salt` and `nonce` are fresh random bytes.
pub fn seal(document: &Json, passphrase: &str, salt: [u8; 16], nonce: [u8; NONCE_LEN]) -> Result<Json, EnvelopeError> {
    if passphrase.chars().count() < MIN_PASSPHRASE {
        return Err(EnvelopeError::Short);
    }
    let key = derive(passphrase, &salt, MEMORY_KIB, PASSES)?;
    let mut bytes = document.to_string().into_bytes();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(SEALED_FORMAT), &mut bytes)
        .map_err(|_| EnvelopeError::Derive)?;
    Ok(json!({
        "format": SEALED_FORMAT,
        "kdf": { "name": "argon2id", "memory_kib": MEMORY_KIB, "passes": PASSES, "salt": STANDARD.encode(salt) },
        "cipher": "chacha20-poly1305",
        "nonce": STANDARD.encode(nonce),
        "data": STANDARD.encode(bytes),
    }))
}

/// Decrypts an export.
pub fn open(sealed: &Json, passphrase: &str) -> Result<Json, EnvelopeError> {
    let number = |pointer: &str, max: u32| {
        let found = sealed.pointer(pointer).and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
        found.filter(|n| (1..=max).contains(n)).ok_or(EnvelopeError::Shape("its key derivation is unknown"))
    };
    let bytes = |pointer: &str| {
        let text = sealed.pointer(pointer).and_then(Json::as_str).ok_or(EnvelopeError::Shape("a part is missing"))?;
        STANDARD.decode(text).map_err(|_| EnvelopeError::Shape("a part is not base64"))
    };
    let key = derive(
        passphrase,
        &bytes("/kdf/salt")?,
        number("/kdf/memory_kib", MAX_MEMORY_KIB)?,
        number("/kdf/passes", MAX_PASSES)?,
    )?;
    let nonce: [u8; NONCE_LEN] = bytes("/nonce")?.try_into().map_err(|_| EnvelopeError::Shape("its nonce is short"))?;
    let mut data = bytes("/data")?;
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(SEALED_FORMAT), &mut data)
        .map_err(|_| EnvelopeError::Wrong)?;
    super::json::read(plain).map_err(|_| EnvelopeError::Shape("its content is not JSON"))
}

fn derive(passphrase: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<LessSafeKey, EnvelopeError> {
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| EnvelopeError::Derive)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .map_err(|_| EnvelopeError::Derive)?;
    UnboundKey::new(&CHACHA20_POLY1305, &key).map(LessSafeKey::new).map_err(|_| EnvelopeError::Derive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_it() {
        let document = json!({ "format": "dinrail/1", "password": "change-me" });
        let sealed = seal(&document, "correct horse battery", [1; 16], [2; NONCE_LEN]).unwrap();
        assert!(is_sealed(&sealed) && !sealed.to_string().contains("change-me"));
        assert_eq!(open(&sealed, "correct horse battery"), Ok(document.clone()));
        assert_eq!(open(&sealed, "correct horse bakery"), Err(EnvelopeError::Wrong));
        assert_eq!(seal(&document, "short", [1; 16], [2; NONCE_LEN]), Err(EnvelopeError::Short));
        let mut hungry = sealed.clone();
        hungry["kdf"]["memory_kib"] = json!(u32::MAX);
        assert!(matches!(open(&hungry, "correct horse battery"), Err(EnvelopeError::Shape(_))));
        assert!(matches!(open(&json!({}), "x"), Err(EnvelopeError::Shape(_))));
    }
}
