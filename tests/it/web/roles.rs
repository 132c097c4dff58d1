//! Every endpoint asks for its role: walked through the description of the API.

use super::door::{Caller, Web, sent};
use reqwest::Method;
use serde_json::{Value as Json, json};

const OPEN: [&str; 3] = ["post /api/v1/claim", "post /api/v1/session", "get /api/v1/info"];

#[tokio::test]
async fn every_endpoint_answers_401_to_strangers_and_403_below_its_role() {
    let web = Web::start().await;
    let description = web.viewer.get("/openapi.json").await.expect(200);
    assert_eq!(description["openapi"], json!("3.1.0"));
    let mut walked = 0;
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            let roles = &operation["security"];
            if OPEN.contains(&name.as_str()) {
                assert!(roles.is_null(), "{name}");
                continue;
            }
            let role = roles[0]["bearer"][0].as_str().unwrap_or_else(|| panic!("{name} names no role"));
            assert_eq!(roles[1]["cookie"][0], json!(role), "{name}");
            assert_eq!(ask(&web.stranger(), method, path).await, 401, "{name} as a stranger");
            assert_eq!(
                ask(&web.stranger().bearing("dinrail_no"), method, path).await,
                401,
                "{name} with a wrong token"
            );
            let (below, exact) = match role {
                "viewer" => (vec![], &web.viewer),
                "operator" => (vec![&web.viewer], &web.operator),
                "admin" => (vec![&web.viewer, &web.operator], &web.admin),
                other => panic!("{name}: {other}"),
            };
            for caller in below {
                assert_eq!(ask(caller, method, path).await, 403, "{name} below `{role}`");
            }
            // Logging out, or changing the own password, would end the walk.
            if method == "get" && !path.ends_with("/stream") {
                let status = ask(exact, method, path).await;
                assert!(![401, 403].contains(&status), "{name} as `{role}`: {status}");
            }
            walked += 1;
        }
    }
    assert!(80 < walked, "{walked}");
    web.stop().await;
}

async fn ask(caller: &Caller, method: &str, path: &str) -> u16 {
    let path = path.replace(['{', '}'], "");
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let request = caller.request(method.clone(), &format!("/{path}")).header("if-match", "\"0\"");
    let body: Json = json!({});
    sent(if method == Method::GET { request } else { request.json(&body) }).await.status
}

#[tokio::test]
async fn the_description_is_whole() {
    let web = Web::start().await;
    let description = web.viewer.get("/openapi.json").await.expect(200);
    let mut ids = std::collections::HashSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}: the id is taken");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no summary");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status}");
            }
            let given: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let named: Vec<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            assert_eq!(given, named, "{name}");
        }
    }
    let text = description.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(description.pointer(pointer).is_some(), "{pointer} is missing");
    }
    web.stop().await;
}
