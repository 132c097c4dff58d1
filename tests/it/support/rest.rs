//! A REST client as a script would be one.

use futures::StreamExt as _;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A client with a bearer token.
#[derive(Clone)]
pub(crate) struct Rest {
    base: String,
    client: Client,
    token: String,
}

/// An answer as tests look at it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) body: Json,
}

impl Rest {
    /// A client that is not logged in. The appliance's certificate is its own: tests of TLS look at it, these do not.
    pub(crate) fn new(address: SocketAddr) -> Self {
        dinrail::net::tls::install_provider();
        let client =
            Client::builder().danger_accept_invalid_certs(true).timeout(Duration::from_secs(60)).build().unwrap();
        Self { base: format!("https://{address}"), client, token: String::new() }
    }

    /// Logs in; fails the test when that fails.
    pub(crate) async fn login(mut self, user: &str, password: &str) -> Self {
        let body = json!({ "username": user, "password": password });
        let answer = self.ask(Method::POST, "/api/v1/session", None, Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        self.token = answer.body["token"].as_str().unwrap().to_owned();
        self
    }

    /// One request; fails the test when there is no answer.
    pub(crate) async fn ask(&self, method: Method, path: &str, revision: Option<&str>, body: Option<Json>) -> Answer {
        let asked = format!("{method} {path}");
        self.try_ask(method, path, revision, body).await.unwrap_or_else(|| panic!("no answer to {asked}"))
    }

    /// One request; nothing when the server goes away before its answer is whole.
    pub(crate) async fn try_ask(
        &self,
        method: Method,
        path: &str,
        revision: Option<&str>,
        body: Option<Json>,
    ) -> Option<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(revision) = revision {
            request = request.header("If-Match", revision);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let response = request.send().await.ok()?;
        let status = response.status();
        let etag = response.headers().get("ETag").map(|tag| tag.to_str().unwrap().to_owned());
        let text = response.text().await.ok()?;
        Some(Answer { status, etag, body: serde_json::from_str(&text).unwrap_or(Json::String(text)) })
    }

    /// The document and its ETag, unless the server goes away.
    pub(crate) async fn try_config(&self) -> Option<(Json, String)> {
        let answer = self.try_ask(Method::GET, "/api/v1/config", None, None).await?;
        Some((answer.body, answer.etag?))
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, None).await
    }

    /// The document in force and its ETag.
    pub(crate) async fn config(&self) -> (Json, String) {
        let answer = self.get("/api/v1/config").await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        (answer.body, answer.etag.expect("the document has an ETag"))
    }

    /// Changes something of the configuration against the revision in force.
    pub(crate) async fn change(&self, method: Method, path: &str, body: Option<Json>) -> Answer {
        let (_, revision) = self.config().await;
        self.ask(method, path, Some(&revision), body).await
    }

    /// Writes a tag's value.
    pub(crate) async fn write(&self, tag: &str, value: Json) -> Answer {
        self.ask(Method::PUT, &format!("/api/v1/tags/{tag}"), None, Some(json!({ "value": value }))).await
    }

    /// Follows `/stream`, one entry per tag change: when it came, and what.
    pub(crate) async fn stream(&self, pattern: &str) -> futures::stream::BoxStream<'static, (Instant, Json)> {
        let url = format!("{}/api/v1/stream?match={pattern}", self.base);
        // The stream has no end: the client's time-out must not give it one.
        let request = self.client.get(url).bearer_auth(&self.token).timeout(Duration::from_secs(3600));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut rest = String::new();
        response
            .bytes_stream()
            .flat_map(move |chunk| {
                rest.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
                let mut found = Vec::new();
                while let Some(end) = rest.find("\n\n") {
                    let block: String = rest.drain(..end + 2).collect();
                    let field = |name: &str| {
                        let line = block.lines().find_map(|line| line.strip_prefix(name));
                        line.map(|text| text.trim_start().to_owned())
                    };
                    if field("event:").as_deref() == Some("change")
                        && let Some(data) = field("data:")
                    {
                        let json: Json = serde_json::from_str(&data).unwrap();
                        let tags = json["tags"].as_array().cloned().unwrap_or_default();
                        found.extend(tags.into_iter().map(|tag| (Instant::now(), tag)));
                    }
                }
                futures::stream::iter(found)
            })
            .boxed()
    }
}
