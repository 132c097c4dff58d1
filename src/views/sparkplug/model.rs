//! What an edge node shows: its devices with their metrics, and the aliases that stand for these.

use super::datatype::DataType;
use super::metric::metric_name;
use crate::config::catalogue::Catalogue;
use crate::config::publication::PublicationConfig;
use crate::tag::attribute::Attribute;
use crate::tag::def::Origin;
use crate::tag::quality::Reason;
use crate::views::json::TagRef;
use crate::views::posts::{Form, posts};
use std::collections::{HashMap, HashSet};

/// The aliases below are the node's own.
const FIRST_ALIAS: u64 = 16;

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name in the topics.
    pub name: String,
    /// Its metrics, each name once.
    pub metrics: Vec<DeviceMetric>,
}

/// A metric of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceMetric {
    /// Its name.
    pub name: String,
    /// Place of its tag in the catalogue.
    pub place: usize,
    /// Which attribute of it.
    pub attribute: Attribute,
    /// Its type.
    pub datatype: DataType,
}

/// The devices of these publications, in the order they are named.
pub fn devices(publications: &[PublicationConfig], appliance: &str, catalogue: &Catalogue<'_>) -> Vec<Device> {
    let mut devices: Vec<Device> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut seen = HashSet::new();
    for publication in publications.iter().filter(|publication| publication.identity.enabled) {
        for post in posts(publication, appliance, catalogue) {
            let Form::Object(name) = post.form else { continue };
            let index = *places.entry(name.clone()).or_insert_with(|| {
                devices.push(Device { name, metrics: Vec::new() });
                devices.len() - 1
            });
            for place in post.tags {
                let def = catalogue.def(place);
                for attribute in publication.attributes.iter().copied().filter(|attribute| def.has(*attribute)) {
                    let name = metric_name(publication, def, attribute);
                    // Publications of several triggers may name a tag twice; as a metric it is one.
                    if seen.insert((index, name.clone())) {
                        let datatype = DataType::of(def, attribute);
                        devices[index].metrics.push(DeviceMetric { name, place, attribute, datatype });
                    }
                }
            }
        }
    }
    devices
}

/// The aliases of an edge node: each metric keeps its own as long as it is there and of the same type, and none is used
/// again, so that what a host learnt is never wrong.
#[derive(Debug)]
pub struct Aliases {
    next: u64,
    known: HashMap<String, HashMap<String, (DataType, u64)>>,
}

impl Default for Aliases {
    fn default() -> Self {
        Self { next: FIRST_ALIAS, known: HashMap::new() }
    }
}

impl Aliases {
    /// The aliases of a device's metrics, in their order; those that are gone are forgotten.
    pub fn of(&mut self, device: &Device) -> Vec<u64> {
        let old = self.known.remove(&device.name).unwrap_or_default();
        let mut known = HashMap::with_capacity(device.metrics.len());
        let mut aliases = Vec::with_capacity(device.metrics.len());
        for metric in &device.metrics {
            let kept = old.get(&metric.name).filter(|(datatype, _)| *datatype == metric.datatype);
            let alias = kept.map_or_else(
                || {
                    self.next += 1;
                    self.next - 1
                },
                |(_, alias)| *alias,
            );
            known.insert(metric.name.clone(), (metric.datatype, alias));
            aliases.push(alias);
        }
        self.known.insert(device.name.clone(), known);
        aliases
    }

    /// Forgets the devices that are gone.
    pub fn keep(&mut self, devices: &[Device]) {
        let there: HashSet<&str> = devices.iter().map(|device| device.name.as_str()).collect();
        self.known.retain(|device, _| there.contains(device.as_str()));
    }
}

/// Whether the field behind a tag can be told of: a device of which no tag can is offline.
pub fn is_reachable(tag: TagRef<'_>) -> bool {
    let asked = matches!(tag.def.origin, Origin::Modbus | Origin::Channel { .. });
    let silent = matches!(
        tag.state.reason,
        Reason::NotYetRead
            | Reason::NoAnswer
            | Reason::BadAnswer
            | Reason::PortClosed
            | Reason::NoModule
            | Reason::Disabled
    );
    tag.def.enabled && !(asked && silent)
}
