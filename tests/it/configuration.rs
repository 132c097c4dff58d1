//! The configuration: what is stored, what is refused, what changes live.

use crate::support::gateway::TestGateway;
use crate::support::wait::eventually;
use dinrail::runtime::commands::{Asker, WriteError};
use dinrail::runtime::configure::ChangeError;
use dinrail::tag::attribute::Attribute;
use dinrail::tag::id::TagName;
use dinrail::tag::value::Value;
use serde_json::json;

fn asker() -> Asker {
    Asker { source: "test".to_owned(), actor: "test".to_owned(), unix_ms: 0 }
}

async fn write(gateway: &TestGateway, tag: &str, value: u64) -> Result<Value, WriteError> {
    let name = TagName::parse(tag).unwrap();
    gateway.gateway.commands.write(&name, Attribute::Value, Value::U64(value), asker()).await
}

#[tokio::test]
async fn a_kept_register_survives_a_restart_and_another_does_not() {
    let gateway = TestGateway::start().await;
    let registers = json!([
        { "name": "recipe", "type": "u16", "initial": 1, "keep": true },
        { "name": "step", "type": "u16", "initial": 2 },
    ]);
    gateway.edit(|document| document["internal"] = registers).await.unwrap();
    eventually(async || gateway.tag("internal/step")?.state.value, "the registers").await;
    assert_eq!(write(&gateway, "internal/recipe", 7).await, Ok(Value::U64(7)));
    assert_eq!(write(&gateway, "internal/step", 8).await, Ok(Value::U64(8)));
    let range = write(&gateway, "internal/recipe", 70_000).await.unwrap_err();
    assert_eq!(range.to_string(), "70000 is outside 0..65535");

    let gateway = TestGateway::start_on(gateway.stop().await).await;
    let recipe = eventually(async || gateway.tag("internal/recipe")?.state.value, "the kept register").await;
    assert_eq!(recipe, Value::U64(7));
    assert_eq!(gateway.tag("internal/step").unwrap().state.value, Some(Value::U64(2)));
    gateway.stop().await;
}

#[tokio::test]
async fn an_edit_of_one_register_moves_no_time_of_another() {
    let gateway = TestGateway::start().await;
    let registers = json!([
        { "name": "recipe", "type": "u16", "initial": 1 },
        { "name": "step", "type": "u16", "initial": 300 },
        { "name": "batch", "type": "u16", "initial": 3 },
    ]);
    gateway.edit(|document| document["internal"] = registers).await.unwrap();
    let state = |name: &str| gateway.tag(&format!("internal/{name}")).unwrap().state;
    eventually(async || state("batch").value, "the registers").await;
    let (recipe, step, batch) = (state("recipe"), state("step"), state("batch"));
    let passed = async || (recipe.at.unwrap().unix_ms < dinrail::platform::clock::unix_ms()).then_some(());
    eventually(passed, "a millisecond").await;
    gateway
        .edit(|document| {
            document["internal"][0]["unit"] = json!("pcs");
            document["internal"][1]["type"] = json!("u32");
            document["internal"].as_array_mut().unwrap().push(json!({ "name": "new", "type": "bool" }));
        })
        .await
        .unwrap();
    eventually(async || state("new").value, "the new register").await;
    assert_eq!((state("recipe"), state("batch")), (recipe, batch));
    assert_eq!(state("step").value, Some(Value::U64(300)), "a value that fits the new type stays");
    assert_ne!(state("step").at, step.at, "another type is another value");
    // Switched off and on again in one breath, a register has its value again.
    for enabled in [false, true] {
        gateway.edit(|document| document["internal"][2]["enabled"] = json!(enabled)).await.unwrap();
    }
    let back = async || (state("batch").quality == dinrail::tag::quality::Quality::Good).then_some(());
    eventually(back, "the register that was switched on again").await;
    assert_eq!(state("batch").value, Some(Value::U64(3)));
    gateway.stop().await;
}

#[tokio::test]
async fn a_change_is_stored_once_and_a_stale_or_wrong_one_not_at_all() {
    let gateway = TestGateway::start().await;
    let applied = gateway.edit(|d| d["internal"] = json!([{ "name": "a", "type": "u16" }])).await.unwrap();
    assert_eq!(applied.plan.update, ["internal registers"]);
    assert_eq!(gateway.edit(|_| ()).await.unwrap().revision, applied.revision, "nothing changed, no new revision");
    let wrong = gateway.edit(|d| d["internal"][0]["type"] = json!("u17")).await.unwrap_err();
    let ChangeError::Invalid(problems) = wrong else { panic!("{wrong:?}") };
    assert_eq!(problems[0].pointer, "/internal/0/type");
    assert_eq!(gateway.revision().await.number, applied.revision);
    let too_many =
        gateway.edit(|d| d["ports"] = (0..65).map(|n| json!({ "name": format!("p{n}") })).collect()).await.unwrap_err();
    assert_eq!(too_many, ChangeError::TooLarge("the document has 65 ports; the limit is 64".to_owned()));
    gateway.stop().await;
}
