//! A whole gateway on a temporary data folder.

use super::rest::Rest;
use super::wait::eventually;
use dinrail::app::{Gateway, Options};
use dinrail::runtime::configure::{Applied, Change, ChangeError, ConfigRequest, Revision};
use dinrail::runtime::image::TagView;
use dinrail::tag::id::TagName;
use serde_json::Value as Json;
use std::net::{Ipv4Addr, SocketAddr};
use tempfile::TempDir;

/// The administrator of every test.
pub(crate) const ADMIN: &str = "admin";
/// And the password.
pub(crate) const PASSWORD: &str = "correct horse 5";

/// A gateway in this process, all ports 0, its data in a folder that goes with it.
pub(crate) struct TestGateway {
    pub(crate) gateway: Gateway,
    pub(crate) folder: TempDir,
}

impl TestGateway {
    /// A new gateway without any configuration.
    pub(crate) async fn start() -> Self {
        Self::start_on(tempfile::tempdir().unwrap()).await
    }

    /// A gateway on a folder that may hold something.
    pub(crate) async fn start_on(folder: TempDir) -> Self {
        let options = Options { data: folder.path().to_owned(), web: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))) };
        Self { gateway: Gateway::start(options).await.unwrap(), folder }
    }

    /// Ends it; fails when a unit had to be cut off or panicked. Answers the folder, to start on it again.
    pub(crate) async fn stop(self) -> TempDir {
        assert_eq!(self.gateway.stop().await, 0, "units panicked or were cut off");
        self.folder
    }

    /// A REST client logged in as an administrator, whom the first call makes.
    pub(crate) async fn admin(&self) -> Rest {
        let address = eventually(async || self.gateway.web_address().await, "the web listener").await;
        if self.gateway.store.claimable().await.unwrap() {
            self.gateway.store.claim(ADMIN, PASSWORD).await.unwrap();
        }
        Rest::new(address).login(ADMIN, PASSWORD).await
    }

    /// The configuration in force.
    pub(crate) async fn revision(&self) -> Revision {
        self.gateway.config.call(|reply| ConfigRequest::Current { reply }).await.unwrap()
    }

    /// Changes the document in force.
    pub(crate) async fn edit(&self, edit: impl FnOnce(&mut Json)) -> Result<Applied, ChangeError> {
        let revision = self.revision().await;
        let mut document = revision.document.masked();
        edit(&mut document);
        let change = Box::new(Change {
            document,
            expected: revision.number,
            dry_run: false,
            author: "test".to_owned(),
            source: "api".to_owned(),
            peer: None,
            confirm_within: None,
        });
        self.gateway.config.call(|reply| ConfigRequest::Change { change, reply }).await.unwrap()
    }

    /// One tag as it is now.
    pub(crate) fn tag(&self, name: &str) -> Option<TagView> {
        self.gateway.reader.get(&TagName::parse(name).unwrap())
    }
}
