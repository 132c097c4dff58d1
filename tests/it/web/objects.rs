//! One object of the configuration at a time.

use super::door::{Web, sent};
use reqwest::Method;
use serde_json::{Value as Json, json};

async fn with_lines() -> Web {
    let web = Web::start().await;
    let document = json!({
        "format": "dinrail/1",
        "ports": [{ "name": "COM1", "kind": "serial", "path": "/dev/nowhere1", "enabled": false }],
        "devices": [{
            "name": "meter1", "port": "COM1", "unit_id": 1,
            "tags": [{ "name": "voltage", "table": "input", "address": 0, "type": "f32" }],
        }],
    });
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    web
}

#[tokio::test]
async fn a_tag_is_added_changed_renamed_and_removed() {
    let web = with_lines().await;
    let admin = &web.admin;
    let tags = "/config/devices/meter1/tags";
    let current = json!({ "name": "current", "table": "input", "address": 2, "type": "f32" });
    let added = admin.change(Method::POST, tags, Some(current.clone())).await;
    assert_eq!(added.expect(201)["revision"], json!(2));
    assert_eq!(added.header("location").as_deref(), Some("/api/v1/config/devices/meter1/tags/current"));
    assert_eq!(added.header("etag").as_deref(), Some("\"2\""));
    let twice = admin.change(Method::POST, tags, Some(current)).await.expect(422);
    assert_eq!(twice["errors"][0]["pointer"], json!("/name"));

    let read = web.viewer.get(&format!("{tags}/current")).await;
    let id = read.expect(200)["id"].clone();
    assert_eq!(read.header("etag").as_deref(), Some("\"2\""));
    admin.change(Method::PATCH, &format!("{tags}/current"), Some(json!({ "unit": "A" }))).await.expect(200);
    let renamed = json!({ "name": "amps", "table": "input", "address": 2, "type": "f32" });
    admin.change(Method::PUT, &format!("{tags}/current"), Some(renamed)).await.expect(200);
    web.viewer.get(&format!("{tags}/current")).await.expect(404);
    let amps = web.viewer.get(&format!("{tags}/amps")).await.expect(200);
    assert_eq!((&amps["id"], &amps["unit"]), (&id, &Json::Null), "a rename keeps the id, a PUT replaces");

    admin.change(Method::DELETE, &format!("{tags}/amps"), None).await.expect(200);
    admin.change(Method::DELETE, &format!("{tags}/amps"), None).await.expect(404);
    assert_eq!(web.viewer.get(tags).await.expect(200).as_array().unwrap().len(), 1);
    web.stop().await;
}

#[tokio::test]
async fn a_channel_is_set_by_itself_and_its_faults_are_told_at_its_members() {
    let web = Web::start().await;
    let module = json!({ "slot": 4, "model": "ai-8", "driver": { "kind": "simulated" } });
    web.admin.change(Method::PUT, "/config/modules/ai-1", Some(module)).await.expect(201);
    let channels = "/config/modules/ai-1/channels";
    let level = json!({ "channel": 0, "mode": "4-20mA", "scale": { "from": [4, 20], "to": [0, 100] }, "unit": "%" });
    web.admin.change(Method::PUT, &format!("{channels}/level"), Some(level)).await.expect(201);
    let second = json!({ "name": "flow", "channel": 1 });
    web.admin.change(Method::POST, channels, Some(second)).await.expect(201);
    web.admin.change(Method::PATCH, &format!("{channels}/level"), Some(json!({ "mean": 8 }))).await.expect(200);
    for (patch, pointer) in [
        (json!({ "mode": "pulse" }), "/mode"),
        (json!({ "channel": 8 }), "/channel"),
        (json!({ "burnout_ma": 5 }), "/burnout_ma"),
        (json!({ "scale": { "from": [4, 4], "to": [0, 100] } }), "/scale"),
        (json!({ "edge": "rising" }), "/edge"),
    ] {
        let refused = web.admin.change(Method::PATCH, &format!("{channels}/level"), Some(patch.clone())).await;
        let errors = refused.expect(422)["errors"].clone();
        assert!(errors.as_array().unwrap().iter().any(|error| error["pointer"] == pointer), "{patch}: {errors}");
    }
    let twice = web.admin.change(Method::PATCH, &format!("{channels}/flow"), Some(json!({ "channel": 0 }))).await;
    assert_eq!(twice.expect(422)["errors"][0]["pointer"], json!("/channel"));
    // Operators look, administrators change.
    let change = json!({ "description": "x" });
    web.operator.change(Method::PATCH, &format!("{channels}/level"), Some(change)).await.expect(403);
    let listed = web.viewer.get("/tags?match=ai-1/*").await.expect(200);
    let modes: Vec<&Json> = listed["tags"].as_array().unwrap().iter().map(|tag| &tag["channel"]["mode"]).collect();
    assert_eq!(modes, [&json!("4-20mA"), &json!("0-10V")], "{listed}");
    web.admin.change(Method::DELETE, &format!("{channels}/flow"), None).await.expect(200);
    web.viewer.get("/tags/ai-1/flow").await.expect(404);
    web.viewer.get("/config/modules/none/channels").await.expect(404);
    web.stop().await;
}

