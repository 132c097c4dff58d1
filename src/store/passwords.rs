//! Passwords: what is strong enough, and the hashes that are stored instead of them.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use super::{Store, StoreError, beside};

/// The fewest characters of a password (NIST SP 800-63B asks for 8 at least; IEC 62443-4-2 CR 1.7 for a set minimum).
const MIN_PASSWORD: usize = 10;
/// The most characters: enough for any sentence, too few to keep the hash busy.
const MAX_PASSWORD: usize = 200;

/// 7 MiB, 5 passes, 1 lane: of the equivalent argon2id settings in the OWASP Password Storage Cheat Sheet the one with the
/// least memory, for a host whose memory belongs to the process.
const MEMORY_KIB: u32 = 7 * 1024;
const PASSES: u32 = 5;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer than 10 characters.
    #[error("a password has at least 10 characters")]
    TooShort,
    /// More than 200 characters.
    #[error("a password has at most 200 characters")]
    TooLong,
    /// Contains the name of the account.
    #[error("a password does not contain the name of the account")]
    Name,
    /// Among the first that anyone would try, or made of very few characters.
    #[error("this password is among the first that anyone would try; take another")]
    Common,
}

/// Judges a new password for an account.
pub fn check_password(name: &str, password: &str) -> Result<(), PasswordProblem> {
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        return Err(PasswordProblem::TooShort);
    }
    if length > MAX_PASSWORD {
        return Err(PasswordProblem::TooLong);
    }
    let lower = password.to_lowercase();
    let name = name.to_lowercase();
    // A name of one or two letters is in many good passwords by chance.
    if lower == name || (name.chars().count() > 2 && lower.contains(&name)) {
        return Err(PasswordProblem::Name);
    }
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    // What is left without the year or the marks behind it: `Password2024!` is `password`.
    let core = lower.trim_end_matches(|last: char| last.is_ascii_digit() || last.is_ascii_punctuation() || last == ' ');
    if letters.len() < 4 || COMMON.contains(&lower.as_str()) || COMMON_CORES.contains(&core) {
        return Err(PasswordProblem::Common);
    }
    Ok(())
}

/// Passwords of ten characters and more from the published lists of the most used, and rows of keys.
const COMMON: [&str; 32] = [
    "1234567890",
    "0123456789",
    "0987654321",
    "9876543210",
    "12345678910",
    "123456789a",
    "1234567891",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "1qazxsw23edc",
    "qwertyuiop",
    "qwertyuiop[]",
    "asdfghjkl;",
    "qwerty123456",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "abcdefghij",
    "abcdefghijk",
    "abc1234567",
    "a123456789",
    "a1b2c3d4e5",
    "zaq12wsxcde3",
    "iloveyou123",
    "letmein1234",
    "administrator",
    "correcthorsebatterystaple",
    "1111111111a",
    "1122334455",
    "123123123a",
    "147258369a",
    "qazwsxedcrfv",
];

/// The same with any digits and marks behind them.
const COMMON_CORES: [&str; 16] = [
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "admin",
    "administrator",
    "welcome",
    "changeme",
    "change-me",
    "qwerty",
    "dinrail",
    "gateway",
    "default",
    "letmein",
    "operator",
    "moxa",
];

/// Verified in place of the hash of an account that does not exist: the answer takes as long.
const DECOY: &str = "$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Store {
    /// Hashes a password beside the runtime.
    pub(super) async fn hash_password(&self, password: &str) -> Result<String, StoreError> {
        let (password, salt) = (password.to_owned(), self.inner.keys.random_bytes::<16>()?);
        // The turn moves into the work: a caller that goes away must not let a third one begin.
        let turn = Arc::clone(&self.inner.hashing).acquire_owned().await.map_err(|_| StoreError::CutOff)?;
        beside(move || {
            let _turn = turn;
            let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|_| StoreError::CutOff)
        })
        .await?
    }

    /// Whether a password is the one behind a hash; without a hash it is not, after the same time.
    pub(super) async fn verify_password(&self, password: &str, hash: Option<String>) -> Result<bool, StoreError> {
        if password.chars().count() > MAX_PASSWORD {
            return Ok(false);
        }
        let password = password.to_owned();
        let turn = Arc::clone(&self.inner.hashing).acquire_owned().await.map_err(|_| StoreError::CutOff)?;
        beside(move || {
            let _turn = turn;
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| DECOY.to_owned());
            // The costs come from the hash, so that hashes of older settings stay good.
            let same = PasswordHash::new(&hash).is_ok_and(|hash| {
                hasher().is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), &hash).is_ok())
            });
            Ok(same && known)
        })
        .await?
    }
}

fn hasher() -> Result<Argon2<'static>, StoreError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| StoreError::CutOff)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, password: &str, expect: Result<(), PasswordProblem>) {
        assert_eq!(check_password(name, password), expect, "{password}");
    }

    #[test]
    fn weak_passwords_are_told_apart() {
        check("kim", "blue tram 42", Ok(()));
        check("kim", "가나다라마바사아자차", Ok(()));
        check("kim", "short", Err(PasswordProblem::TooShort));
        check("kim", "***", Err(PasswordProblem::TooShort));
        check("kim", &"long ".repeat(41), Err(PasswordProblem::TooLong));
        check("Maintenance", "maintenance", Err(PasswordProblem::Name));
        check("kim", "i am Kim, hello", Err(PasswordProblem::Name));
        check("a", "a good password here", Ok(()));
        check("kim", "Password2024!", Err(PasswordProblem::Common));
        check("kim", "1234567890", Err(PasswordProblem::Common));
        check("kim", "aaaaaaaaaaaab", Err(PasswordProblem::Common));
        check("kim", "change-me-2026", Err(PasswordProblem::Common));
    }

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let decoy = PasswordHash::new(DECOY).unwrap();
        let params = Params::try_from(&decoy).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, 1));
        assert!(decoy.hash.is_some());
    }
}
