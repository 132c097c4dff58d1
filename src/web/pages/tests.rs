//! The pages through their router: who may see them, that they are whole, and that they ask no other host.

use super::{PageFacts, PageRole, PageSource, PageViewer, router};
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode, header};
use std::sync::Arc;
use tower::ServiceExt;

const EVERYONES: &[&str] =
    &["overview", "tags", "modules", "lines", "register-map", "events", "account", "help", "api-docs"];
const ADMINS: &[&str] = &[
    "ports",
    "devices",
    "internal",
    "computed",
    "mqtt",
    "broker",
    "modbus-server",
    "snmp",
    "access",
    "settings",
    "certificates",
    "users",
    "revisions",
    "configuration",
];

/// Facts as the cookie says: `role=admin; claimed=no`.
struct ByCookie;

#[async_trait::async_trait]
impl PageSource for ByCookie {
    async fn facts(&self, headers: &HeaderMap) -> PageFacts {
        let cookie = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let role = [PageRole::Viewer, PageRole::Operator, PageRole::Admin]
            .into_iter()
            .find(|role| cookie.contains(&format!("role={}", role.as_str())));
        PageFacts {
            appliance: "line-3".to_owned(),
            banner: Some("<b>Private</b>".to_owned()),
            claimed: !cookie.contains("claimed=no"),
            viewer: role.map(|role| PageViewer { name: "kim".to_owned(), role }),
        }
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn send(request: Request<Body>) -> Answer {
    let response = router(Arc::new(ByCookie)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

async fn get(path: &str, cookie: &str) -> Answer {
    send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
}

/// The values of an attribute in HTML text.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    html.split(opening.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn every_page_is_whole_and_stays_on_this_host() {
    for page in EVERYONES.iter().chain(ADMINS) {
        let answer = get(&format!("/{page}"), "role=admin").await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("script-src 'self'"), "{page}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{page}");
        assert!(answer.text.contains(&format!("data-page=\"{page}\"")), "{page}");
        assert!(!answer.text.contains(" style=") && !answer.text.contains(" onclick="), "{page} has something inline");
        assert!(!answer.text.contains("<script>"), "{page} has an inline script");
        let urls = [
            attributes(&answer.text, "src"),
            attributes(&answer.text, "href"),
            attributes(&answer.text, "data-messages"),
        ]
        .concat();
        for url in urls {
            assert!(url.starts_with('/') || url.starts_with('#'), "{page} names {url}");
            if url.starts_with("/static/") {
                let asset = get(url, "").await;
                assert_eq!(asset.status, StatusCode::OK, "{page} asks for {url}");
                assert!(asset.header(header::CACHE_CONTROL).contains("immutable"), "{url}");
            }
        }
    }
}

#[tokio::test]
async fn modules_name_only_modules_that_exist() {
    let page = get("/overview", "role=admin").await.text;
    let base = attributes(&page, "src")[0].strip_suffix("js/shell.js").unwrap().to_owned();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("static/js");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for import in text.split("from \"./").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let answer = get(&format!("{base}js/{import}"), "").await;
            assert_eq!(answer.status, StatusCode::OK, "{import}");
            assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript", "{import}");
        }
    }
}

#[tokio::test]
async fn strangers_log_in_and_come_back() {
    let answer = get("/events?text=a", "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/login?next=/events?text=a");
    let login = get("/login?next=/events?text=a", "").await;
    assert!(login.text.contains("data-next=\"/events?text=a\""));
    assert!(!login.text.contains("<b>Private</b>"), "the notice is text, not markup");
    let elsewhere = get("/login?next=//evil.example", "").await;
    assert!(elsewhere.text.contains("data-next=\"/overview\""));
    assert_eq!(get("/login?next=/tags", "role=viewer").await.header(header::LOCATION), "/tags");
}

#[tokio::test]
async fn an_unclaimed_appliance_shows_the_claim_and_nothing_else() {
    for path in ["/overview", "/login", "/ports"] {
        assert_eq!(get(path, "claimed=no").await.header(header::LOCATION), "/claim", "{path}");
    }
    assert_eq!(get("/claim", "claimed=no").await.status, StatusCode::OK);
    assert_eq!(get("/claim", "").await.header(header::LOCATION), "/login");
}

#[tokio::test]
async fn only_administrators_see_the_editors() {
    for page in ADMINS {
        let answer = get(&format!("/{page}"), "role=operator").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{page}");
        assert!(!answer.text.contains("href=\"/devices\""), "the navigation offers what is refused");
    }
    for page in EVERYONES {
        assert_eq!(get(&format!("/{page}"), "role=viewer").await.status, StatusCode::OK, "{page}");
    }
}

#[tokio::test]
async fn language_and_theme_are_kept_in_cookies_of_known_words() {
    let post = |body: &'static str| {
        Request::post("/preferences")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap()
    };
    let answer = send(post("lang=ko&next=/tags")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/tags");
    assert!(answer.header(header::SET_COOKIE).starts_with("dinrail_lang=ko;"));
    assert_eq!(send(post("lang=xx%3B&theme=%0d%0a")).await.header(header::SET_COOKIE), "");
    let page = get("/tags", "role=viewer; dinrail_lang=ko; dinrail_theme=dark").await.text;
    assert!(page.contains("<html lang=\"ko\" data-theme=\"dark\"") && page.contains("<h1>태그</h1>"));
}

#[tokio::test]
async fn an_old_version_of_an_asset_is_served_fresh_and_uncached() {
    let answer = get("/static/0000000000000000/js/dom.js", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-cache");
    assert_eq!(get("/static/x/../Cargo.toml", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get("/static/x/js/none.js", "").await.status, StatusCode::NOT_FOUND);
}
