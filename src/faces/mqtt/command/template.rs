//! Commands in somebody else's form: templates find tag and value in the payload and write the answer.

use super::request::{LARGEST, Request, RequestError};
use crate::config::subscription::{CommandTemplates, SubscriptionConfig};
use crate::config::template::{Ask, Template, Told};
use crate::tag::value::Value;
use serde_json::Value as Json;

/// A message as the templates of a subscription see it.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    ask: Ask,
    templates: CommandTemplates,
    /// Its length, where that is too much to look into.
    too_large: Option<usize>,
}

/// Writes the answer to one message.
#[derive(Debug, Clone)]
pub(super) struct Answering {
    ask: Ask,
    template: Template,
}

impl Reading {
    /// `None` for a subscription without templates.
    pub(super) fn of(config: &SubscriptionConfig, appliance: &str, topic: &str, payload: &[u8]) -> Option<Self> {
        if config.templates == CommandTemplates::default() {
            return None;
        }
        let too_large = Some(payload.len()).filter(|length| LARGEST < *length);
        let seen = if too_large.is_some() { &[] } else { payload };
        Some(Self { ask: Ask::new(appliance, topic, seen), templates: config.templates.clone(), too_large })
    }

    /// Group, name and attribute that the payload is about; `None` where the topic says it.
    pub(super) fn place(&self) -> Option<Result<Vec<String>, String>> {
        let template = self.templates.tag.as_ref()?;
        if let Some(length) = self.too_large {
            return Some(Err(RequestError::TooLarge(length).to_string()));
        }
        let found = template.find(&self.ask, None).map_err(|error| format!("the tag cannot be found: {error}"));
        Some(found.map(|text| text.trim().splitn(3, '/').map(str::to_owned).collect()))
    }

    /// The request with the value that the payload holds; `None` where that stands in its usual place.
    pub(super) fn request(&self) -> Option<Result<Request, RequestError>> {
        let template = self.templates.value.as_ref()?;
        if let Some(length) = self.too_large {
            return Some(Err(RequestError::TooLarge(length)));
        }
        let found = template.find(&self.ask, None).map_err(|error| RequestError::NotFound(error.to_string()));
        Some(found.and_then(|text| {
            let text = text.trim();
            let value = match serde_json::from_str::<Json>(text) {
                Ok(json) => Value::from_json(&json).ok_or(RequestError::NotScalar)?,
                Err(_) => Value::Text(text.into()),
            };
            Ok(Request::found(&self.ask.payload, value))
        }))
    }

    /// What writes the answer, if a template does.
    pub(super) fn answering(&self) -> Option<Answering> {
        let template = self.templates.answer.clone()?;
        Some(Answering { ask: self.ask.clone(), template })
    }
}

impl Answering {
    /// The answer; `None` when the template fails on it, so that ours is given: no command goes without one.
    pub(super) fn write(&self, told: Told) -> Option<String> {
        match self.template.find(&self.ask, Some(told)) {
            Ok(text) => Some(text),
            Err(error) => {
                tracing::warn!(topic = %self.ask.topic, %error, "the template of an answer fails");
                None
            }
        }
    }
}
