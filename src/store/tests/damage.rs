//! Bad rows, lost keys, full disks: what is good stays good, and nothing is destroyed.

use super::*;
use crate::config::document::Document;

const PASSWORD: &str = "in-clear-nowhere-4711";

fn with_password() -> Value {
    let mut document = example();
    document["mqtt"]["connections"][0]["password"] = json!(PASSWORD);
    document["mqtt"]["broker"]["users"][0]["password"] = json!(PASSWORD);
    document
}

#[tokio::test]
async fn one_bad_row_hides_nothing_else() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    bench
        .sql(
            "PRAGMA ignore_check_constraints = 1;
             UPDATE tags SET body = '{\"broken' WHERE name = 'current';
             UPDATE mqtt_subscriptions SET body = '5';
             UPDATE ports SET body = CAST(x'7b22ff227d' AS TEXT);
             PRAGMA ignore_check_constraints = 0;",
        )
        .await;
    let loaded = bench.store.load().await.unwrap();
    let told: Vec<_> =
        loaded.problems.iter().map(|problem| (problem.pointer.as_str(), problem.detail.as_str())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told.iter().any(|(place, detail)| *place == "/devices/tags" && detail.contains("tag `current`")),
        "{told:?}"
    );
    assert!(told.iter().any(|(_, detail)| detail.contains("subscription `commands`")), "{told:?}");
    assert!(told.iter().any(|(_, detail)| detail.contains("port `COM1`")), "{told:?}");
    let mut expect = example();
    expect["devices"][0]["tags"].as_array_mut().unwrap().remove(1);
    expect["mqtt"]["connections"][0]["subscriptions"] = json!([]);
    expect["ports"] = json!([]);
    assert_eq!(loaded.document, expect);
}

#[tokio::test]
async fn a_row_that_the_configuration_refuses_hides_nothing_else() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    bench.sql("UPDATE tags SET body = replace(body, '\"f32\"', '\"f33\"') WHERE name = 'current'").await;
    bench.sql("UPDATE mqtt_publications SET body = '[]' WHERE name = 'values'").await;
    let loaded = bench.store.load().await.unwrap();
    let document = Document::stored(loaded.document);
    let (config, refused) = document.parse();
    let places: Vec<_> = loaded.problems.iter().chain(&refused).map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(places, ["/mqtt/connections/publications", "/devices/0/tags/1/type"]);
    let tags: Vec<_> = config.devices.iter().map(|device| device.tags.len()).collect();
    assert_eq!((tags, config.connections[0].publications.len()), (vec![3, 5], 1));
    // The refused tag is still in the document: it can be mended where it is.
    assert_eq!(document.root()["devices"][0]["tags"][1]["type"], "f33");
}

#[tokio::test]
async fn a_lost_settings_row_leaves_the_lists_in_it() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    bench
        .sql("PRAGMA ignore_check_constraints = 1; UPDATE config_objects SET body = 'x' WHERE id IN ('document', 'web', 'broker')")
        .await;
    let loaded = bench.store.load().await.unwrap();
    assert_eq!(loaded.problems.len(), 3, "{:?}", loaded.problems);
    assert_eq!(loaded.document["format"], "dinrail/1");
    assert_eq!(loaded.document["devices"], example()["devices"]);
    assert_eq!(loaded.document["mqtt"]["connections"], example()["mqtt"]["connections"]);
    assert_eq!(loaded.document["mqtt"]["broker"]["users"], example()["mqtt"]["broker"]["users"]);
}

#[tokio::test]
async fn a_bad_device_takes_only_its_own_tags_with_it() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    bench.sql("PRAGMA ignore_check_constraints = 1; UPDATE devices SET body = '' WHERE name = 'meter1'").await;
    let loaded = bench.store.load().await.unwrap();
    assert_eq!(loaded.document["devices"].as_array().unwrap().len(), 1);
    assert_eq!(loaded.problems.len(), 2, "{:?}", loaded.problems);
}

