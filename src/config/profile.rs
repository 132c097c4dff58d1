//! Device profiles: what a product's register document says, in a form that becomes a device of the document.
//!
//! A profile is only where a device comes from: its tags are copied, so they are edited freely, and the device keeps no
//! more than the profile's name ([`DeviceConfig::profile`]).

mod module;

use super::device::DeviceConfig;
use super::fields::{Fields, shown_text};
use super::problem::{Pointer, Problem, Problems};
use serde_json::{Map, Value as Json, json};

/// The only profile format there is.
pub const PROFILE_FORMAT: &str = "dinrail-profile/1";

/// Limits of one profile.
pub mod limits {
    /// Bytes of the file.
    pub const BYTES: usize = 1024 * 1024;
    /// Tags.
    pub const TAGS: usize = 2_000;
    /// Variants.
    pub const VARIANTS: usize = 50;
}

/// The members of a device a profile may set; name, port and unit id are the user's.
const DEVICE_MEMBERS: [&str; 9] = [
    "order",
    "poll_ms",
    "max_read_registers",
    "max_read_bits",
    "max_write_registers",
    "write_function",
    "verify_writes",
    "timeout_ms",
    "min_gap_ms",
];

/// What kind of product it is; the browser groups by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileKind {
    /// Energy and power meters.
    Meter,
    /// Photovoltaic inverters.
    Inverter,
    /// Sensors and controllers of temperature and climate.
    Temperature,
    /// Digital and analog I/O, relays.
    Io,
    /// Motor drives.
    Drive,
    /// Anything else.
    Other,
}

impl ProfileKind {
    const WORDS: [(&'static str, Self); 6] = [
        ("meter", Self::Meter),
        ("inverter", Self::Inverter),
        ("temperature", Self::Temperature),
        ("io", Self::Io),
        ("drive", Self::Drive),
        ("other", Self::Other),
    ];

    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("other", |(word, _)| word)
    }
}

/// A checked profile: every variant of it makes a device without an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Who makes the product.
    pub maker: String,
    /// The product, as its maker calls it.
    pub product: String,
    /// What it is.
    pub kind: ProfileKind,
    /// Any text: what to know before using it.
    pub description: String,
    /// The maker's register document.
    pub source: Option<Source>,
    /// Kinds of the product that differ in their registers.
    pub variants: Vec<Variant>,
    json: Json,
}

/// Where the registers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Title of the maker's document.
    pub title: String,
    /// Its revision or date; empty where it names none.
    pub revision: String,
    /// How the facts were taken from it: directly, or by a list that was made from it.
    pub read: String,
}

/// A kind of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name within the profile.
    pub name: String,
    /// Any text.
    pub description: String,
}

impl Profile {
    /// Reads a profile; `None` when anything is wrong with it.
    pub fn parse(json: &Json) -> (Option<Self>, Vec<Problem>) {
        let mut problems = Problems::default();
        let profile = Self::read(json, &mut problems).filter(|_| problems.errors() == 0);
        if let Some(profile) = &profile {
            profile.check(&mut problems);
        }
        let good = problems.errors() == 0;
        (profile.filter(|_| good), problems.into_list())
    }

