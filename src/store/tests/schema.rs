//! Schemas: an older one is copied and migrated, a newer or foreign one refused untouched.

use std::os::unix::fs::PermissionsExt;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlStr, SqliteConnection};

use super::*;

/// This program's schema and one more step.
fn newer() -> Migrator {
    with_step("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT; PRAGMA user_version = 99;")
}

fn with_step(step: &'static str) -> Migrator {
    let step = Migration::new(99, "more".into(), MigrationType::Simple, SqlStr::from_static(step), false);
    let mut all: Vec<Migration> = sqlx::migrate!("./migrations").iter().cloned().collect();
    all.push(step);
    Migrator::with_migrations(all)
}

/// The number of this program's schema.
fn newest() -> i64 {
    sqlx::migrate!("./migrations").iter().map(|migration| migration.version).max().unwrap()
}

#[tokio::test]
async fn every_migration_marks_the_file_with_its_number() {
    let bench = Bench::new().await;
    assert_eq!(bench.count("PRAGMA user_version").await, newest());
}

#[tokio::test]
async fn an_older_schema_is_copied_before_it_is_migrated() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    bench.store.close().await;
    let version = newest();
    let copy = bench.folder.path().join(format!("dinrail.db.schema-{version}.backup"));

    let store = Store::open_with(bench.folder.path(), StoreLimits::default(), &newer()).await.unwrap();
    assert_eq!(store.load().await.unwrap().document, example());
    store.close().await;
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);

    // The copy in place of the migrated one is the way back.
    std::fs::copy(&copy, bench.folder.path().join("dinrail.db")).unwrap();
    let store = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap();
    assert_eq!(store.load().await.unwrap().document, example());
}

#[tokio::test]
async fn the_events_of_the_first_schema_are_counted_by_share() {
    let folder = tempfile::tempdir().unwrap();
    let first: Vec<Migration> =
        sqlx::migrate!("./migrations").iter().filter(|step| step.version == 1).cloned().collect();
    let limits = StoreLimits { events: 50, ..StoreLimits::default() };
    let old = Store::open_with(folder.path(), limits, &Migrator::with_migrations(first)).await.unwrap();
    sqlx::raw_sql(
        "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 200) \
         INSERT INTO events (at_ms, source, category, subject, result, detail, actor) \
         SELECT n, 'web', 'access', '', CASE WHEN n % 4 = 0 THEN 'refused' ELSE 'ok' END, '', '' FROM n",
    )
    .execute(&mut *old.inner.writer.acquire().await.unwrap())
    .await
    .unwrap();
    old.close().await;

    let store = Store::open(folder.path(), limits).await.unwrap();
    let count = async |select: &'static str| -> i64 {
        sqlx::query_scalar(select).fetch_one(&store.inner.readers).await.unwrap()
    };
    assert_eq!(count("SELECT kept FROM event_shares WHERE refused = 1").await, 50);
    assert_eq!(count("SELECT kept FROM event_shares WHERE refused = 0").await, 150);
    let event = |result: &str| NewEvent {
        unix_ms: 201,
        source: "web".to_owned(),
        category: "access".to_owned(),
        subject: String::new(),
        actor: String::new(),
        result: result.to_owned(),
        detail: String::new(),
    };
    store.event_log().append(&[event("ok"), event("refused")]).await.unwrap();
    assert_eq!(count("SELECT count(*) FROM events WHERE result = 'ok'").await, 50);
    assert_eq!(count("SELECT min(id) FROM events WHERE result = 'refused'").await, 8);
    assert_eq!(count("SELECT sum(kept) FROM event_shares").await, 100);
    store.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_nothing_is_touched() {
    let bench = Bench::new().await;
    bench.store.close().await;
    Store::open_with(bench.folder.path(), StoreLimits::default(), &newer()).await.unwrap().close().await;
    let before = bench.files();
    let error = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::SchemaNewer { found: 99, .. }), "{error}");
    assert!(bench.files() == before);
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_and_not_touched() {
    for foreign in ["text", "database"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dinrail.db");
        if foreign == "text" {
            std::fs::write(&path, "something else altogether").unwrap();
        } else {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
            let mut database = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql("CREATE TABLE notes (text)").execute(&mut database).await.unwrap();
            database.close().await.unwrap();
            std::fs::write(folder.path().join("key"), [1; 32]).unwrap();
        }
        let before = std::fs::read(&path).unwrap();
        let error = Store::open(folder.path(), StoreLimits::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::NotOurs { .. }), "{foreign}: {error}");
        assert!(std::fs::read(&path).unwrap() == before, "{foreign}");
    }
}

#[tokio::test]
async fn what_is_made_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/b");
    let store = Store::open(&data, StoreLimits::default()).await.unwrap();
    let mode = |name: &str| std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for file in ["key", "dinrail.db", "dinrail.db-wal", "dinrail.db-shm"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_start_that_was_cut_off_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    // The key and an empty file: all there is between the two first steps.
    std::fs::write(folder.path().join("key"), [7; 32]).unwrap();
    std::fs::write(folder.path().join("dinrail.db"), []).unwrap();
    let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
    assert_eq!(store.revision().await.unwrap(), 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    let error = Store::open(&folder.path().join("file/data"), StoreLimits::default()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Folder { .. }) && error.to_string().contains("file/data"), "{error}");
}

#[tokio::test]
async fn without_a_copy_nothing_is_migrated() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    bench.store.close().await;
    let version = newest();
    std::fs::create_dir(bench.folder.path().join(format!("dinrail.db.schema-{version}.draft"))).unwrap();
    let error = Store::open_with(bench.folder.path(), StoreLimits::default(), &newer()).await.unwrap_err();
    assert!(matches!(error, StoreError::Backup { .. }), "{error}");
    let store = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap();
    assert_eq!(store.load().await.unwrap().document, example());
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_schema_as_it_was() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    bench.store.close().await;
    let broken = with_step("PRAGMA user_version = 99; DROP TABLE tags; INSERT INTO nowhere VALUES (1);");
    let error = Store::open_with(bench.folder.path(), StoreLimits::default(), &broken).await.unwrap_err();
    assert!(matches!(error, StoreError::Migrate(_)), "{error}");
    let store = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap();
    assert_eq!(store.load().await.unwrap().document, example());
}
