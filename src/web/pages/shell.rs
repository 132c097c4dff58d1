//! The frame around every page: title, navigation, switches, security headers.

use super::assets;
use super::context::{PageContext, PageRole, Theme};
use crate::web::i18n::{Lang, Msg, messages as m};
use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

/// Scripts, styles and connections of this host only; nothing inline; framed by nobody.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// One entry of the navigation.
pub(super) struct NavItem {
    /// File, URL and template name.
    pub(super) page: &'static str,
    pub(super) label: &'static str,
    pub(super) current: bool,
}

/// A group of entries with a heading.
pub(super) struct NavGroup {
    pub(super) heading: &'static str,
    pub(super) items: Vec<NavItem>,
}

/// What every template needs.
pub(super) struct Shell {
    context: PageContext,
    page: &'static str,
    title: Msg,
    assets: String,
}

impl Shell {
    /// The frame of page `page`, which is also the name of its script.
    pub(super) fn new(context: PageContext, page: &'static str, title: Msg) -> Self {
        Self { context, page, title, assets: assets::url("") }
    }

    /// The message in the reader's language.
    pub(super) fn t(&self, message: &Msg) -> &'static str {
        message.text(self.context.lang)
    }

    pub(super) fn title(&self) -> &'static str {
        self.t(&self.title)
    }

    pub(super) fn page(&self) -> &'static str {
        self.page
    }

    pub(super) fn here(&self) -> &str {
        &self.context.here
    }

    pub(super) fn lang(&self) -> &'static str {
        self.context.lang.tag()
    }

    pub(super) fn theme(&self) -> &'static str {
        self.context.theme.as_str()
    }

    /// Language tag and own name of each language, and whether it is the present one.
    pub(super) fn languages(&self) -> Vec<(&'static str, &'static str, bool)> {
        Lang::ALL.into_iter().map(|lang| (lang.tag(), lang.own_name(), lang == self.context.lang)).collect()
    }

    /// Each theme with its label, and whether it is the present one.
    pub(super) fn themes(&self) -> Vec<(&'static str, &'static str, bool)> {
        [(Theme::Auto, &m::nav::THEME_AUTO), (Theme::Light, &m::nav::THEME_LIGHT), (Theme::Dark, &m::nav::THEME_DARK)]
            .into_iter()
            .map(|(theme, label)| (theme.as_str(), self.t(label), theme == self.context.theme))
            .collect()
    }

    pub(super) fn appliance(&self) -> &str {
        &self.context.facts.appliance
    }

    pub(super) fn banner(&self) -> &str {
        self.context.facts.banner.as_deref().unwrap_or_default()
    }

    /// Empty before login.
    pub(super) fn user(&self) -> &str {
        self.context.facts.viewer.as_ref().map_or("", |viewer| viewer.name.as_str())
    }

    /// Empty before login.
    pub(super) fn role(&self) -> &'static str {
        self.context.facts.viewer.as_ref().map_or("", |viewer| viewer.role.as_str())
    }

    /// The role in words; empty before login.
    pub(super) fn role_name(&self) -> &'static str {
        match self.context.facts.viewer.as_ref().map(|viewer| viewer.role) {
            None => "",
            Some(PageRole::Viewer) => self.t(&m::people::VIEWER),
            Some(PageRole::Operator) => self.t(&m::people::OPERATOR),
            Some(PageRole::Admin) => self.t(&m::people::ADMIN),
        }
    }

    /// The URL of an embedded file; it changes with the content, so it is cached for ever.
    pub(super) fn asset(&self, path: &str) -> String {
        format!("{}{path}", self.assets)
    }

    /// The URL of all messages in the reader's language, for scripts.
    pub(super) fn messages_url(&self) -> String {
        assets::messages_url(self.context.lang)
    }

    /// What this person may open.
    pub(super) fn nav(&self) -> Vec<NavGroup> {
        let Some(viewer) = &self.context.facts.viewer else { return Vec::new() };
        let item =
            |(page, label): (&'static str, &Msg)| NavItem { page, label: self.t(label), current: page == self.page };
        let group = |heading: &Msg, items: &[(&'static str, &Msg)]| NavGroup {
            heading: self.t(heading),
            items: items.iter().copied().map(item).collect(),
        };
        let mut groups = vec![group(
            &m::nav::WATCH,
            &[
                ("overview", &m::nav::OVERVIEW),
                ("tags", &m::nav::TAGS),
                ("modules", &m::module::MODULES),
                ("lines", &m::line::LINES),
                ("register-map", &m::modbus::MAP),
                ("events", &m::nav::EVENTS),
            ],
        )];
        if viewer.role >= PageRole::Admin {
            groups.push(group(
                &m::nav::CONFIGURE,
                &[
                    ("ports", &m::nav::PORTS),
                    ("devices", &m::nav::DEVICES),
                    ("internal", &m::nav::INTERNAL),
                    ("computed", &m::expression::COMPUTED),
                    ("mqtt", &m::nav::MQTT),
                    ("broker", &m::nav::BROKER),
                    ("modbus-server", &m::modbus::SERVER),
                    ("snmp", &m::snmp::SNMP),
                    ("access", &m::access::TITLE),
                ],
            ));
            groups.push(group(
                &m::nav::MANAGE,
                &[
                    ("settings", &m::nav::SETTINGS),
                    ("certificates", &m::certificate::CERTIFICATES),
                    ("users", &m::nav::USERS),
                    ("revisions", &m::nav::REVISIONS),
                    ("configuration", &m::nav::CONFIGURATION),
                ],
            ));
        }
        groups.push(group(&m::nav::LEARN, &[("help", &m::nav::HELP), ("api-docs", &m::nav::API_DOCS)]));
        groups
    }
}

/// The page as a response with its security headers. Pages tell who is logged in, so they are never stored.
pub(super) fn html(template: &impl Template) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    match template.render() {
        Ok(text) => (headers, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page template failed to render");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "forbidden.html")]
struct Forbidden {
    s: Shell,
}

/// Tells that the page needs another role.
pub(super) fn forbidden(context: PageContext) -> Response {
    html(&Forbidden { s: Shell::new(context, "forbidden", m::start::FORBIDDEN_TITLE) })
}