    fn read(json: &Json, problems: &mut Problems) -> Option<Self> {
        let root = Pointer::ROOT;
        let mut fields = Fields::open(json, root, problems)?;
        match fields.text("format", 40, problems) {
            Some(PROFILE_FORMAT) => (),
            _ => fields.error(
                "format",
                format!("a device profile begins with `\"format\": \"{PROFILE_FORMAT}\"`"),
                problems,
            ),
        }
        let maker = fields.required_text("maker", 100, problems);
        let product = fields.required_text("product", 100, problems);
        let kind = fields.word("kind", &ProfileKind::WORDS, problems).unwrap_or(ProfileKind::Other);
        let description = fields.text("description", 2000, problems).unwrap_or_default();
        let source = fields.get("document").and_then(|json| Source::read(json, root.member("document"), problems));
        if let Some(json) = fields.get("device") {
            device_members(json, &root.member("device"), problems);
        }
        if let Some(json) = fields.get("module") {
            module::check(json, root.member("module"), problems);
        }
        let at = root.member("variants");
        let variants = fields.list("variants", problems);
        if limits::VARIANTS < variants.len() {
            problems.error(&at, format!("a profile has at most {} variants", limits::VARIANTS));
        }
        let variants = super::read_list(variants, &at, problems, Variant::read);
        if limits::TAGS < fields.list("tags", problems).len() {
            problems.error(&root.member("tags"), format!("a profile has at most {} tags", limits::TAGS));
        }
        fields.finish(problems);
        Some(Self {
            maker: maker?.to_owned(),
            product: product?.to_owned(),
            kind,
            description: description.to_owned(),
            source,
            variants,
            json: json.clone(),
        })
    }

    /// Makes every device the profile can make, and notes what is wrong with it at its place in the profile.
    fn check(&self, problems: &mut Problems) {
        let names = self.variants.iter().map(|variant| Some(variant.name.as_str()));
        for variant in std::iter::once(None).chain(names) {
            let Some(mut device) = self.device("profile", variant) else { continue };
            for (member, value) in [("name", json!("device")), ("port", json!("port")), ("unit_id", json!(1))] {
                device[member] = value;
            }
            let mut found = Problems::default();
            DeviceConfig::read(&device, Pointer::ROOT, &mut found);
            double_names(&device, &mut found);
            let base = variant.and_then(|name| self.variants.iter().position(|variant| variant.name == name));
            for problem in found.into_list() {
                let pointer = match (base, problem.pointer.strip_prefix("/tags")) {
                    (None, Some(rest)) => format!("/tags{rest}"),
                    (None, None) => format!("/device{}", problem.pointer),
                    (Some(at), _) => format!("/variants/{at}"),
                };
                problems.add(pointer, problem.detail, problem.severity);
            }
            if problems.errors() != 0 {
                // The variants would say the same again.
                return;
            }
        }
        self.check_left_out(problems);
    }

    /// A variant leaves out only what is there.
    fn check_left_out(&self, problems: &mut Problems) {
        let names: Vec<&str> = list(&self.json, "tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
        let root = Pointer::ROOT;
        let variants = root.member("variants");
        for (at, variant) in list(&self.json, "variants").iter().enumerate() {
            let at = variants.index(at);
            for (index, name) in texts(variant.get("without")).enumerate().filter(|(_, name)| !names.contains(name)) {
                problems.error(&at.member("without").index(index), format!("there is no tag `{name}`"));
            }
        }
    }

    /// The members of a device made from this profile: its defaults, its tags, and `profile` with this id; name, port and
    /// unit id are the caller's. `None` when there is no such variant.
    pub fn device(&self, id: &str, variant: Option<&str>) -> Option<Json> {
        let mut device = self.json.get("device").cloned().unwrap_or_else(|| json!({}));
        let mut tags = list(&self.json, "tags").to_vec();
        let mut origin = id.to_owned();
        if let Some(name) = variant {
            let variant = list(&self.json, "variants").iter().find(|variant| variant["name"] == name)?;
            merge(&mut device, variant.get("device"));
            let without: Vec<&str> = texts(variant.get("without")).collect();
            tags.retain(|tag| !tag["name"].as_str().is_some_and(|name| without.contains(&name)));
            for tag in list(variant, "tags") {
                match tags.iter_mut().find(|known| known["name"] == tag["name"]) {
                    Some(known) => merge(known, Some(tag)),
                    None => tags.push(tag.clone()),
                }
            }
            origin = format!("{id}/{name}");
        }
        let mut members = Map::new();
        members.insert("profile".into(), origin.into());
        members.extend(device.as_object().cloned().unwrap_or_default());
        members.insert("tags".into(), tags.into());
        Some(Json::Object(members))
    }

    /// How many tags a device has without a variant.
    pub fn tags(&self) -> usize {
        list(&self.json, "tags").len()
    }

    /// The file's content.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// A profile of a configured device, for others of its kind: without ids, name, port and unit id.
    pub fn of_device(device: &Json, maker: &str, product: &str) -> Json {
        let defaults: Map<String, Json> = DEVICE_MEMBERS
            .iter()
            .filter_map(|member| device.get(*member).map(|value| ((*member).to_owned(), value.clone())))
            .collect();
        let tags = list(device, "tags").iter().map(|tag| {
            let members = tag.as_object().into_iter().flatten().filter(|(name, _)| *name != "id");
            members.map(|(name, value)| (name.clone(), value.clone())).collect::<Json>()
        });
        let mut profile = json!({"format": PROFILE_FORMAT, "maker": maker, "product": product, "kind": "other"});
        if let Some(text) = device.get("description").filter(|text| !text.is_null()) {
            profile["description"] = text.clone();
        }
        profile["device"] = Json::Object(defaults);
        profile["tags"] = tags.collect();
        profile
    }
}

impl Source {
    fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let title = fields.required_text("title", 300, problems);
        let revision = fields.text("revision", 100, problems).unwrap_or_default();
        let read = fields.text("read", 500, problems).unwrap_or_default();
        fields.finish(problems);
        Some(Self { title: title?.to_owned(), revision: revision.to_owned(), read: read.to_owned() })
    }
}

