//! A real browser: Chromium through its driver, spoken to by `WebDriver` over plain HTTP.

use super::wait::eventually;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Keys without a letter, as `WebDriver` numbers them.
pub(crate) mod key {
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const ESCAPE: &str = "\u{e00c}";
    pub(crate) const RIGHT: &str = "\u{e014}";
    pub(crate) const DOWN: &str = "\u{e015}";
    pub(crate) const F2: &str = "\u{e032}";
}

/// One window of a browser of its own. Driver and browser end with it.
pub(crate) struct Browser {
    client: reqwest::Client,
    session: String,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts driver and browser; a machine without them fails the test.
    pub(crate) async fn start() -> Self {
        // Whoever is first installs it; the web server of this process may have.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver must be installed (Debian: chromium-driver)");
        let port = port_of(&mut driver).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--lang=en".to_owned(),
            "--window-size=1360,900".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {"args": arguments, "prefs": {"intl.accept_languages": "en"}},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let base = format!("http://127.0.0.1:{port}");
        let made = send(&client, reqwest::Method::POST, &format!("{base}/session"), wanted).await;
        let session = format!("{base}/session/{}", made["sessionId"].as_str().unwrap());
        Self { client, session, driver, _profile: profile }
    }

    /// Ends the browser, then its driver.
    pub(crate) async fn stop(mut self) {
        self.call(reqwest::Method::DELETE, "", json!({})).await;
        self.driver.kill().await.unwrap();
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Json) -> Json {
        send(&self.client, method, &format!("{}{path}", self.session), body).await
    }

    async fn post(&self, path: &str, body: Json) -> Json {
        self.call(reqwest::Method::POST, path, body).await
    }

    pub(crate) async fn go(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    /// The value of a script's `return`.
    pub(crate) async fn js(&self, script: &str) -> Json {
        self.post("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// Waits until a JavaScript expression is true.
    pub(crate) async fn until(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        eventually(async || (self.js(&script).await == json!(true)).then_some(()), expression).await;
    }

    /// Waits for the element, then clicks it.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.element(css).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    /// Waits for the element, empties it, then types.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let element = self.element(css).await;
        self.post(&format!("/element/{element}/clear"), json!({})).await;
        self.post(&format!("/element/{element}/value"), json!({"text": text})).await;
    }

    async fn element(&self, css: &str) -> String {
        let quoted = json!(css);
        self.until(&format!("document.querySelector({quoted})?.checkVisibility()")).await;
        let found = self.post("/element", json!({"using": "css selector", "value": css})).await;
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// Presses keys one after the other, wherever the focus is. Each text is typed, or is one of [`key`].
    pub(crate) async fn keys(&self, texts: &[&str]) {
        let press =
            |letter: char| [json!({"type": "keyDown", "value": letter}), json!({"type": "keyUp", "value": letter})];
        let actions: Vec<Json> = texts.iter().flat_map(|text| text.chars()).flat_map(press).collect();
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]})).await;
    }

    pub(crate) async fn resize(&self, width: u32, height: u32) {
        // A headless window has a least width; the page's own viewport has none.
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": true});
        let body = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics});
        self.post("/goog/cdp/execute", body).await;
    }

    /// Keeps a picture for people, beside other products of the tests.
    pub(crate) async fn picture(&self, name: &str) {
        use base64::Engine as _;
        let text = self.call(reqwest::Method::GET, "/screenshot", Json::Null).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("browser");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    /// What the console said as errors since last asked.
    pub(crate) async fn console_errors(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({"type": "browser"})).await;
        let entries = log.as_array().unwrap().iter();
        let severe = entries.filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The address of every request the browser made since last asked.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({"type": "performance"})).await;
        let messages = log.as_array().unwrap().iter().map(|entry| {
            let text = entry["message"].as_str().unwrap();
            serde_json::from_str::<Json>(text).unwrap()["message"].clone()
        });
        let sent = messages.filter(|message| message["method"] == "Network.requestWillBeSent");
        sent.map(|message| message["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }
}

/// The driver picks a free port and says which.
async fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, rest)) = line.split_once("successfully on port ") {
            return rest.trim_end_matches('.').parse().unwrap();
        }
    }
    panic!("chromedriver ended without telling its port");
}

#[track_caller]
fn send(client: &reqwest::Client, method: reqwest::Method, url: &str, body: Json) -> impl Future<Output = Json> {
    let request = client.request(method.clone(), url);
    let request = if method == reqwest::Method::POST { request.json(&body) } else { request };
    let place = std::panic::Location::caller();
    async move {
        let mut answer: Json = request.send().await.unwrap().json().await.unwrap();
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{place}: {}: {}", value["error"], value["message"]);
        value
    }
}
