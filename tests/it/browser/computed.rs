//! Computed tags and conditions: written with their value beside them.

use super::Bench;
use serde_json::json;

fn text_of(css: &str) -> String {
    format!("document.querySelector(\"{css}\")?.textContent ?? ''")
}

#[tokio::test]
async fn a_computed_tag_shows_its_value_while_it_is_written() {
    let bench = Bench::claimed().await;
    let register = |name: &str, value: u32| json!({ "name": name, "type": "f64", "initial": value });
    bench
        .gateway
        .edit(|document| document["internal"] = json!([register("volts", 230), register("amps", 2)]))
        .await
        .unwrap();
    let browser = &bench.browser;
    bench.open("computed").await;
    browser.click(".master .add").await;
    browser.fill("[data-pointer='/computed/0/name'] input", "power").await;
    let expression = "[data-pointer='/computed/0/expression'] textarea";
    browser.fill(expression, "internal.volts * internal.ampere").await;
    browser.until(&format!("{}.includes('internal/ampere')", text_of(".preview-line.bad"))).await;
    // The check of the whole document says so too, at the field, and what is meant.
    let trouble = text_of("[data-pointer='/computed/0/expression'] .error");
    browser.until(&format!("{trouble}.includes('there is no tag')")).await;
    browser.fill(expression, "internal.volts * internal.amps").await;
    browser.until(&format!("{} === '460'", text_of(".expression-value output"))).await;
    browser.until("document.querySelector(\"[data-pointer='/computed/0/expression'] .error\").hidden").await;
    bench.apply().await;
    let stored = bench.gateway.revision().await.document.masked()["computed"][0].clone();
    assert_eq!(stored["expression"], json!("internal.volts * internal.amps"));

    // A register that is renamed is renamed in the expression too; a hyphen needs the long form.
    bench.open("internal").await;
    browser.until("document.querySelector('.grid-input')").await;
    let script = "
        const { ConfigDocument } = await import(document.querySelector('script[src*=\"internal\"]').src.replace(/internal[^/]*$/, 'document.js'));
        const { renameTag } = await import(document.querySelector('script[src*=\"internal\"]').src.replace(/internal[^/]*$/, 'rename.js'));
        const config = await ConfigDocument.load();
        const before = structuredClone(config.data.internal);
        config.data.internal[1].name = 'amps-1';
        renameTag(config, 'internal', before, config.data.internal);
        document.body.dataset.renamed = config.data.computed[0].expression;";
    browser.js(&format!("(async () => {{ {script} }})(); return true")).await;
    browser.until("document.body.dataset.renamed === 'internal.volts * tag(\"internal/amps-1\")'").await;
    bench.stop().await;
}