impl Variant {
    fn read(json: &Json, at: Pointer<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::open(json, at, problems)?;
        let name = fields.required_text("name", 60, problems);
        let description = fields.text("description", 500, problems).unwrap_or_default();
        if let Some(json) = fields.get("device") {
            device_members(json, &at.member("device"), problems);
        }
        fields.texts("without", problems);
        if limits::TAGS < fields.list("tags", problems).len() {
            problems.error(&at.member("tags"), format!("a profile has at most {} tags", limits::TAGS));
        }
        fields.finish(problems);
        Some(Self { name: name?.to_owned(), description: description.to_owned() })
    }
}

fn device_members(json: &Json, at: &Pointer<'_>, problems: &mut Problems) {
    let Json::Object(members) = json else {
        problems.error(at, "an object is needed here");
        return;
    };
    for name in members.keys().filter(|name| !DEVICE_MEMBERS.contains(&name.as_str())) {
        let sentence =
            format!("{} is not a member a profile sets; it sets {}", shown_text(name), DEVICE_MEMBERS.join(", "));
        problems.error(&at.member(name), sentence);
    }
}

/// Tags are told apart by name, ignoring case.
fn double_names(device: &Json, problems: &mut Problems) {
    let mut seen = std::collections::HashSet::new();
    let root = Pointer::ROOT;
    let at = root.member("tags");
    for (index, tag) in list(device, "tags").iter().enumerate() {
        let name = tag["name"].as_str().unwrap_or_default();
        if !seen.insert(name.to_ascii_lowercase()) {
            problems.error(&at.index(index).member("name"), format!("the name `{name}` stands twice"));
        }
    }
}

