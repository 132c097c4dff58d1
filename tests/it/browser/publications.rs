//! Thousands of publications on one page: filtered, changed together, out to a table and back.

use super::Bench;
use serde_json::{Value as Json, json};

const COUNT: usize = 5000;

#[tokio::test]
async fn five_thousand_publications_are_paged_filtered_and_changed_together() {
    let bench = Bench::claimed().await;
    let publication = |n: usize| {
        json!({"name": format!("p{n}"), "topic": format!("line/{n}"), "tags": ["internal/a"],
            "trigger": {"on_change": true}})
    };
    let publications: Vec<Json> = (0..COUNT).map(publication).collect();
    let site = json!({"name": "site", "url": "mqtt://127.0.0.1:1", "enabled": false, "publications": publications});
    let edited = bench.gateway.edit(|document| {
        document["internal"] = json!([{"name": "a", "type": "f64"}]);
        document["mqtt"] = json!({"connections": [site]});
    });
    edited.await.unwrap();
    let browser = &bench.browser;
    bench.open("mqtt").await;
    browser.until("document.querySelector('.many-pager')?.textContent.includes('1 to 100 of 5,000')").await;
    browser.until("document.querySelectorAll('.item').length === 100").await;
    browser.picture("publications").await;

    browser.fill(".many-filter", "line/43").await;
    // line/43, line/430..439 and line/4300..4399.
    browser.until("document.querySelector('.many-pager').textContent.includes('of 111')").await;
    browser
        .js("const select = document.querySelector('.many-member'); select.value = '/qos'; \
             document.querySelector('.many-value').value = '1'; document.querySelector('.many-set').click()")
        .await;
    // A table that speaks of one that is there and of a new one.
    browser
        .js("const table = 'name;topic;tags;on_change\\r\\np7;\"seven; 7\";internal/a;true\\r\\nfresh;new;internal/a;yes\\r\\n'; \
             const files = new DataTransfer(); files.items.add(new File([table], 'p.csv')); \
             const input = document.querySelector('.many-files input'); input.files = files.files; \
             input.dispatchEvent(new Event('change'))")
        .await;
    browser.fill(".many-filter", "fresh").await;
    browser.until("document.querySelector('.many-pager').textContent.includes('5,001 in all')").await;
    bench.apply().await;
    let document = bench.gateway.revision().await.document.root();
    let saved = document["mqtt"]["connections"][0]["publications"].as_array().unwrap();
    assert_eq!(saved.len(), COUNT + 1);
    let changed = saved.iter().filter(|one| one["qos"] == 1).count();
    assert_eq!(changed, 111);
    assert_eq!((&saved[7]["topic"], &saved[7]["trigger"]), (&json!("seven; 7"), &json!({"on_change": true})));
    assert_eq!((&saved[COUNT]["name"], &saved[COUNT]["topic"]), (&json!("fresh"), &json!("new")));
    bench.stop().await;
}
