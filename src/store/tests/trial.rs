//! The mark of a configuration on trial.

use super::*;

fn named(name: &str) -> serde_json::Value {
    json!({ "format": "dinrail/1", "appliance": { "name": name } })
}

#[tokio::test]
async fn the_mark_is_stored_with_the_configuration_and_goes_with_the_next() {
    let bench = Bench::new().await;
    let time = TrialTime { deadline_ms: 60_000, seconds: 60 };
    bench.save(0, &named("a")).await.unwrap();
    bench.store.save_for(1, named("b"), change(), Some(time)).await.unwrap();
    let bench = bench.reopened().await;
    let trial = Trial { revision: 2, before: 1, deadline_ms: 60_000, seconds: 60, author: "kim".to_owned() };
    assert_eq!(bench.store.trial().await.unwrap(), Some(trial));
    // The same again is no new configuration, and decides nothing.
    bench.save(2, &named("b")).await.unwrap();
    assert!(bench.store.trial().await.unwrap().is_some());
    bench.store.keep_trial().await.unwrap();
    assert_eq!(bench.store.trial().await.unwrap(), None);
    bench.store.save_for(2, named("c"), change(), Some(time)).await.unwrap();
    bench.save(3, &named("d")).await.unwrap();
    assert_eq!(bench.store.trial().await.unwrap(), None);
}

#[tokio::test]
async fn the_configuration_that_may_return_is_kept_whatever_the_bound_of_revisions() {
    let bench = Bench::limited(StoreLimits { revisions: 1, ..StoreLimits::default() }).await;
    let store = &bench.store;
    let time = TrialTime { deadline_ms: 60_000, seconds: 60 };
    store.save(0, named("a"), change()).await.unwrap();
    store.save_for(1, named("b"), change(), Some(time)).await.unwrap();
    assert!(store.revision_document(1).await.unwrap().is_some());
    store.save(2, named("c"), change()).await.unwrap();
    assert!(store.revision_document(1).await.unwrap().is_none());
}
