//! The whole product in this process, as a bench starts it.

use anyhow::{Context as _, Result, ensure};
use dinrail::app::{Gateway, Options};
use dinrail::runtime::configure::{Change, ConfigRequest};
use dinrail::runtime::status::snapshot;
use serde_json::Value as Json;
use std::net::Ipv4Addr;
use tempfile::TempDir;

/// The product on a folder of its own.
pub(crate) struct Product {
    pub(crate) gateway: Gateway,
    _folder: TempDir,
}

impl Product {
    /// Started, with this configuration.
    pub(crate) async fn start(document: Json) -> Result<Self> {
        dinrail::net::tls::install_provider();
        let folder = tempfile::tempdir()?;
        let options = Options { data: folder.path().to_owned(), web: Some((Ipv4Addr::LOCALHOST, 0).into()) };
        let gateway = Gateway::start(options).await?;
        let change = Change {
            document,
            expected: 0,
            dry_run: false,
            author: "bench".into(),
            source: "api".into(),
            peer: None,
            confirm_within: None,
        };
        let done = gateway.config.call(|reply| ConfigRequest::Change { change: Box::new(change), reply }).await?;
        ensure!(done.is_ok(), "{done:?}");
        Ok(Self { gateway, _folder: folder })
    }

    /// The detail of the first unit whose key begins so.
    pub(crate) fn detail(&self, kind: &str) -> Result<Json> {
        let units = snapshot(&self.gateway.units);
        let unit = units.iter().find(|unit| unit.key.starts_with(kind)).with_context(|| format!("no {kind}"))?;
        Ok(serde_json::to_value(&unit.detail)?)
    }
}