fn list<'a>(json: &'a Json, member: &str) -> &'a [Json] {
    json.get(member).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn texts(list: Option<&Json>) -> impl Iterator<Item = &str> {
    list.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

/// Lays the members of an object over another's; `null` takes one away.
fn merge(onto: &mut Json, over: Option<&Json>) {
    let (Some(onto), Some(over)) = (onto.as_object_mut(), over.and_then(Json::as_object)) else { return };
    for (name, value) in over {
        if value.is_null() {
            onto.shift_remove(name);
        } else {
            onto.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> Json {
        json!({
            "format": PROFILE_FORMAT, "maker": "Acme", "product": "M1", "kind": "meter",
            "document": {"title": "M1 registers", "revision": "2"},
            "device": {"order": "CDAB", "max_read_registers": 16},
            "variants": [
                {"name": "single phase", "without": ["u2"], "tags": [{"name": "u1", "unit": "kV"}, {"name": "hours", "table": "input", "address": 90, "type": "u32"}]},
                {"name": "slow", "device": {"order": null, "min_gap_ms": 20}},
            ],
            "tags": [
                {"name": "u1", "table": "input", "address": 0, "type": "f32", "unit": "V"},
                {"name": "u2", "table": "input", "address": 2, "type": "f32", "unit": "V"},
            ],
        })
    }

    #[test]
    fn a_profile_makes_devices_by_variant() {
        let (profile, problems) = Profile::parse(&meter());
        assert_eq!(problems, []);
        let profile = profile.unwrap();
        assert_eq!((profile.kind, profile.tags(), profile.variants.len()), (ProfileKind::Meter, 2, 2));
        let plain = profile.device("acme-m1", None).unwrap();
        assert_eq!((&plain["profile"], &plain["order"]), (&json!("acme-m1"), &json!("CDAB")));
        let single = profile.device("acme-m1", Some("single phase")).unwrap();
        assert_eq!(single["profile"], "acme-m1/single phase");
        let names: Vec<_> =
            single["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["u1", "hours"]);
        assert_eq!(
            single["tags"][0],
            json!({"name": "u1", "table": "input", "address": 0, "type": "f32", "unit": "kV"})
        );
        let slow = profile.device("acme-m1", Some("slow")).unwrap();
        assert_eq!((slow.get("order"), &slow["min_gap_ms"]), (None, &json!(20)));
        assert_eq!(profile.device("acme-m1", Some("other")), None);
    }

    #[track_caller]
    fn check(edit: impl FnOnce(&mut Json), pointer: &str, part: &str) {
        let mut json = meter();
        edit(&mut json);
        let (profile, problems) = Profile::parse(&json);
        assert_eq!(profile, None);
        assert_eq!(problems[0].pointer, pointer, "{problems:?}");
        assert!(problems[0].detail.contains(part), "{problems:?}");
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        check(|json| json["format"] = json!("dinrail/1"), "/format", PROFILE_FORMAT);
        check(|json| json["maker"] = json!(""), "/maker", "missing");
        check(|json| json["kind"] = json!("toaster"), "/kind", "`meter`");
        check(|json| json["colour"] = json!("red"), "/colour", "not a member");
        check(|json| json["document"]["title"] = json!(5), "/document/title", "text");
        check(|json| json["device"]["port"] = json!("COM1"), "/device/port", "not a member a profile sets");
        check(|json| json["device"]["order"] = json!("up"), "/device/order", "word-swap");
        check(|json| json["tags"][1]["address"] = json!(70_000), "/tags/1/address", "65535");
        check(|json| json["tags"][1]["name"] = json!("U1"), "/tags/1/name", "twice");
        check(|json| json["variants"][0]["tags"][1]["type"] = json!("f16"), "/variants/0", "`type`");
        check(|json| json["variants"][0]["without"] = json!(["u2", "u9"]), "/variants/0/without/1", "no tag `u9`");
        check(|json| json["variants"][0]["without"] = json!([5]), "/variants/0/without/0", "text");
        check(|json| json["variants"] = json!(vec![json!({"name": "x"}); 51]), "/variants", "50");
        check(|json| *json = json!([]), "", "object");
    }

    #[test]
    fn a_device_becomes_a_profile_of_its_kind() {
        let device = json!({"id": "7", "name": "m", "port": "COM1", "unit_id": 9, "order": "CDAB", "description": "the one",
            "tags": [{"id": "8", "name": "u", "table": "input", "address": 0, "type": "f32"}]});
        let json = Profile::of_device(&device, "Acme", "M1");
        let (profile, problems) = Profile::parse(&json);
        assert_eq!(problems, []);
        let made = profile.unwrap().device("own", None).unwrap();
        let tags = json!([{"name": "u", "table": "input", "address": 0, "type": "f32"}]);
        assert_eq!(made, json!({"profile": "own", "order": "CDAB", "tags": tags}));
        assert_eq!(json["description"], "the one");
    }
}
