//! API tokens of programs: random, shown once, stored hashed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::error::is_duplicate;
use super::{Durability, Role, Store, StoreError, UnixMs, now_ms};

/// How every token begins, so that scanners for leaked secrets can know one.
const PREFIX: &str = "dinrail_";
/// The use of a token is noted at most this often, to spare the flash.
const NOTE_EVERY_MS: i64 = 60_000;
/// The longest name of a token, in characters.
const MAX_NAME: usize = 64;

/// A token as it can be shown again: without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiToken {
    /// Names it in calls.
    pub id: String,
    /// What its owner calls it; unique ignoring case of A to Z.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The account that made it.
    pub created_by: String,
    /// When it was made.
    pub created_ms: UnixMs,
    /// When it ends; none = never.
    pub expires_ms: Option<UnixMs>,
    /// When it was last used, within a minute.
    pub used_ms: Option<UnixMs>,
}

/// A token that was just made.
#[derive(Clone)]
pub struct NewToken {
    /// What stays known.
    pub token: ApiToken,
    /// The text itself: 256 random bits. Shown now and never again.
    pub secret: String,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("token", &self.token).finish_non_exhaustive()
    }
}

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is taken.
    #[error("there is a token of this name already")]
    Exists,
    /// The name is not usable.
    #[error("a name of a token has 1 to 64 characters, none of them a control character")]
    Name,
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Makes a token.
    pub async fn create_token(
        &self,
        name: &str,
        role: Role,
        created_by: &str,
        expires_ms: Option<UnixMs>,
    ) -> Result<NewToken, TokenError> {
        if !(1..=MAX_NAME).contains(&name.chars().count()) || name.contains(char::is_control) {
            return Err(TokenError::Name);
        }
        let id = URL_SAFE_NO_PAD.encode(self.inner.keys.random_bytes::<9>()?);
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.inner.keys.random_bytes::<32>()?));
        let created_ms = now_ms();
        let mut connection = self.writer(Durability::Full).await?;
        let made = sqlx::query(
            "INSERT INTO api_tokens (id, name, role, hash, created_by, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(name)
        .bind(role.as_str())
        .bind(self.inner.keys.hash_token(&secret))
        .bind(created_by)
        .bind(created_ms)
        .bind(expires_ms)
        .execute(&mut *connection)
        .await;
        match made {
            Ok(_) => (),
            Err(error) if is_duplicate(&error) => return Err(TokenError::Exists),
            Err(error) => return Err(TokenError::Store(error.into())),
        }
        let (name, created_by) = (name.to_owned(), created_by.to_owned());
        let token = ApiToken { id, name, role, created_by, created_ms, expires_ms, used_ms: None };
        Ok(NewToken { token, secret })
    }

    /// The token of this text, and notes the use; `None` if there is none or it has expired.
    pub async fn use_token(&self, secret: &str, now_ms: UnixMs) -> Result<Option<ApiToken>, StoreError> {
        if !secret.starts_with(PREFIX) {
            return Ok(None);
        }
        // Found by its keyed hash: what the index compares tells nothing about the text.
        let row = sqlx::query(
            "SELECT id, name, role, created_by, created_ms, expires_ms, used_ms FROM api_tokens \
             WHERE hash = ? AND (expires_ms IS NULL OR expires_ms > ?)",
        )
        .bind(self.inner.keys.hash_token(secret))
        .bind(now_ms)
        .fetch_optional(&self.inner.readers)
        .await?;
        let Some(token) = row.as_ref().map(token).transpose()? else { return Ok(None) };
        if token.used_ms.is_none_or(|used| now_ms - used >= NOTE_EVERY_MS) {
            self.note("UPDATE api_tokens SET used_ms = ? WHERE id = ?", now_ms, &token.id).await;
        }
        Ok(Some(token))
    }

    /// Every token, by name.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, role, created_by, created_ms, expires_ms, used_ms FROM api_tokens ORDER BY name",
        )
        .fetch_all(&self.inner.readers)
        .await?;
        Ok(rows.iter().map(token).collect::<Result<_, _>>()?)
    }

    /// Ends a token; false if there was none.
    pub async fn remove_token(&self, id: &str) -> Result<bool, StoreError> {
        let mut connection = self.writer(Durability::Full).await?;
        let removed = sqlx::query("DELETE FROM api_tokens WHERE id = ?").bind(id).execute(&mut *connection).await?;
        Ok(removed.rows_affected() > 0)
    }
}

fn token(row: &SqliteRow) -> Result<ApiToken, sqlx::Error> {
    Ok(ApiToken {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        role: Role::stored(row.try_get(2)?),
        created_by: row.try_get(3)?,
        created_ms: row.try_get(4)?,
        expires_ms: row.try_get(5)?,
        used_ms: row.try_get(6)?,
    })
}
