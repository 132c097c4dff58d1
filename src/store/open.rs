//! Opening: what may be touched, the key, the schema, and the copy before a migration.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Semaphore;

use super::keys::Keyring;
use super::{Inner, Store, StoreError, StoreLimits, now_ms};

/// The database in the data folder.
const DATABASE: &str = "dinrail.db";
/// The key file in the data folder.
const KEY: &str = "key";
/// "DINR" in the header of the database file.
const APPLICATION_ID: i64 = 0x4449_4E52;
/// Sealed at the first start: whether it opens tells the right key from a wrong one.
const KEY_CHECK: &str = "dinrail";
const READERS: u32 = 3;
/// How long another process (`dinrail user reset` beside `serve`) may hold the file.
const BUSY: Duration = Duration::from_secs(10);
/// Two at once: a third login waits some tens of milliseconds.
const HASHES_AT_ONCE: usize = 2;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

impl Store {
    /// Opens the store of a data folder; makes folder, key and database where there are none, and brings an older schema
    /// up to date after a copy. A newer schema, a foreign file or a wrong key is refused and nothing is touched.
    pub async fn open(folder: &Path, limits: StoreLimits) -> Result<Self, StoreError> {
        Self::open_with(folder, limits, &MIGRATIONS).await
    }

    pub(super) async fn open_with(folder: &Path, limits: StoreLimits, schema: &Migrator) -> Result<Self, StoreError> {
        let database = folder.join(DATABASE);
        let newest = newest(schema);
        // From the bytes of the file: SQLite would already make its side files beside a database that is not ours.
        let existing =
            Header::read(&database).map_err(|source| StoreError::Folder { path: database.clone(), source })?;
        if let Some(header) = &existing {
            header.judge(&database, newest)?;
        }
        let keys = keys(folder, existing.is_some())?;
        create_private(&database)?;

        // Without turning the write-ahead log on, which writes into the file: it may still not be ours.
        let mut look = SqliteConnectOptions::new().filename(&database).disable_statement_logging().connect().await?;
        // Again through SQLite: after a power loss the newest header may still be in the write-ahead log.
        let found = judge_schema(&mut look, &database, newest).await?;
        if let Some(sealed) = key_check(&mut look, found).await?
            && keys.open(&sealed).as_deref() != Some(KEY_CHECK)
        {
            return Err(StoreError::KeyWrong { path: folder.join(KEY) });
        }
        if found > 0 && found < newest {
            back_up(&mut look, &database, found).await?;
        }
        look.close().await?;
        migrate(options(&database).connect().await?, schema, &keys).await?;

        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options(&database))
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options(&database).pragma("query_only", "1").row_buffer_size(500))
            .await?;
        let hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Ok(Self { inner: Arc::new(Inner { folder: folder.to_owned(), writer, readers, keys, limits, hashing }) })
    }
}

/// What the first 100 bytes of a database file tell (<https://www.sqlite.org/fileformat2.html>, section 1.3).
struct Header {
    sqlite: bool,
    user_version: i64,
    application_id: i64,
}

impl Header {
    /// `None` if there is no file, or one that SQLite has not written yet.
    fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut bytes = Vec::with_capacity(100);
        match File::open(path) {
            Ok(file) => file.take(100).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let number = |at: usize| {
            let field = bytes.get(at..at + 4).and_then(|field| <[u8; 4]>::try_from(field).ok());
            field.map_or(0, |field| i64::from(i32::from_be_bytes(field)))
        };
        let sqlite = bytes.starts_with(b"SQLite format 3\0");
        Ok((!bytes.is_empty()).then(|| Self { sqlite, user_version: number(60), application_id: number(68) }))
    }

    fn judge(&self, path: &Path, known: i64) -> Result<(), StoreError> {
        // Both zero: made by SQLite, its first migration not yet in the file. What is inside is looked at later.
        let unmarked = self.application_id == 0 && self.user_version == 0;
        if !self.sqlite || (self.application_id != APPLICATION_ID && !unmarked) {
            return Err(StoreError::NotOurs { path: path.to_owned() });
        }
        if self.user_version > known {
            return Err(StoreError::SchemaNewer { path: path.to_owned(), found: self.user_version, known });
        }
        Ok(())
    }
}

