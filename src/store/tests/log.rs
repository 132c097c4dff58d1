//! The event log.

use super::*;

fn event(number: i64, category: &str) -> NewEvent {
    NewEvent {
        unix_ms: number,
        source: "line/COM1".to_owned(),
        category: category.to_owned(),
        subject: format!("subject {number}"),
        actor: "kim".to_owned(),
        result: "ok".to_owned(),
        detail: format!("100% of _{number}_"),
    }
}

async fn ids(bench: &Bench, filter: EventFilter) -> Vec<u64> {
    bench.store.event_log().query(&filter).await.unwrap().into_iter().map(|event| event.id).collect()
}

#[tokio::test]
async fn the_log_is_bounded_and_the_oldest_go() {
    let bench = Bench::limited(StoreLimits { events: 1_000, ..StoreLimits::default() }).await;
    let log = bench.store.event_log();
    for batch in 0..30 {
        let events: Vec<_> = (0..100).map(|number| event(batch * 100 + number, "unit")).collect();
        log.append(&events).await.unwrap();
    }
    assert_eq!(bench.count("SELECT count(*) FROM events").await, 1_000);
    assert_eq!(ids(&bench, EventFilter { limit: 1, ..EventFilter::default() }).await, [3_000]);
    assert_eq!(ids(&bench, EventFilter { after: Some(0), limit: 1, ..EventFilter::default() }).await, [2_001]);

    // A batch larger than the bound, and than one statement.
    let events: Vec<_> = (0..1_234).map(|number| event(number, "unit")).collect();
    log.append(&events).await.unwrap();
    log.append(&[]).await.unwrap();
    assert_eq!(bench.count("SELECT count(*) FROM events").await, 1_000);
    assert_eq!(bench.count("SELECT max(id) - min(id) FROM events").await, 999);
}

#[tokio::test]
async fn no_share_of_the_log_pushes_out_another() {
    let bench = Bench::limited(StoreLimits { events: 100, ..StoreLimits::default() }).await;
    let log = bench.store.event_log();
    let refused = |number| NewEvent { result: "refused".to_owned(), ..event(number, "command") };
    for category in ["access", "command", "config"] {
        log.append(&(0..100).map(|number| event(number, category)).collect::<Vec<_>>()).await.unwrap();
    }
    for round in 0..10 {
        log.append(&(0..333).map(|number| refused(round * 333 + number)).collect::<Vec<_>>()).await.unwrap();
    }
    log.append(&[event(100, "config")]).await.unwrap();
    assert_eq!(bench.count("SELECT count(*) FROM events").await, 400);
    assert_eq!(bench.count("SELECT min(id) FROM events WHERE category = 'access'").await, 1);
    assert_eq!(bench.count("SELECT min(id) FROM events WHERE category = 'command'").await, 101);
    assert_eq!(bench.count("SELECT min(id) FROM events WHERE category = 'config'").await, 202);
    assert_eq!(bench.count("SELECT min(at_ms) FROM events WHERE result = 'refused'").await, 3_230);
    assert_eq!(bench.count("SELECT sum(kept) FROM event_shares").await, 400);
}

#[tokio::test]
async fn events_are_found_by_place_category_and_text() {
    let bench = Bench::new().await;
    let categories = ["config", "unit", "command"];
    let events: Vec<_> =
        (1..=300).map(|number: i64| event(number, categories[usize::try_from(number % 3).unwrap()])).collect();
    bench.store.event_log().append(&events).await.unwrap();
    let none = EventFilter::default;

    assert_eq!(ids(&bench, none()).await, (201..=300).rev().collect::<Vec<_>>());
    assert_eq!(ids(&bench, EventFilter { before: Some(3), ..none() }).await, [2, 1]);
    assert_eq!(ids(&bench, EventFilter { after: Some(298), ..none() }).await, [299, 300]);
    assert_eq!(ids(&bench, EventFilter { category: Some("unit".into()), limit: 2, ..none() }).await, [298, 295]);
    assert_eq!(ids(&bench, EventFilter { text: Some("SUBJECT 17".into()), before: Some(100), ..none() }).await, [17]);
    // What means something to LIKE is only itself.
    assert_eq!(ids(&bench, EventFilter { text: Some("% of _42_".into()), ..none() }).await, [42]);
    assert_eq!(ids(&bench, EventFilter { text: Some("100%_".into()), ..none() }).await, [0_u64; 0]);
    assert_eq!(ids(&bench, EventFilter { text: Some("line/COM1subject".into()), ..none() }).await, [0_u64; 0]);
    assert_eq!(ids(&bench, EventFilter { limit: 100_000, ..none() }).await.len(), 300);

    let first = bench.store.event_log().query(&EventFilter { before: Some(2), ..none() }).await.unwrap().remove(0);
    let expect = event(1, "unit");
    assert_eq!((first.unix_ms, first.source, first.category), (1, expect.source, expect.category));
    assert_eq!((first.subject, first.actor, first.result), (expect.subject, expect.actor, expect.result));
    assert_eq!(first.detail, expect.detail);
}

#[tokio::test]
async fn an_event_is_never_edited() {
    let bench = Bench::new().await;
    bench.store.event_log().append(&[event(1, "unit")]).await.unwrap();
    let edit = sqlx::query("UPDATE events SET detail = 'nothing'").execute(&bench.store.inner.writer).await;
    assert!(edit.unwrap_err().to_string().contains("never edited"));
}

#[tokio::test]
async fn ids_go_on_after_a_restart() {
    let bench = Bench::new().await;
    bench.store.event_log().append(&[event(1, "unit"), event(2, "unit")]).await.unwrap();
    let bench = bench.reopened().await;
    bench.store.event_log().append(&[event(3, "unit")]).await.unwrap();
    assert_eq!(ids(&bench, EventFilter::default()).await, [3, 2, 1]);
}
