//! Saving: expected revisions, only what differs, many tags, bounded history.

use std::time::{Duration, Instant};

use super::*;

#[tokio::test]
async fn a_stale_save_is_refused_and_changes_nothing() {
    let bench = Bench::new().await;
    bench.save(0, &many_tags(3, 100)).await.unwrap();
    bench.save(1, &many_tags(3, 200)).await.unwrap();
    for expected in [0, 1, 3] {
        let error = bench.save(expected, &many_tags(3, 300)).await.unwrap_err();
        assert!(matches!(error, SaveError::Stale { current: 2 }), "{error}");
    }
    assert_eq!(bench.document().await, many_tags(3, 200));
}

#[tokio::test]
async fn of_two_saves_at_once_one_succeeds() {
    let bench = Bench::new().await;
    let (one, other) = (many_tags(3, 1), many_tags(3, 2));
    let results = tokio::join!(bench.save(0, &one), bench.save(0, &other));
    let stored = if results.0.is_ok() { &one } else { &other };
    assert!(results.0.is_ok() != results.1.is_ok());
    assert_eq!(&bench.document().await, stored);
}

#[tokio::test]
async fn the_same_document_makes_no_revision_secrets_included() {
    let bench = Bench::new().await;
    bench.save(0, &example()).await.unwrap();
    let before = bench.count("SELECT total_changes()").await;
    assert_eq!(bench.save(1, &example()).await.unwrap(), Saved { revision: 1, changed: false });
    assert_eq!(bench.count("SELECT total_changes()").await, before);
    assert_eq!(bench.store.revisions(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_order_of_members_is_a_change() {
    let bench = Bench::new().await;
    bench.save(0, &json!({ "format": "dinrail/1", "web": { "a": 1, "b": 2 } })).await.unwrap();
    let turned = json!({ "format": "dinrail/1", "web": { "b": 2, "a": 1 } });
    assert!(bench.save(1, &turned).await.unwrap().changed);
    assert_eq!(bench.document().await.to_string(), turned.to_string());
}

#[tokio::test]
async fn two_objects_can_swap_their_names_and_places() {
    let bench = Bench::new().await;
    let with = |a: &str, b: &str| {
        json!({ "ports": [{ "id": "1", "name": a, "kind": "tcp" }, { "id": "2", "name": b, "kind": "tcp" }],
                "devices": [{ "id": "3", "name": "m", "port": a, "tags": [{ "id": "4", "name": "x" }] }] })
    };
    bench.save(0, &with("left", "right")).await.unwrap();
    bench.save(1, &with("right", "left")).await.unwrap();
    assert_eq!(bench.document().await, with("right", "left"));
    let mut turned = with("right", "left");
    turned["ports"].as_array_mut().unwrap().reverse();
    bench.save(2, &turned).await.unwrap();
    assert_eq!(bench.document().await.to_string(), turned.to_string());
}

#[tokio::test]
async fn what_the_tables_forbid_is_refused_whole() {
    let bench = Bench::new().await;
    bench.save(0, &many_tags(2, 1)).await.unwrap();
    let refused = [
        json!({ "ports": [{ "id": "1", "name": "a" }, { "id": "2", "name": "A" }] }),
        json!({ "ports": [{ "id": "1", "name": "a" }, { "id": "1", "name": "b" }] }),
        json!({ "ports": [{ "id": "1" }] }),
        json!({ "ports": [5] }),
        json!({ "ports": [{ "id": "@1", "name": "a" }] }),
        json!({ "devices": [{ "id": "1", "name": "a", "port": "nowhere" }] }),
        json!({ "devices": [{ "id": "1", "name": "Internal" }] }),
        json!([]),
    ];
    for document in refused {
        let error = bench.save(1, &document).await.unwrap_err();
        assert!(matches!(error, SaveError::Refused { .. }), "{document}: {error}");
    }
    assert_eq!(bench.document().await, many_tags(2, 1));
    assert_eq!(bench.store.revision().await.unwrap(), 1);
}

#[tokio::test]
async fn a_dropped_save_leaves_nothing_behind() {
    let bench = Bench::new().await;
    bench.save(0, &many_tags(10, 1)).await.unwrap();
    let next = many_tags(10, 2);
    {
        let save = bench.save(1, &next);
        tokio::pin!(save);
        // Polled a few times: it holds the connection and its transaction by then.
        for _ in 0..3 {
            assert!(futures::poll!(&mut save).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(bench.document().await, many_tags(10, 1));
    assert_eq!(bench.save(1, &many_tags(10, 3)).await.unwrap().revision, 2);
}

/// The bounds are those of a debug build on a busy machine; a release build takes a small part of them.
#[tokio::test]
async fn ten_thousand_tags_are_stored_at_once_and_one_of_them_quickly() {
    let bench = Bench::new().await;
    let mut document = many_tags(10_000, 1000);
    assert!(document.to_string().len() > 2_000_000);
    let whole = timed("store 10,000 tags", bench.save(0, &document)).await;
    document["devices"][0]["tags"][5_000]["poll_ms"] = json!(500);
    let one = timed("change one of them", bench.save(1, &document)).await;
    let loaded = timed("load them", async { Ok(bench.document().await) }).await;
    assert!(loaded.0 == document);
    assert!(whole.1 < Duration::from_secs(10) && one.1 < Duration::from_secs(5), "{whole:?} {one:?}");
    assert_eq!(bench.count("SELECT count(*) FROM tags").await, 10_000);
}

#[tokio::test]
#[ignore = "takes a while in a debug build; run it in release"]
async fn a_hundred_thousand_tags_can_be_stored() {
    let bench = Bench::new().await;
    let document = many_tags(100_000, 1000);
    timed("store 100,000 tags", bench.save(0, &document)).await;
    timed("store them again", bench.save(1, &document)).await;
    let loaded = timed("load them", async { Ok(bench.document().await) }).await;
    assert!(loaded.0 == document);
}

async fn timed<T>(what: &str, work: impl Future<Output = Result<T, SaveError>>) -> (T, Duration) {
    let begin = Instant::now();
    let result = work.await.unwrap();
    let took = begin.elapsed();
    println!("{what}: {took:?}");
    (result, took)
}

#[tokio::test]
async fn the_oldest_revisions_go_first_and_the_stored_one_never() {
    let bench = Bench::limited(StoreLimits { revisions: 3, ..StoreLimits::default() }).await;
    for revision in 0..6 {
        bench.save(revision, &many_tags(2, revision)).await.unwrap();
    }
    let kept = |infos: Vec<RevisionInfo>| infos.into_iter().map(|info| info.number).collect::<Vec<_>>();
    assert_eq!(kept(bench.store.revisions(None, 10).await.unwrap()), [6, 5, 4]);
    assert_eq!(kept(bench.store.revisions(Some(6), 1).await.unwrap()), [5]);
    assert!(bench.store.revision_document(3).await.unwrap().is_none());
    assert_eq!(bench.store.revision_document(4).await.unwrap().unwrap().1, many_tags(2, 3));

    let tight = Bench::limited(StoreLimits { revision_bytes: 10, ..StoreLimits::default() }).await;
    for revision in 0..3 {
        tight.save(revision, &many_tags(2, revision)).await.unwrap();
    }
    assert_eq!(kept(tight.store.revisions(None, 10).await.unwrap()), [3]);
}

#[tokio::test]
async fn lessons_outlive_a_rename_and_go_with_their_device() {
    let bench = Bench::new().await;
    let with = |name: &str| {
        json!({
            "ports": [{ "id": "p1", "name": "COM1" }],
            "devices": [{ "id": "d1", "name": name, "port": "COM1", "tags": [] }],
        })
    };
    bench.save(0, &with("meter1")).await.unwrap();
    let stored = |address: u16| {
        let illegal = json!([{ "table": "holding", "address": address, "count": 1, "exception": 2, "retry_s": 10 }]);
        let lessons = json!({ "version": 1, "illegal": illegal, "unknown_tables": [], "holes": [] });
        StoredLessons { belongs: "COM1 unit 1".to_owned(), lessons: serde_json::from_value(lessons).unwrap() }
    };
    let kept = bench.store.device_lessons();
    for (device, address) in [("d1", 7), ("d1", 8), ("gone", 9)] {
        kept.keep(&[(device.to_owned(), Some(stored(address)))]).await.unwrap();
    }
    bench.save(1, &with("meter2")).await.unwrap();
    let bench = bench.reopened().await;
    let kept = bench.store.device_lessons();
    assert_eq!(kept.all().await.unwrap(), [("d1".to_owned(), stored(8))].into());
    kept.keep(&[("d1".to_owned(), None)]).await.unwrap();
    assert!(kept.all().await.unwrap().is_empty());
    kept.keep(&[("d1".to_owned(), Some(stored(7)))]).await.unwrap();
    bench.save(2, &json!({})).await.unwrap();
    assert!(kept.all().await.unwrap().is_empty());
}

#[tokio::test]
async fn kept_values_outlive_a_rename_and_go_with_their_register() {
    let bench = Bench::new().await;
    let with = |name: &str| json!({ "internal": [{ "id": "r1", "name": name, "type": "u16", "keep": true }] });
    bench.save(0, &with("recipe")).await.unwrap();
    let kept = bench.store.kept_values();
    kept.keep(&[("r1".to_owned(), json!(7))]).await.unwrap();
    kept.keep(&[("r1".to_owned(), json!(8))]).await.unwrap();
    bench.save(1, &with("program")).await.unwrap();
    assert_eq!(kept.all().await.unwrap(), [("r1".to_owned(), json!(8))].into());
    let bench = bench.reopened().await;
    assert_eq!(bench.store.kept_values().all().await.unwrap(), [("r1".to_owned(), json!(8))].into());
    bench.save(2, &json!({})).await.unwrap();
    assert!(bench.store.kept_values().all().await.unwrap().is_empty());
}