#[tokio::test]
async fn a_put_at_a_new_name_makes_the_object() {
    let web = with_lines().await;
    let device = json!({ "port": "COM1", "unit_id": 2 });
    let made = web.admin.change(Method::PUT, "/config/devices/oven", Some(device.clone())).await;
    made.expect(201);
    assert_eq!(web.viewer.get("/config/devices/oven").await.expect(200)["name"], json!("oven"));
    web.admin.change(Method::PUT, "/config/devices/oven", Some(device)).await.expect(200);
    let other = json!({ "name": "mixer", "port": "COM1", "unit_id": 3 });
    let refused = web.admin.change(Method::PUT, "/config/devices/kiln", Some(other)).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], json!("/name"));
    let dry = json!({ "port": "COM1", "unit_id": 4 });
    web.admin.change(Method::PUT, "/config/devices/kiln?dry_run=true", Some(dry)).await.expect(200);
    web.viewer.get("/config/devices/kiln").await.expect(404);
    web.admin.change(Method::PUT, "/config/devices/none/tags/x", Some(json!({}))).await.expect(404);
    web.stop().await;
}

#[tokio::test]
async fn faults_are_told_within_the_object_and_in_the_document() {
    let web = with_lines().await;
    let wrong = json!({ "unit_id": 300, "colour": "red", "tags": [{ "name": "x", "table": "input", "address": 70_000, "type": "u16" }] });
    let refused = web.admin.change(Method::PATCH, "/config/devices/meter1", Some(wrong)).await.expect(422);
    let found: Vec<(&str, &str)> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["document_pointer"].as_str().unwrap()))
        .collect();
    for place in ["/unit_id", "/colour", "/tags/0/address"] {
        assert!(found.contains(&(place, format!("/devices/0{place}").as_str())), "{place} in {found:?}");
    }
    // The port is needed elsewhere.
    let needed = web.admin.change(Method::DELETE, "/config/ports/COM1", None).await.expect(422);
    assert_eq!(needed["errors"][0]["pointer"], json!(""));
    assert_eq!(needed["errors"][0]["document_pointer"], json!("/devices/0/port"));
    web.stop().await;
}

#[tokio::test]
async fn an_object_needs_the_revision_too() {
    let web = with_lines().await;
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let request = web.admin.request(method.clone(), "/config/ports/COM1");
        sent(request.try_clone().unwrap().json(&json!({}))).await.expect(428);
        sent(request.header("if-match", "\"0\"").json(&json!({}))).await.expect(412);
    }
    let post = web.admin.request(Method::POST, "/config/ports").json(&json!({ "name": "x" }));
    sent(post).await.expect(428);
    web.stop().await;
}

