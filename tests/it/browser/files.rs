//! Tags from a file, and devices from a profile, in the browser.

use super::Bench;
use crate::support::browser::key;
use crate::support::wait::eventually;
use dinrail::modbus::address::Table;
use dinrail::modbus::wire::{Parity, Wire};
use dinrail::sim::bank::Bank;
use dinrail::sim::field::{Field, FieldConfig, SimDevice};
use serde_json::{Value as Json, json};
use std::time::Duration;

const FILE: &str = "input[type=file][accept*='.xlsx']";

/// Unit 1: a temperature of 23.4 and a humidity of 56.7 where the sensor XY-MD02 has them.
fn field() -> Field {
    let mut bank = Bank::new(100);
    assert!(bank.set(Table::Input, 1, &[234, 567]));
    let wire = Wire { baud: 115_200, data_bits: 8, parity: Parity::None, stop_bits: 1 };
    let device = SimDevice { unit: 1, turnaround: Duration::from_millis(2), bank };
    Field::start(FieldConfig { wire, devices: vec![device], strict: false, spin: false, link: None }).unwrap()
}

async fn with_port(field: &Field) -> Bench {
    let bench = Bench::claimed().await;
    let port = json!({"name": "COM1", "kind": "serial", "path": field.path(), "mode": "rs232", "baud": 115_200, "parity": "none"});
    bench.gateway.edit(|document| document["ports"] = json!([port])).await.unwrap();
    bench
}

/// Puts a file into the dialog as a person does who chooses one.
async fn choose(bench: &Bench, name: &str, text: &str) {
    bench.browser.until(&format!("document.querySelector(\"{FILE}\")")).await;
    let script = format!(
        "const files = new DataTransfer(); files.items.add(new File([{}], {})); \
         const input = document.querySelector(\"{FILE}\"); input.files = files.files; \
         input.dispatchEvent(new Event('change'))",
        json!(text),
        json!(name)
    );
    bench.browser.js(&script).await;
}

#[tokio::test]
async fn three_clicks_lead_from_a_profile_to_live_values() {
    let field = field();
    let bench = with_port(&field).await;
    let browser = &bench.browser;
    bench.open("devices").await;
    browser.click(".master .add + .add").await;
    browser.until("document.querySelectorAll('.profile-list option').length > 20").await;
    browser.picture("profiles").await;
    // By keyboard: the search has the focus, one product is left over, Enter takes it.
    browser.keys(&["xy md02"]).await;
    browser.until("document.querySelector('.profile-list').value === 'xy-md02'").await;
    browser.picture("profile").await;
    browser.keys(&[key::ENTER]).await;
    browser.until("!document.querySelector('dialog')").await;
    let live = async || {
        let tag = bench.gateway.tag("xy-md02/temperature")?;
        (tag.state.value.as_ref()?.as_f64() == Some(23.4)).then_some(())
    };
    eventually(live, "the temperature of the sensor").await;
    let document = bench.gateway.revision().await.document.masked();
    assert_eq!(
        (&document["devices"][0]["profile"], &document["devices"][0]["unit_id"]),
        (&json!("xy-md02"), &json!(1))
    );
    bench.stop().await;
}