#[tokio::test]
async fn no_secret_is_in_the_files_in_clear() {
    let bench = Bench::new().await;
    bench.save(0, &with_password()).await.unwrap();
    bench.store.claim("root", "a long pass phrase").await.unwrap();
    let token = bench.store.create_token("scada", Role::Viewer, "root", None).await.unwrap();
    let clear = [PASSWORD, "a long pass phrase", token.secret.as_str(), "***"];
    // Before and after the write-ahead log is merged into the file.
    let open = bench.files();
    bench.store.close().await;
    for (name, bytes) in open.into_iter().chain(bench.files()) {
        for secret in clear {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} in {name}");
        }
    }
    let store = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap();
    assert_eq!(store.load().await.unwrap().document, with_password());
    assert_eq!(store.revision_document(1).await.unwrap().unwrap().1, with_password());
}

#[tokio::test]
async fn equal_secrets_do_not_look_equal_and_a_rename_keeps_the_seal() {
    let bench = Bench::new().await;
    bench.save(0, &with_password()).await.unwrap();
    let seals =
        "SELECT group_concat(body) FROM (SELECT body FROM mqtt_connections UNION ALL SELECT body FROM broker_users)";
    let sealed = |text: String| -> Vec<String> {
        text.split('"').filter(|part| part.starts_with("sealed:v1:")).map(str::to_owned).collect()
    };
    let before: String = sqlx::query_scalar(seals).fetch_one(&bench.store.inner.readers).await.unwrap();
    let before = sealed(before);
    assert!(before.len() == 2 && before[0] != before[1]);
    let mut renamed = with_password();
    renamed["mqtt"]["connections"][0]["name"] = json!("plant");
    bench.save(1, &renamed).await.unwrap();
    let after: String = sqlx::query_scalar(seals).fetch_one(&bench.store.inner.readers).await.unwrap();
    assert_eq!(sealed(after), before);
}

#[tokio::test]
async fn a_secret_that_does_not_open_is_told_and_left_out() {
    let bench = Bench::new().await;
    bench.save(0, &with_password()).await.unwrap();
    bench.sql("UPDATE mqtt_connections SET body = replace(body, 'sealed:v1:', 'sealed:v1:AAAA')").await;
    let loaded = bench.store.load().await.unwrap();
    assert_eq!(loaded.problems.len(), 1);
    assert_eq!(loaded.problems[0].pointer, "/mqtt/connections/0/password");
    let mut expect = with_password();
    expect["mqtt"]["connections"][0].as_object_mut().unwrap().shift_remove("password");
    assert_eq!(loaded.document.to_string(), expect.to_string());
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_told_and_nothing_is_touched() {
    let bench = Bench::new().await;
    bench.save(0, &with_password()).await.unwrap();
    bench.store.close().await;
    let key = bench.folder.path().join("key");
    let right = std::fs::read(&key).unwrap();

    std::fs::remove_file(&key).unwrap();
    let before = bench.files();
    let error = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::KeyMissing { .. }), "{error}");
    assert!(bench.files() == before);

    std::fs::write(&key, [9; 32]).unwrap();
    let error = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::KeyWrong { .. }), "{error}");

    std::fs::write(&key, right).unwrap();
    let store = Store::open(bench.folder.path(), StoreLimits::default()).await.unwrap();
    assert_eq!(store.load().await.unwrap().document, with_password());
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let bench = Bench::new().await;
    bench.save(0, &many_tags(10, 1)).await.unwrap();
    let pages = bench.count("PRAGMA page_count").await;
    bench.sql(&format!("PRAGMA max_page_count = {}", pages + 2)).await;
    let error = bench.save(1, &many_tags(5_000, 2)).await.unwrap_err();
    assert!(matches!(error, SaveError::Store(StoreError::DiskFull)), "{error:?}");
    assert_eq!(error.to_string(), "the disk is full: nothing was changed");
    let event = NewEvent {
        unix_ms: 0,
        source: "x".repeat(40_000),
        category: String::new(),
        subject: String::new(),
        actor: String::new(),
        result: String::new(),
        detail: String::new(),
    };
    let error = bench.store.event_log().append(&[event]).await.unwrap_err();
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert_eq!(bench.document().await, many_tags(10, 1));

    bench.sql("PRAGMA max_page_count = 100000").await;
    assert_eq!(bench.save(1, &many_tags(5_000, 2)).await.unwrap().revision, 2);
    assert_eq!(bench.reopened().await.document().await, many_tags(5_000, 2));
}
