//! `module` of a profile: the product as a remote I/O module, with channels instead of tags.

use super::Profile;
use crate::channel::model::Model;
use crate::config::fields::Fields;
use crate::config::module::Registers;
use crate::config::problem::{Pointer, Problems};
use serde_json::{Value as Json, json};

/// Notes what is wrong with the member.
pub(super) fn check(json: &Json, at: Pointer<'_>, problems: &mut Problems) {
    let Some(mut fields) = Fields::open(json, at, problems) else { return };
    let model = fields.required_word("model", &Model::ALL.map(|model| (model.as_str(), model)), problems);
    match fields.get("registers") {
        Some(json) => drop(Registers::read(json, at.member("registers"), model, problems)),
        None => fields.error("registers", "`registers` is missing", problems),
    }
    let known = fields.list("channels", problems);
    let most = model.map_or(0, |model| u64::from(model.channels()));
    for (index, channel) in known.iter().enumerate() {
        if channel.as_u64().is_none_or(|number| most <= number) {
            problems.error(&at.member("channels").index(index), "the model has no such channel");
        }
    }
    fields.finish(problems);
}

impl Profile {
    /// The product as a remote I/O module: `model`, `driver` without port and unit id, and the channels it has of the
    /// model's, all if absent. `None` when it is none.
    pub fn module(&self, id: &str) -> Option<Json> {
        let module = self.json.get("module")?;
        let mut driver = json!({ "kind": "modbus-io", "profile": id, "registers": module["registers"] });
        for member in ["timeout_ms", "min_gap_ms", "write_function"] {
            if let Some(value) = self.json.get("device").and_then(|device| device.get(member)) {
                driver[member] = value.clone();
            }
        }
        let mut made = json!({ "model": module["model"], "driver": driver });
        if let Some(channels) = module.get("channels") {
            made["channels"] = channels.clone();
        }
        Some(made)
    }

    /// The model it is as a remote I/O module.
    pub fn model(&self) -> Option<Model> {
        let word = self.json.get("module")?["model"].as_str()?;
        Model::ALL.into_iter().find(|model| model.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product() -> Json {
        json!({
            "format": crate::config::profile::PROFILE_FORMAT, "maker": "Acme", "product": "IO7", "kind": "io",
            "device": { "min_gap_ms": 20 },
            "module": {
                "model": "dio-8-8",
                "channels": [0, 1, 8],
                "registers": { "input": { "table": "discrete", "address": 0 }, "output": { "table": "coil", "address": 16 } },
            },
            "tags": [],
        })
    }

    #[test]
    fn a_profile_makes_a_remote_module() {
        let (profile, problems) = Profile::parse(&product());
        assert_eq!(problems, []);
        let profile = profile.unwrap();
        assert_eq!(profile.model(), Some(Model::Dio8x8));
        let made = profile.module("acme-io7").unwrap();
        assert_eq!((&made["driver"]["profile"], &made["driver"]["min_gap_ms"]), (&json!("acme-io7"), &json!(20)));
        assert_eq!(made["channels"], json!([0, 1, 8]));
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let check = |edit: &dyn Fn(&mut Json), pointer: &str| {
            let mut json = product();
            edit(&mut json);
            let (_, problems) = Profile::parse(&json);
            assert!(problems.iter().any(|problem| problem.pointer == pointer), "{problems:?}");
        };
        check(&|json| json["module"]["model"] = json!("di-17"), "/module/model");
        check(&|json| json["module"]["registers"]["output"] = json!(null), "/module/registers/output");
        check(&|json| json["module"]["channels"][0] = json!(16), "/module/channels/0");
        check(&|json| json["module"]["port"] = json!("COM1"), "/module/port");
    }
}
