//! Accounts of people, and the claim of a new appliance.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row as _, SqliteConnection};

use super::error::is_duplicate;
use super::{Durability, PasswordProblem, Store, StoreError, UnixMs, WRITE, check_password, now_ms};

/// The longest name of an account, in characters.
const MAX_NAME: usize = 64;

/// What an account may do; each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything but secrets.
    Viewer,
    /// Writes points.
    Operator,
    /// Changes configuration and accounts.
    Admin,
}

impl Role {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of a stored word; the table allows no other, and what is unknown may least.
    pub(super) fn stored(word: &str) -> Self {
        match word {
            "admin" => Self::Admin,
            "operator" => Self::Operator,
            _ => Self::Viewer,
        }
    }
}

/// An account. Its password hash never leaves the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Unique ignoring case of A to Z.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_ms: UnixMs,
    /// When its password was last set.
    pub password_changed_ms: UnixMs,
    /// Raised by everything that ends all its sessions.
    pub epoch: u64,
}

/// Why an account was not made, changed or removed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name is taken.
    #[error("there is an account of this name already")]
    Exists,
    /// There is none of this name.
    #[error("there is no account of this name")]
    Unknown,
    /// Nobody could administer the appliance any more.
    #[error("this is the last administrator: make another one first")]
    LastAdmin,
    /// There are accounts already.
    #[error("this appliance is claimed already")]
    Claimed,
    /// The name is not usable.
    #[error(
        "a name of an account has 1 to 64 characters, none of them a control character, and no blank at either end"
    )]
    Name,
    /// The new password is not good.
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    /// The old password is not the present one.
    #[error("the present password is another one")]
    WrongPassword,
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for UserError {
    fn from(error: sqlx::Error) -> Self {
        if is_duplicate(&error) { Self::Exists } else { Self::Store(error.into()) }
    }
}

