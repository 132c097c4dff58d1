//! Sessions of people. A session token is good only while its row is here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sqlx::{Connection, Row as _};

use super::{Durability, Role, Store, StoreError, UnixMs, User, WRITE};

/// Sessions of one account at once; the one used longest ago gives way (IEC 62443-4-2 CR 2.7).
const MAX_SESSIONS: u32 = 64;
/// The use of a session is noted at most this often, to spare the flash.
const NOTE_EVERY_MS: i64 = 30_000;

/// A session to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Who logs in, as [`Store::authenticate`] gave it.
    pub user: User,
    /// Where from: address, shown in the list of sessions.
    pub origin: String,
    /// Now.
    pub now_ms: UnixMs,
    /// When it ends at the latest.
    pub expires_ms: UnixMs,
}

/// A session, without what would open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The token's identifier (`jti`): 128 random bits.
    pub jti: String,
    /// Whose it is.
    pub user: String,
    /// Where it was opened from.
    pub origin: String,
    /// When it was opened.
    pub created_ms: UnixMs,
    /// When it ends at the latest.
    pub expires_ms: UnixMs,
    /// When it was last used, within half a minute.
    pub seen_ms: UnixMs,
}

/// Who uses a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUser {
    /// The account.
    pub name: String,
    /// What it may do now.
    pub role: Role,
    /// When the session ends at the latest.
    pub expires_ms: UnixMs,
}

impl Store {
    /// Opens a session; `None` if the account was changed or removed since it authenticated.
    pub async fn open_session(&self, new: NewSession) -> Result<Option<Session>, StoreError> {
        let jti = URL_SAFE_NO_PAD.encode(self.inner.keys.random_bytes::<16>()?);
        let mut connection = self.writer(Durability::Relaxed).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let unchanged: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE name = ? AND epoch = ?)")
            .bind(&new.user.name)
            .bind(as_sql(new.user.epoch))
            .fetch_one(&mut *transaction)
            .await?;
        if !unchanged {
            return Ok(None);
        }
        sqlx::query("DELETE FROM sessions WHERE expires_ms <= ?").bind(new.now_ms).execute(&mut *transaction).await?;
        sqlx::query(
            "DELETE FROM sessions WHERE jti IN \
             (SELECT jti FROM sessions WHERE user = ? ORDER BY seen_ms DESC, jti LIMIT -1 OFFSET ?)",
        )
        .bind(&new.user.name)
        .bind(MAX_SESSIONS - 1)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO sessions (jti, user, epoch, origin, created_ms, expires_ms, seen_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&jti)
        .bind(&new.user.name)
        .bind(as_sql(new.user.epoch))
        .bind(&new.origin)
        .bind(new.now_ms)
        .bind(new.expires_ms)
        .bind(new.now_ms)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some(Session {
            jti,
            user: new.user.name,
            origin: new.origin,
            created_ms: new.now_ms,
            expires_ms: new.expires_ms,
            seen_ms: new.now_ms,
        }))
    }

    /// Who uses a session, and notes the use; `None` if it was ended, has expired, or stood unused for `idle_ms`.
    pub async fn use_session(
        &self,
        jti: &str,
        now_ms: UnixMs,
        idle_ms: i64,
    ) -> Result<Option<SessionUser>, StoreError> {
        let row = sqlx::query(
            "SELECT users.name, users.role, sessions.expires_ms, sessions.seen_ms FROM sessions \
             JOIN users ON users.name = sessions.user AND users.epoch = sessions.epoch \
             WHERE sessions.jti = ? AND sessions.expires_ms > ? AND sessions.seen_ms > ?",
        )
        .bind(jti)
        .bind(now_ms)
        .bind(now_ms.saturating_sub(idle_ms))
        .fetch_optional(&self.inner.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let seen: i64 = row.try_get(3)?;
        if now_ms - seen >= NOTE_EVERY_MS.min(idle_ms / 4) {
            self.note("UPDATE sessions SET seen_ms = max(seen_ms, ?) WHERE jti = ?", now_ms, jti).await;
        }
        Ok(Some(SessionUser {
            name: row.try_get(0)?,
            role: Role::stored(row.try_get(1)?),
            expires_ms: row.try_get(2)?,
        }))
    }

    /// Ends a session; false if there was none.
    pub async fn end_session(&self, jti: &str) -> Result<bool, StoreError> {
        let mut connection = self.writer(Durability::Full).await?;
        let ended = sqlx::query("DELETE FROM sessions WHERE jti = ?").bind(jti).execute(&mut *connection).await?;
        Ok(ended.rows_affected() > 0)
    }

    /// The open sessions, last used first; those of one account if given.
    pub async fn sessions(&self, user: Option<&str>, now_ms: UnixMs) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query(
            "SELECT jti, user, origin, created_ms, expires_ms, seen_ms FROM sessions \
             WHERE expires_ms > ?1 AND (?2 IS NULL OR user = ?2) ORDER BY seen_ms DESC, jti",
        )
        .bind(now_ms)
        .bind(user)
        .fetch_all(&self.inner.readers)
        .await?;
        let session = |row: &sqlx::sqlite::SqliteRow| {
            Ok::<_, sqlx::Error>(Session {
                jti: row.try_get(0)?,
                user: row.try_get(1)?,
                origin: row.try_get(2)?,
                created_ms: row.try_get(3)?,
                expires_ms: row.try_get(4)?,
                seen_ms: row.try_get(5)?,
            })
        };
        Ok(rows.iter().map(session).collect::<Result<_, _>>()?)
    }
}

fn as_sql(epoch: u64) -> i64 {
    i64::try_from(epoch).unwrap_or(i64::MAX)
}
