//! A gateway and clients of its web, with every header in the test's hand.

use crate::support::gateway::{ADMIN, PASSWORD, TestGateway};
use crate::support::wait::{PATIENCE, eventually};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;

/// A claimed gateway with an account for each role, all with one password.
pub(crate) struct Web {
    pub(crate) gateway: TestGateway,
    pub(crate) address: SocketAddr,
    pub(crate) admin: Caller,
    pub(crate) operator: Caller,
    pub(crate) viewer: Caller,
}

/// Sends requests, as somebody or as a stranger.
#[derive(Clone)]
pub(crate) struct Caller {
    base: String,
    client: Client,
    pub(crate) token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Web {
    pub(crate) async fn start() -> Self {
        let gateway = TestGateway::start().await;
        let address = eventually(async || gateway.gateway.web_address().await, "the web listener").await;
        let store = &gateway.gateway.store;
        store.claim(ADMIN, PASSWORD).await.unwrap();
        for (name, role) in [("lee", dinrail::store::Role::Operator), ("park", dinrail::store::Role::Viewer)] {
            store.create_user(name, role, PASSWORD).await.unwrap();
        }
        let stranger = Caller::new(address);
        let (admin, operator, viewer) =
            (stranger.login(ADMIN).await, stranger.login("lee").await, stranger.login("park").await);
        Self { gateway, address, admin, operator, viewer }
    }

    /// Somebody without a name.
    pub(crate) fn stranger(&self) -> Caller {
        Caller::new(self.address)
    }

    pub(crate) async fn stop(self) {
        self.gateway.stop().await;
    }
}

impl Caller {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self::with(address, |client| client)
    }

    pub(crate) fn with(
        address: SocketAddr,
        make: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Self {
        dinrail::net::tls::install_provider();
        let builder = Client::builder().danger_accept_invalid_certs(true).timeout(PATIENCE);
        Self { base: format!("https://{address}"), client: make(builder).build().unwrap(), token: None }
    }

    /// The same caller with this token.
    pub(crate) fn bearing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Logged in with the password of every test.
    pub(crate) async fn login(&self, name: &str) -> Self {
        let answer = self.post("/session", json!({ "username": name, "password": PASSWORD })).await.expect(200);
        self.bearing(answer["token"].as_str().unwrap())
    }

    /// A request below `/api/v1`, or anywhere if the path begins with `//`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path =
            path.strip_prefix('/').filter(|path| path.starts_with('/')).map_or(format!("/api/v1{path}"), str::to_owned);
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        sent(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> Answer {
        sent(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Json) -> Answer {
        sent(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        sent(self.request(Method::DELETE, path)).await
    }

    /// A change of the configuration from the revision in force.
    pub(crate) async fn change(&self, method: Method, path: &str, body: Option<Json>) -> Answer {
        let etag = self.get("/config").await.header("etag").unwrap();
        let request = self.request(method, path).header("if-match", etag);
        sent(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }
}

pub(crate) async fn sent(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let name: HeaderName = name.parse().unwrap();
        self.headers.get(name).map(HeaderValue::to_str).map(|value| value.unwrap().to_owned())
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or(Json::Null)
    }

    /// The body of an answer with this status; a refusal must be a problem document.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.text);
        if 400 <= status {
            assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"), "{}", self.text);
            assert_eq!(self.json()["status"], json!(status));
            assert!(self.json()["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", self.text);
        }
        self.json()
    }
}
