//! What the pages are told of who looks.

use super::recognise;
use crate::store::Role;
use crate::web::pages::{PageFacts, PageRole, PageSource, PageViewer};
use crate::web::state::WebState;
use async_trait::async_trait;
use http::{Extensions, HeaderMap};

/// The guards as the pages see them.
pub(crate) struct PageDoor(WebState);

impl PageDoor {
    pub(crate) fn new(state: WebState) -> Self {
        Self(state)
    }
}

#[async_trait]
impl PageSource for PageDoor {
    async fn facts(&self, headers: &HeaderMap) -> PageFacts {
        let settings = self.0.settings();
        // A store that fails for a moment shows the login page; what is then asked of REST says why.
        let claimable = self.0.store().claimable().await.unwrap_or(false);
        let who = recognise(headers, &Extensions::new(), &self.0).await.ok().flatten();
        let role = |role: Role| match role {
            Role::Viewer => PageRole::Viewer,
            Role::Operator => PageRole::Operator,
            Role::Admin => PageRole::Admin,
        };
        PageFacts {
            appliance: settings.appliance.name.clone(),
            banner: Some(settings.web.banner.clone()).filter(|banner| !banner.is_empty()),
            claimed: !claimable,
            viewer: who.map(|who| PageViewer { role: role(who.role), name: who.name }),
        }
    }
}