#[tokio::test]
async fn secrets_stay_where_they_are_when_an_object_is_edited() {
    let web = Web::start().await;
    let connection = json!({
        "name": "site", "url": "mqtt://127.0.0.1:1", "enabled": false, "username": "u", "password": "secret-1",
    });
    web.admin.change(Method::POST, "/config/mqtt/connections", Some(connection)).await.expect(201);
    let path = "/config/mqtt/connections/site";
    let mut read = web.admin.get(path).await.expect(200);
    assert_eq!(read["password"], json!("***"));
    read["keep_alive_s"] = json!(20);
    read["name"] = json!("plant");
    web.admin.change(Method::PUT, path, Some(read)).await.expect(200);
    let publication =
        json!({ "name": "all", "topic": "{appliance}/{tag}/{attribute}", "tags": ["internal/*"], "interval_ms": 1000 });
    let path = "/config/mqtt/connections/plant/publications/all";
    let outcome = web.admin.change(Method::PUT, path, Some(publication)).await;
    assert!([201, 422].contains(&outcome.status), "{}", outcome.text);
    let stored = web.gateway.revision().await;
    assert_eq!(stored.document.root()["mqtt"]["connections"][0]["password"], json!("secret-1"));
    let masked = json!({ "name": "new", "url": "mqtt://127.0.0.1:1", "password": "***" });
    let refused = web.admin.change(Method::POST, "/config/mqtt/connections", Some(masked)).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], json!("/password"));
    web.stop().await;
}

#[tokio::test]
async fn parts_of_which_there_is_one_have_defaults_or_are_made() {
    let web = Web::start().await;
    assert_eq!(web.viewer.get("/config/appliance").await.expect(200), json!({}));
    let named = json!({ "name": "line-7", "location": "Hall 2" });
    web.admin.change(Method::PATCH, "/config/appliance", Some(named)).await.expect(200);
    assert_eq!(web.viewer.get("/status").await.expect(200)["appliance"]["location"], json!("Hall 2"));
    let banner = json!({ "banner": "Authorised staff only" });
    web.admin.change(Method::PATCH, "/config/web", Some(banner)).await.expect(200);
    assert_eq!(web.stranger().get("/info").await.expect(200)["banner"], json!("Authorised staff only"));
    web.admin.change(Method::DELETE, "/config/appliance", None).await.expect(200);
    assert_eq!(web.viewer.get("/config/appliance").await.expect(200), json!({}));

    web.viewer.get("/config/mqtt/broker").await.expect(404);
    web.admin.change(Method::PATCH, "/config/mqtt/broker", Some(json!({}))).await.expect(404);
    let broker = json!({ "enabled": false, "listeners": [{ "address": "127.0.0.1:0" }] });
    web.admin.change(Method::PUT, "/config/mqtt/broker", Some(broker)).await.expect(201);
    let user = json!({ "name": "u", "password": "long enough 1", "publish": ["#"], "subscribe": ["#"] });
    web.admin.change(Method::POST, "/config/mqtt/broker/users", Some(user)).await.expect(201);
    assert_eq!(web.viewer.get("/config/mqtt/broker/users/u").await.expect(200)["password"], json!("***"));
    web.admin.change(Method::DELETE, "/config/mqtt/broker", None).await.expect(200);
    web.stop().await;
}