#[tokio::test]
async fn a_file_is_looked_at_set_right_and_taken_over() {
    let field = field();
    let bench = with_port(&field).await;
    let browser = &bench.browser;
    let device = json!({"name": "sensor", "port": "COM1", "unit_id": 1,
        "tags": [{"name": "temperature", "table": "input", "address": 9, "type": "i16", "deadband": 0.5}]});
    bench.gateway.edit(|document| document["devices"] = json!([device])).await.unwrap();
    bench.open("devices").await;
    browser.click(".detail-body .detail-actions button").await;
    let csv =
        "name;register;type;gain;unit;remark\ntemperature;30002;int;0,1;°C;x\nrelative humidity;30003;int;0,1;%;y\n";
    // A wrong cell is told where it stands, and nothing is taken.
    choose(&bench, "sensor.csv", &csv.replace("30003;int", "30003;float16")).await;
    browser.until("document.querySelector('.tag-file-grid td.cell-bad')").await;
    browser.picture("import-error").await;
    browser.click("dialog button[type=submit]").await;
    browser.until("!document.querySelector('dialog .error').hidden").await;
    choose(&bench, "sensor.csv", csv).await;
    browser.until("/1, /.test(document.querySelector('.tag-file-sum').textContent)").await;
    let becomes = browser.js("return document.querySelector('.tag-file-grid tbody td').textContent").await;
    assert!(becomes.as_str().unwrap().contains("30002 = input 1"), "{becomes}");
    // What a column means can be set otherwise, and is remembered for the next such file.
    let remark = "document.querySelector('.tag-file-grid th:last-child select')";
    browser
        .js(&format!("const one = {remark}; one.value = 'description'; one.dispatchEvent(new Event('change'))"))
        .await;
    browser.until(&format!("{remark}?.value === 'description'")).await;
    browser.until("/1, /.test(document.querySelector('.tag-file-sum').textContent)").await;
    browser.picture("import").await;
    browser.click("dialog button[type=submit]").await;
    browser.until("!document.querySelector('dialog')").await;
    bench.apply().await;
    let document = bench.gateway.revision().await.document.masked();
    let tags: Vec<Json> = document["devices"][0]["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| {
            json!([
                tag["name"],
                tag["table"],
                tag["address"],
                tag["scale"]["gain"],
                tag["description"],
                tag["deadband"]
            ])
        })
        .collect();
    assert_eq!(
        Json::from(tags),
        json!([["temperature", "input", 1, 0.1, "x", 0.5], ["relative_humidity", "input", 2, 0.1, "y", null],])
    );
    bench.open("devices").await;
    browser.click(".detail-body .detail-actions button").await;
    choose(&bench, "sensor.csv", csv).await;
    browser.until(&format!("{remark}?.value === 'description'")).await;
    browser.keys(&[key::ESCAPE]).await;
    browser.until("!document.querySelector('dialog')").await;
    // Out again: the links lead to the files.
    browser.click(".detail-body .detail-actions button:last-child").await;
    let links = "return [...document.querySelectorAll('.tag-file-exports a')].map((link) => link.getAttribute('href'))";
    browser.until("document.querySelectorAll('.tag-file-exports a').length === 4").await;
    for link in browser.js(links).await.as_array().unwrap() {
        let status = browser.js(&format!("return fetch({link}).then((answer) => answer.status)")).await;
        assert_eq!(status, json!(200), "{link}");
    }
    browser.picture("export").await;
    bench.stop().await;
}

#[tokio::test]
async fn the_dialogs_in_korean_and_dark() {
    let field = field();
    let bench = with_port(&field).await;
    let browser = &bench.browser;
    let device = json!({"name": "sensor", "port": "COM1", "unit_id": 1, "tags": []});
    bench.gateway.edit(|document| document["devices"] = json!([device])).await.unwrap();
    bench.korean().await;
    bench.dark().await;
    bench.open("devices").await;
    browser.click(".detail-body .detail-actions button").await;
    choose(&bench, "태그.csv", "이름,주소,형식\n보일러 온도,10,u16\n압력,70000,float16\n").await;
    browser.until("document.querySelector('.tag-file-grid td.cell-bad')").await;
    let told = browser.js("return document.querySelector('.tag-file-grid td.cell-bad').textContent").await;
    assert!(told.as_str().unwrap().contains("마지막 주소") || told.as_str().unwrap().contains("참조 번호"), "{told}");
    browser.picture("import-ko-dark").await;
    browser.keys(&[key::ESCAPE]).await;
    browser.until("!document.querySelector('dialog')").await;
    browser.click(".master .add + .add").await;
    browser.until("document.querySelectorAll('.profile-list option').length > 20").await;
    browser.keys(&["pm5"]).await;
    browser.until("document.querySelector('.profile-list').value === 'schneider-pm5000'").await;
    browser.picture("profile-ko-dark").await;
    bench.stop().await;
}
