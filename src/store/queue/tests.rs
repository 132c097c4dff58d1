use super::file::QueueError;
use super::*;
use std::fs;

fn record(id: u64, source: &str) -> QueuedRecord {
    let payload = format!("{{\"value\":{id},\"noise\":\"{}\"}}", "x".repeat(50)).into();
    let (qos, topic) = (Qos::AtLeastOnce, format!("t/{}", id % 3).into());
    QueuedRecord { id, source: source.into(), topic, payload, qos, retain: false, at_ms: 1000 + id.cast_signed() }
}

fn page(first: u64, last: u64, source: &str) -> Vec<QueuedRecord> {
    (first..=last).map(|id| record(id, source)).collect()
}

fn add(pages: Vec<Vec<QueuedRecord>>) -> Commit {
    Commit { add: pages, resume: 1, ..Commit::default() }
}

#[tokio::test]
async fn what_is_committed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let queues = Queues::of(folder.path());
    let mut file = queues.queue("c1");
    assert_eq!(file.kept().await.unwrap(), Kept::default());
    file.commit(Commit::default(), Flush::Now).await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing to keep, no file");
    let added = file.commit(add(vec![page(1, 10, "p"), page(11, 30, "q")]), Flush::Later).await.unwrap();
    file.sync().await.unwrap();
    // The handle is dropped as a killed program drops it.
    drop(file);
    let mut file = queues.queue("c1");
    let kept = file.kept().await.unwrap();
    assert_eq!((kept.pages.as_slice(), kept.resume), (added.as_slice(), 1));
    assert_eq!((kept.pages[1].first, kept.pages[1].last, kept.pages[1].newest_ms), (11, 30, 1030));
    assert_eq!(file.read(&[11, 1]).await.unwrap(), [page(11, 30, "q"), page(1, 10, "p")].concat());
    let replace = Commit { remove: vec![1], add: vec![page(1, 5, "r")], resume: 3 };
    file.commit(replace, Flush::Now).await.unwrap();
    file.close().await;
    let kept = queues.queue("c1").kept().await.unwrap();
    assert_eq!(kept.pages[0].tally, [("r".into(), 3)].into(), "of the page in which it resumes, what waits");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(folder.path().join("queue-c1.db")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_full_disk_changes_nothing_and_is_told_from_other_troubles() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = Queues::of(folder.path()).queue("c1");
    file.commit(add(vec![page(1, 100, "p")]), Flush::Now).await.unwrap();
    // SQLite answers a limit of its own as it answers a full disk.
    file.run("PRAGMA max_page_count = 8").await;
    let large = |id: u64| {
        // Noise, which packing does not make smaller.
        let noise: Vec<u8> = (id..id + 40_000)
            .map(|n| n.wrapping_mul(n).wrapping_mul(6_364_136_223_846_793_005).to_be_bytes()[0])
            .collect();
        vec![QueuedRecord { payload: noise.into(), ..record(id, "p") }]
    };
    let full = file.commit(Commit { remove: vec![1], add: vec![large(101)], resume: 101 }, Flush::Now).await;
    assert!(matches!(full, Err(QueueError::DiskFull)), "{full:?}");
    let kept = file.kept().await.unwrap();
    assert_eq!((kept.pages.len(), kept.pages[0].first, kept.resume), (1, 1, 1));
    // With room again it goes on.
    file.commit(Commit { remove: vec![1], add: vec![large(101)], resume: 101 }, Flush::Now).await.unwrap();
    assert_eq!(file.kept().await.unwrap().pages[0].first, 101);
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_and_another_begun() {
    let folder = tempfile::tempdir().unwrap();
    let queues = Queues::of(folder.path());
    for round in 1..=2 {
        fs::write(folder.path().join("queue-c1.db"), vec![0x55; 20_000]).unwrap();
        let mut file = queues.queue("c1");
        let damaged = file.kept().await;
        assert!(matches!(damaged, Err(QueueError::Damaged { .. })), "{damaged:?}");
        let aside = file.put_aside().await.unwrap();
        assert_eq!(aside, folder.path().join(format!("queue-c1.db.damaged-{round}")));
        assert_eq!(fs::read(aside).unwrap(), vec![0x55; 20_000]);
        file.commit(add(vec![page(1, 3, "p")]), Flush::Now).await.unwrap();
        file.close().await;
    }
    // In the middle of a body, where SQLite itself notices nothing.
    let mut file = queues.queue("c1");
    file.commit(Commit { remove: vec![1], add: vec![page(1, 500, "p")], resume: 1 }, Flush::Now).await.unwrap();
    file.run("UPDATE page SET body = CAST(x'01' || zeroblob(300) AS BLOB)").await;
    assert!(matches!(file.read(&[1]).await, Err(QueueError::Damaged { .. })));
}

#[tokio::test]
async fn a_newer_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = Queues::of(folder.path()).queue("c1");
    file.commit(add(vec![page(1, 3, "p")]), Flush::Now).await.unwrap();
    file.run("PRAGMA user_version = 2").await;
    file.close().await;
    let all = || {
        let mut all: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort_unstable();
        all.into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
    };
    let before = all();
    let mut file = Queues::of(folder.path()).queue("c1");
    assert!(matches!(file.kept().await, Err(QueueError::NotOurs { .. })));
    // At once: what was refused is closed already, and nothing is written behind our back.
    assert_eq!(all(), before);
    // The same while the newer program's last word stands in the write-ahead log alone.
    let mut newer = Queues::of(folder.path()).queue("c2");
    newer.commit(add(vec![page(1, 3, "p")]), Flush::Now).await.unwrap();
    newer.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
    newer.run("PRAGMA user_version = 2").await;
    let mut file = Queues::of(folder.path()).queue("c2");
    assert!(matches!(file.kept().await, Err(QueueError::NotOurs { .. })));
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("queue-c1.db")).unwrap();
    let mut file = Queues::of(folder.path()).queue("c1");
    let error = file.commit(add(vec![page(1, 3, "p")]), Flush::Now).await.unwrap_err();
    assert!(error.to_string().contains("queue-c1.db cannot be used: "), "{error}");
    fs::remove_dir(folder.path().join("queue-c1.db")).unwrap();
    file.commit(add(vec![page(1, 3, "p")]), Flush::Now).await.unwrap();
}

#[tokio::test]
async fn any_id_has_a_file_of_its_own_and_removing_takes_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let queues = Queues::of(folder.path());
    let ids = ["c1", "C1", "../c1", "현장", "", "c1-wal"];
    for id in ids {
        let mut file = queues.queue(id);
        file.commit(add(vec![page(1, 3, id)]), Flush::Now).await.unwrap();
        file.close().await;
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), ids.len());
    queues.remove("c1").unwrap();
    queues.remove("never there").unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), ids.len() - 1);
    for id in &ids[1..] {
        assert_eq!(queues.queue(id).kept().await.unwrap().pages[0].tally, [((*id).into(), 3)].into());
    }
}