impl Store {
    /// Whether there is no account yet, so that whoever has the claim code may make the first.
    pub async fn claimable(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM users)").fetch_one(&self.inner.readers).await?)
    }

    /// The code that claims a new appliance, to be shown on its console: 60 bits, the same until it is claimed, another in
    /// each installation. It has no power once there is an account.
    pub fn claim_code(&self) -> String {
        // Crockford's base32: no letter looks like another or like a digit.
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let letters: Vec<u8> =
            self.inner.keys.claim_seed().iter().take(12).map(|byte| LETTERS[usize::from(byte & 31)]).collect();
        letters.chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
    }

    /// Whether this is the claim code; case, blanks and hyphens do not matter.
    pub fn is_claim_code(&self, given: &str) -> bool {
        let plain = |code: &str| -> Vec<u8> {
            code.bytes().filter(u8::is_ascii_alphanumeric).take(64).map(|letter| letter.to_ascii_uppercase()).collect()
        };
        subtle::ConstantTimeEq::ct_eq(plain(given).as_slice(), plain(&self.claim_code()).as_slice()).into()
    }

    /// Makes the first account, an administrator. Of two that try at once, one succeeds.
    pub async fn claim(&self, name: &str, password: &str) -> Result<User, UserError> {
        self.insert_user(name, Role::Admin, password, true).await
    }

    /// Makes an account.
    pub async fn create_user(&self, name: &str, role: Role, password: &str) -> Result<User, UserError> {
        self.insert_user(name, role, password, false).await
    }

    async fn insert_user(&self, name: &str, role: Role, password: &str, first: bool) -> Result<User, UserError> {
        check_user_name(name)?;
        check_password(name, password)?;
        let hash = self.hash_password(password).await?;
        let now = now_ms();
        let mut connection = self.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        if first && sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)").fetch_one(&mut *transaction).await? {
            return Err(UserError::Claimed);
        }
        sqlx::query(
            "INSERT INTO users (name, password, role, created_ms, password_changed_ms, epoch) VALUES (?, ?, ?, ?, ?, 1)",
        )
        .bind(name)
        .bind(hash)
        .bind(role.as_str())
        .bind(now)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(User { name: name.to_owned(), role, created_ms: now, password_changed_ms: now, epoch: 1 })
    }

    /// Every account, by name.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query("SELECT name, role, created_ms, password_changed_ms, epoch FROM users ORDER BY name")
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(rows.iter().map(user).collect::<Result<_, _>>()?)
    }

    /// The account of this name.
    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("SELECT name, role, created_ms, password_changed_ms, epoch FROM users WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.inner.readers)
            .await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    /// The account with this name and password. Says and takes the same whether the name or the password is wrong.
    pub async fn authenticate(&self, name: &str, password: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query(
            "SELECT name, role, created_ms, password_changed_ms, epoch, password FROM users WHERE name = ?",
        )
        .bind(name)
        .fetch_optional(&self.inner.readers)
        .await?;
        let hash = row.as_ref().map(|row| row.try_get(5)).transpose()?;
        let right = self.verify_password(password, hash).await?;
        Ok(row.as_ref().filter(|_| right).map(user).transpose()?)
    }

    /// Sets a password without knowing the old one: an administrator's right. Ends the sessions of the account.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<(), UserError> {
        check_password(name, password)?;
        let hash = self.hash_password(password).await?;
        let mut connection = self.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        let changed = sqlx::query("UPDATE users SET password = ?, password_changed_ms = ? WHERE name = ?")
            .bind(hash)
            .bind(now_ms())
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        if changed.rows_affected() == 0 {
            return Err(UserError::Unknown);
        }
        raise_epoch(&mut transaction, name).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Changes a password by its owner. Ends all sessions of the account, the one that asks too.
    pub async fn change_password(&self, name: &str, old: &str, new: &str) -> Result<(), UserError> {
        check_password(name, new)?;
        match self.authenticate(name, old).await? {
            Some(_) => self.set_password(name, new).await,
            None => Err(UserError::WrongPassword),
        }
    }

    /// Makes the account an administrator with this password, new if there is none: the way back in from the console.
    pub async fn reset_user(&self, name: &str, password: &str) -> Result<(), UserError> {
        match self.create_user(name, Role::Admin, password).await {
            Err(UserError::Exists) => {
                self.set_role(name, Role::Admin).await?;
                self.set_password(name, password).await
            }
            made => made.map(drop),
        }
    }

    /// Changes what an account may do. Ends its sessions.
    pub async fn set_role(&self, name: &str, role: Role) -> Result<(), UserError> {
        let mut connection = self.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        if stored_role(&mut transaction, name).await? == role {
            return Ok(());
        }
        if role != Role::Admin {
            keep_an_admin(&mut transaction, name).await?;
        }
        sqlx::query("UPDATE users SET role = ? WHERE name = ?")
            .bind(role.as_str())
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        raise_epoch(&mut transaction, name).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes an account and its sessions.
    pub async fn remove_user(&self, name: &str) -> Result<(), UserError> {
        let mut connection = self.writer(Durability::Full).await?;
        let mut transaction = connection.begin_with(WRITE).await?;
        stored_role(&mut transaction, name).await?;
        keep_an_admin(&mut transaction, name).await?;
        sqlx::query("DELETE FROM users WHERE name = ?").bind(name).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn check_user_name(name: &str) -> Result<(), UserError> {
    let good =
        (1..=MAX_NAME).contains(&name.chars().count()) && name.trim() == name && !name.contains(char::is_control);
    if good { Ok(()) } else { Err(UserError::Name) }
}

fn user(row: &SqliteRow) -> Result<User, sqlx::Error> {
    Ok(User {
        name: row.try_get(0)?,
        role: Role::stored(row.try_get(1)?),
        created_ms: row.try_get(2)?,
        password_changed_ms: row.try_get(3)?,
        epoch: row.try_get(4)?,
    })
}

async fn stored_role(transaction: &mut SqliteConnection, name: &str) -> Result<Role, UserError> {
    let role: Option<String> =
        sqlx::query_scalar("SELECT role FROM users WHERE name = ?").bind(name).fetch_optional(transaction).await?;
    role.as_deref().map(Role::stored).ok_or(UserError::Unknown)
}

/// Refuses if there is no administrator besides this account.
async fn keep_an_admin(transaction: &mut SqliteConnection, name: &str) -> Result<(), UserError> {
    let others = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND name <> ?)")
        .bind(name)
        .fetch_one(transaction)
        .await?;
    if others { Ok(()) } else { Err(UserError::LastAdmin) }
}

/// The sessions go at once; the raised number refuses tokens of theirs that are still under way.
async fn raise_epoch(transaction: &mut SqliteConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET epoch = epoch + 1 WHERE name = ?").bind(name).execute(&mut *transaction).await?;
    sqlx::query("DELETE FROM sessions WHERE user = ?").bind(name).execute(transaction).await?;
    Ok(())
}