#[tokio::test]
async fn a_publication_is_previewed_before_it_is_saved() {
    let web = Web::start().await;
    let register = json!({ "name": "recipe", "type": "u16", "initial": 7, "unit": "pcs" });
    web.admin.change(Method::POST, "/config/internal", Some(register)).await.expect(201);
    let publication = json!({
        "name": "p", "topic": "{appliance}/{tag}/{attribute}", "tags": ["internal/*"], "attributes": ["value"],
        "payload": "value", "trigger": { "on_change": true }, "qos": 1, "retain": true,
    });
    let shown = web.admin.post("/preview/publication", json!({ "publication": publication })).await.expect(200);
    assert_eq!(shown["problems"], json!([]), "{shown}");
    let message = &shown["messages"][0];
    assert_eq!((&message["topic"], &message["qos"]), (&json!("dinrail/internal/recipe/value"), &json!(1)));
    let payload: Json = serde_json::from_str(message["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["value"], json!(7));
    let mut wrong = publication;
    wrong["tags"] = json!(["internal/none"]);
    wrong["colour"] = json!(1);
    let shown = web.admin.post("/preview/publication", json!({ "publication": wrong })).await.expect(200);
    let pointers: Vec<&str> =
        shown["problems"].as_array().unwrap().iter().map(|problem| problem["pointer"].as_str().unwrap()).collect();
    assert!(pointers.contains(&"/colour"), "{shown}");
    web.stop().await;
}

#[tokio::test]
async fn an_edge_node_is_previewed_by_its_births_and_read_back_as_it_was_saved() {
    let web = Web::start().await;
    let register = json!({ "name": "recipe", "type": "u16", "initial": 7, "unit": "pcs" });
    web.admin.change(Method::POST, "/config/internal", Some(register)).await.expect(201);
    let publication = json!({ "name": "metrics", "tags": ["internal/*"], "payload": "sparkplug", "device": "hall 2" });
    let edge_node =
        json!({ "group": "공장", "edge_node": "line-3", "primary_host": "scada", "writable": ["internal/recipe"] });
    let connection = json!({ "name": "scada", "url": "mqtt://127.0.0.1:1", "sparkplug": edge_node });
    let form = json!({ "connection": connection, "publication": publication });
    let shown = web.admin.post("/preview/publication", form).await.expect(200);
    assert_eq!(shown["problems"], json!([]), "{shown}");
    let message = &shown["messages"][0];
    assert_eq!((&message["topic"], &message["qos"]), (&json!("spBv1.0/공장/DBIRTH/line-3/hall 2"), &json!(0)));
    let birth: Json = serde_json::from_str(message["payload"].as_str().unwrap()).unwrap();
    let metric = &birth["metrics"][0];
    assert_eq!((&metric["name"], &metric["dataType"]), (&json!("internal/recipe"), &json!("UInt16")));
    assert_eq!((&metric["value"], &metric["properties"]["engUnit"]), (&json!(7), &json!("pcs")));
    // Without an edge node there is nothing to be born.
    let form = json!({ "connection": { "name": "c", "url": "mqtt://127.0.0.1:1" }, "publication": publication });
    let shown = web.admin.post("/preview/publication", form).await.expect(200);
    assert_eq!((&shown["total"], &shown["problems"][0]["pointer"]), (&json!(0), &json!("/payload")));

    let mut whole = connection;
    whole["publications"] = json!([publication]);
    web.admin.change(Method::POST, "/config/mqtt/connections", Some(whole)).await.expect(201);
    let stored = web.viewer.get("/config/mqtt/connections/scada").await.expect(200);
    assert_eq!(stored["sparkplug"], edge_node);
    assert_eq!((&stored["publications"][0]["device"], &stored["clean_session"]), (&json!("hall 2"), &Json::Null));
    web.stop().await;
}

#[tokio::test]
async fn every_kind_of_object_knows_the_same_verbs() {
    let web = Web::start().await;
    let admin = &web.admin;
    let document = json!({
        "format": "dinrail/1",
        "ports": [{ "name": "COM1", "kind": "serial", "path": "/dev/nowhere1", "enabled": false }],
        "devices": [{ "name": "meter1", "port": "COM1", "unit_id": 1 }],
        "modules": [{ "name": "di-1", "slot": 1, "model": "di-16", "driver": { "kind": "simulated" } }],
        "internal": [{ "name": "recipe", "type": "u16" }],
        "mqtt": {
            "connections": [{ "name": "site", "url": "mqtt://127.0.0.1:1", "enabled": false }],
            "broker": { "enabled": false, "listeners": [{ "address": "127.0.0.1:0" }] },
        },
    });
    admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    let site = "/config/mqtt/connections/site";
    let (publications, subscriptions) = (format!("{site}/publications"), format!("{site}/subscriptions"));
    let trigger = json!({ "on_change": true });
    for (list, object) in [
        ("/config/ports", json!({ "name": "x", "kind": "serial", "path": "/dev/nowhere2", "enabled": false })),
        ("/config/devices", json!({ "name": "x", "port": "COM1", "unit_id": 2 })),
        ("/config/devices/meter1/tags", json!({ "name": "x", "table": "coil", "address": 0, "type": "bool" })),
        ("/config/modules", json!({ "name": "x", "slot": 2, "model": "ao-4", "driver": { "kind": "simulated" } })),
        ("/config/modules/di-1/channels", json!({ "channel": 3, "name": "x", "mode": "counter" })),
        ("/config/internal", json!({ "name": "x", "type": "f64", "keep": true })),
        ("/config/mqtt/connections", json!({ "name": "x", "url": "mqtt://127.0.0.1:2", "enabled": false })),
        (&publications, json!({ "name": "x", "topic": "x/{tag}", "tags": ["internal/*"], "trigger": trigger })),
        (&subscriptions, json!({ "name": "x", "topic": "w/{tag}", "tags": ["internal/*"] })),
        ("/config/mqtt/broker/users", json!({ "name": "x", "password": "long enough 1" })),
    ] {
        let path = format!("{list}/x");
        let before = web.viewer.get(list).await.expect(200).as_array().unwrap().len();
        sent(admin.request(Method::POST, list).json(&object)).await.expect(428);
        sent(admin.request(Method::POST, list).header("if-match", "\"0\"").json(&object)).await.expect(412);
        admin.change(Method::POST, &format!("{list}?dry_run=true"), Some(object.clone())).await.expect(200);
        assert_eq!(web.viewer.get(list).await.expect(200).as_array().unwrap().len(), before, "{list}: a dry run");
        let made = admin.change(Method::POST, list, Some(object.clone())).await;
        made.expect(201);
        assert_eq!(made.header("location"), Some(format!("/api/v1{path}")));
        let twice = admin.change(Method::POST, list, Some(object.clone())).await.expect(422);
        assert_eq!(twice["errors"][0]["pointer"], json!("/name"), "{list}");
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let request = || admin.request(method.clone(), &path).json(&object);
            sent(request()).await.expect(428);
            sent(request().header("if-match", "\"0\"")).await.expect(412);
        }

        let first = web.viewer.get(&path).await.expect(200);
        assert!(first["id"].as_str().is_some_and(|id| !id.is_empty()), "{list}: {first}");
        admin.change(Method::PATCH, &path, Some(json!({ "description": "\u{d0f1}\u{d06c} 3" }))).await.expect(200);
        let mut expected = first.clone();
        expected["description"] = json!("\u{d0f1}\u{d06c} 3");
        assert_eq!(web.viewer.get(&path).await.text, expected.to_string(), "{list}: order and id are kept");
        let unknown = admin.change(Method::PATCH, &path, Some(json!({ "colour": 1 }))).await.expect(422);
        assert_eq!(unknown["errors"][0]["pointer"], json!("/colour"), "{list}");
        admin.change(Method::PATCH, &path, Some(json!({ "id": "another" }))).await.expect(422);

        let mut renamed = first.clone();
        renamed["name"] = json!("y");
        admin.change(Method::PUT, &path, Some(renamed.clone())).await.expect(200);
        let all = web.viewer.get(list).await.expect(200);
        assert_eq!(all[before].to_string(), renamed.to_string(), "{list}: a rename stays in its place");
        web.viewer.get(&path).await.expect(404);
        admin.change(Method::PATCH, &path, Some(json!({}))).await.expect(404);
        admin.change(Method::DELETE, &path, None).await.expect(404);
        admin.change(Method::DELETE, &format!("{list}/y"), None).await.expect(200);
        assert_eq!(web.viewer.get(list).await.expect(200).as_array().unwrap().len(), before);
        web.operator.change(Method::POST, list, Some(object)).await.expect(403);
    }
    web.stop().await;
}