fn newest(schema: &Migrator) -> i64 {
    schema.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The key file is made only where there is no database yet: a new key would make the stored secrets unreadable for good.
fn keys(folder: &Path, database_exists: bool) -> Result<Keyring, StoreError> {
    let path = folder.join(KEY);
    if let Some(keys) = Keyring::read(&path)? {
        return Ok(keys);
    }
    if database_exists {
        return Err(StoreError::KeyMissing { path });
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
    Keyring::create(&path)
}

/// SQLite gives its side files the mode of the database file, and would make that readable for everyone.
fn create_private(database: &Path) -> Result<(), StoreError> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(database)
        .map(drop)
        .map_err(|source| StoreError::Folder { path: database.to_owned(), source })
}

fn options(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        // After a large save the log shrinks again at the next checkpoint.
        .pragma("journal_size_limit", "16777216")
        // What is deleted is overwritten where that costs no extra write: a replaced password hash need not stay.
        .pragma("secure_delete", "FAST")
        .disable_statement_logging()
}

/// The schema number inside the database; 0 = none yet.
async fn judge_schema(database: &mut SqliteConnection, path: &Path, known: i64) -> Result<i64, StoreError> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *database).await?;
    if found > known {
        return Err(StoreError::SchemaNewer { path: path.to_owned(), found, known });
    }
    if found == 0 {
        let foreign: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
        )
        .fetch_one(&mut *database)
        .await?;
        if foreign > 0 {
            return Err(StoreError::NotOurs { path: path.to_owned() });
        }
    }
    Ok(found)
}

async fn key_check(database: &mut SqliteConnection, found: i64) -> Result<Option<String>, StoreError> {
    if found == 0 {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT key_check FROM installation").fetch_optional(database).await?)
}

async fn migrate(mut database: SqliteConnection, schema: &Migrator, keys: &Keyring) -> Result<(), StoreError> {
    schema.run(&mut database).await?;
    sqlx::query("INSERT INTO installation (id, key_check, created_ms) VALUES (1, ?, ?) ON CONFLICT DO NOTHING")
        .bind(keys.seal(KEY_CHECK)?)
        .bind(now_ms())
        .execute(&mut database)
        .await?;
    // So that the header in the file itself tells the schema.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut database).await?;
    Ok(database.close().await?)
}

/// Copies the database beside itself, whole and on the disk, before its schema is changed.
async fn back_up(database: &mut SqliteConnection, path: &Path, found: i64) -> Result<(), StoreError> {
    let copy = path.with_file_name(format!("{DATABASE}.schema-{found}.backup"));
    let draft = copy.with_extension("draft");
    copy_into(database, &draft, &copy).await.map_err(|source| {
        // The error that is told is the one of the copy; a draft left behind is replaced by the next try.
        drop(fs::remove_file(&draft));
        StoreError::Backup { path: copy, source: Box::new(source) }
    })
}

async fn copy_into(database: &mut SqliteConnection, draft: &Path, copy: &Path) -> Result<(), StoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Folder { path, source }
    };
    // VACUUM INTO takes an empty file and keeps its mode.
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft).map_err(failed(draft))?;
    let target = draft.to_str().ok_or_else(|| failed(draft)(io::Error::other("the path is not UTF-8")))?;
    sqlx::query("VACUUM INTO ?").bind(target.to_owned()).execute(database).await?;
    File::open(draft).and_then(|file| file.sync_all()).map_err(failed(draft))?;
    fs::rename(draft, copy).map_err(failed(copy))?;
    let folder: PathBuf = copy.parent().map(Path::to_owned).unwrap_or_default();
    File::open(&folder).and_then(|file| file.sync_all()).map_err(failed(&folder))
}
