//! `driver`: the hardware behind a module.

use crate::channel::model::Model;
use crate::config::fields::Fields;
use crate::config::problem::{Pointer, Problems};
use serde_json::Value as Json;

/// The hardware behind a module.
#[derive(Debug, Clone, PartialEq)]
pub enum DriverConfig {
    /// None: inputs follow signals, outputs are remembered.
    Simulated,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Simulated,
}

impl DriverConfig {
    pub(super) fn read(json: &Json, at: Pointer<'_>, _model: Option<Model>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let kind = fields.required_word("kind", &[("simulated", Kind::Simulated)], problems);
        let driver = match kind? {
            Kind::Simulated => Self::Simulated,
        };
        fields.finish(problems).then_some(driver)
    }
}
