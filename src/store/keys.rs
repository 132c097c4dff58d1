//! The key of the installation: one file of 32 random bytes, from which every other key is derived.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};

use super::StoreError;

/// How a sealed text begins; the rest is base64 of nonce, ciphertext and tag.
pub(super) const SEALED: &str = "sealed:v1:";

const KEY_LEN: usize = 32;
/// Enough that no two installations ever have the same.
const MARK_LEN: usize = 16;
/// Bound to the purpose only: a rename or a move of the object must not make its secret unreadable.
const SECRET_AAD: &[u8] = b"dinrail/secret/v1";

/// The derived keys. The installation key itself is not kept in memory.
pub(super) struct Keyring {
    secrets: LessSafeKey,
    tokens: hmac::Key,
    sessions: [u8; KEY_LEN],
    claim: [u8; KEY_LEN],
    mark: [u8; KEY_LEN],
    random: SystemRandom,
}

impl Keyring {
    /// Reads the key file; `None` if there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let broken = |source| StoreError::Folder { path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        let mut bytes = Vec::with_capacity(KEY_LEN);
        // One byte more than a key tells a longer file without reading all of it.
        file.take(KEY_LEN as u64 + 1).read_to_end(&mut bytes).map_err(broken)?;
        let master: [u8; KEY_LEN] = bytes
            .try_into()
            .map_err(|bytes: Vec<u8>| StoreError::KeyDamaged { path: path.to_owned(), length: bytes.len() })?;
        Self::derive(&master).map(Some)
    }

    /// Makes the key file. It appears whole or not at all, also over a power loss.
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let mut master = [0; KEY_LEN];
        SystemRandom::new().fill(&mut master)?;
        write_whole(path, &master).map_err(|source| StoreError::Folder { path: path.to_owned(), source })?;
        Self::derive(&master)
    }

    fn derive(master: &[u8; KEY_LEN]) -> Result<Self, StoreError> {
        let secrets = UnboundKey::new(&CHACHA20_POLY1305, &expand(master, b"secrets")?)?;
        Ok(Self {
            secrets: LessSafeKey::new(secrets),
            tokens: hmac::Key::new(hmac::HMAC_SHA256, &expand(master, b"tokens")?),
            sessions: expand(master, b"sessions")?,
            claim: expand(master, b"claim")?,
            mark: expand(master, b"mark")?,
            random: SystemRandom::new(),
        })
    }

    /// Encrypts a text. Every call gives another result.
    pub(super) fn seal(&self, text: &str) -> Result<String, StoreError> {
        let nonce: [u8; NONCE_LEN] = self.random_bytes()?;
        let mut bytes = text.as_bytes().to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        self.secrets.seal_in_place_append_tag(nonce_used, Aad::from(SECRET_AAD), &mut bytes)?;
        let mut whole = nonce.to_vec();
        whole.append(&mut bytes);
        Ok(format!("{SEALED}{}", STANDARD_NO_PAD.encode(whole)))
    }

    /// Decrypts what [`Self::seal`] made with this key; `None` for anything else.
    pub(super) fn open(&self, sealed: &str) -> Option<String> {
        let mut whole = STANDARD_NO_PAD.decode(sealed.strip_prefix(SEALED)?).ok()?;
        let (nonce, bytes) = whole.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.secrets.open_in_place(nonce, Aad::from(SECRET_AAD), bytes).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }

    /// The stored form of an API token.
    pub(super) fn hash_token(&self, token: &str) -> Vec<u8> {
        hmac::sign(&self.tokens, token.as_bytes()).as_ref().to_vec()
    }

    /// The key that signs sessions.
    pub(super) fn session_key(&self) -> &[u8; KEY_LEN] {
        &self.sessions
    }

    /// What the claim code is made from.
    pub(super) fn claim_seed(&self) -> &[u8; KEY_LEN] {
        &self.claim
    }

    /// Tells this installation from others; anybody may see it.
    pub(super) fn mark(&self) -> String {
        self.mark.iter().take(MARK_LEN).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// Fresh random bytes.
    pub(super) fn random_bytes<const N: usize>(&self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }
}

fn expand(master: &[u8; KEY_LEN], purpose: &[u8]) -> Result<[u8; KEY_LEN], StoreError> {
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"dinrail/installation/v1").extract(master);
    let mut key = [0; KEY_LEN];
    extracted.expand(&[purpose], hkdf::HKDF_SHA256)?.fill(&mut key)?;
    Ok(key)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn ring(byte: u8) -> Keyring {
        Keyring::derive(&[byte; KEY_LEN]).unwrap()
    }

    #[test]
    fn a_sealed_text_opens_with_its_key_only() {
        let sealed = ring(1).seal("grüße, 비밀").unwrap();
        assert!(sealed.starts_with(SEALED));
        assert_eq!(ring(1).open(&sealed).as_deref(), Some("grüße, 비밀"));
        assert_eq!(ring(2).open(&sealed), None);
        let mut damaged = sealed.into_bytes();
        let last = damaged.len() - 1;
        damaged[last] = if damaged[last] == b'A' { b'Q' } else { b'A' };
        assert_eq!(ring(1).open(&String::from_utf8(damaged).unwrap()), None);
        assert_eq!(ring(1).open("sealed:v1:"), None);
        assert_eq!(ring(1).open("plain"), None);
    }

    #[test]
    fn a_mark_is_always_the_same_and_no_other_installation_has_it() {
        assert_eq!(ring(1).mark(), ring(1).mark());
        assert_ne!(ring(1).mark(), ring(2).mark());
        assert_eq!(ring(1).mark().len(), 2 * MARK_LEN);
    }

    #[test]
    fn two_seals_of_one_text_differ() {
        assert_ne!(ring(1).seal("x").unwrap(), ring(1).seal("x").unwrap());
    }

    #[test]
    fn the_key_file_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(Keyring::read(&path).unwrap().is_none());
        let sealed = Keyring::create(&path).unwrap().seal("x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Keyring::read(&path).unwrap().unwrap();
        assert_eq!(again.open(&sealed).as_deref(), Some("x"));
    }

    #[test]
    fn a_short_or_long_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for length in [0, 31, 33] {
            fs::write(&path, vec![7; length]).unwrap();
            let error = Keyring::read(&path).err().unwrap();
            assert!(matches!(error, StoreError::KeyDamaged { length: told, .. } if told == length), "{error}");
        }
    }
}
