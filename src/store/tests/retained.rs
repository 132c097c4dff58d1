//! Retained messages of the broker.

use crate::store::{RetainedMessage, Store, StoreLimits};

fn message(payload: &str) -> RetainedMessage {
    let payload = payload.to_owned().into();
    RetainedMessage { payload, qos: 1, client: "press".to_owned(), expires_ms: Some(7), properties: None }
}

#[tokio::test]
async fn messages_are_there_at_the_next_start_and_what_was_taken_back_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
    let retained = store.retained_messages();
    assert_eq!(retained.all().await.unwrap().len(), 0);
    for n in 0..2_500 {
        retained.note(&format!("many/{n}"), Some(message("1")));
    }
    retained.note("a", Some(message("old")));
    retained.note("short", Some(message("x")));
    retained.note("short", None);
    retained.flush(false).await.unwrap();
    retained.note("a", Some(message("new")));
    for n in 0..2_400 {
        retained.note(&format!("many/{n}"), None);
    }
    store.close().await;

    // What was not flushed is lost, and nothing else.
    let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
    let retained = store.retained_messages();
    let all = retained.all().await.unwrap();
    assert_eq!((all.len(), &all["a"]), (2_501, &message("old")));
    for n in 0..2_400 {
        retained.note(&format!("many/{n}"), None);
    }
    retained.note("a", Some(message("new")));
    retained.flush(false).await.unwrap();
    store.close().await;

    let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
    let all = store.retained_messages().all().await.unwrap();
    assert_eq!((all.len(), &all["a"]), (101, &message("new")));
    store.close().await;
}

#[tokio::test]
async fn what_cannot_be_written_stays_noted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
    let retained = store.retained_messages();
    let mut connection = store.writer(crate::store::Durability::Relaxed).await.unwrap();
    sqlx::query("ALTER TABLE broker_retained RENAME TO away").execute(&mut *connection).await.unwrap();
    retained.note("a", Some(message("1")));
    drop(connection);
    retained.flush(false).await.unwrap_err();
    retained.note("b", Some(message("2")));
    let mut connection = store.writer(crate::store::Durability::Relaxed).await.unwrap();
    sqlx::query("ALTER TABLE away RENAME TO broker_retained").execute(&mut *connection).await.unwrap();
    drop(connection);
    retained.flush(false).await.unwrap();
    assert_eq!(retained.all().await.unwrap().len(), 2);
    store.close().await;
}
