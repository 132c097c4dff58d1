use super::super::RegisterMap;
use super::super::assign::assign;
use super::*;
use crate::config::GatewayConfig;
use crate::tag::attribute::Attribute;
use crate::tag::def::Origin;
use crate::tag::value::ValueType;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn def(name: &str, kind: ValueType) -> Arc<TagDef> {
    Arc::new(TagDef { id: format!("id-{name}"), writable: true, ..TagDef::plain(name, kind, Origin::Internal) })
}

fn config(modules: Json) -> MapConfig {
    let device = |name: &str, unit: u8| json!({ "name": name, "port": "COM1", "unit_id": unit, "tags": [] });
    let document = json!({
        "format": "dinrail/1",
        "ports": [{ "name": "COM1", "kind": "serial", "path": "/dev/ttyS1" }],
        "devices": [device("a", 1), device("b", 2), device("c", 3)],
        "modbus_server": { "map": { "modules": modules } },
    });
    let (config, problems) = GatewayConfig::parse(&document);
    assert_eq!(problems, []);
    config.modbus_server.unwrap().map
}

/// Tags, and the places they were given so far.
struct Rack {
    tags: Vec<Arc<TagDef>>,
    places: Places,
}

impl Rack {
    fn new(names: &[(&str, ValueType)]) -> Self {
        let tags = names.iter().map(|(name, kind)| def(name, *kind)).collect();
        let mut rack = Self { tags, places: Places::new() };
        rack.assign(&MapConfig::default());
        rack
    }

    /// Gives places; how many points got one they had not.
    fn assign(&mut self, config: &MapConfig) -> usize {
        let news = assign(&self.places, &self.tags, config);
        let number = news.len();
        self.places.extend(news);
        number
    }

    fn map(&mut self, config: &MapConfig) -> RegisterMap {
        self.assign(config);
        RegisterMap::new(config, self.tags.clone(), &self.places)
    }
}

/// Where the value of a tag is.
#[track_caller]
fn value(map: &RegisterMap, table: Table, tag: &str) -> Option<u16> {
    let is = |entry: &&super::super::Entry| {
        map.tag(entry).name.as_str() == tag && entry.point.attribute() == Attribute::Value
    };
    map.entries(table).iter().find(is).map(|entry| entry.address)
}

fn rack() -> Rack {
    use ValueType::{Bool, U16, U32};
    Rack::new(&[("a/x", U16), ("a/on", Bool), ("b/x", U16), ("b/y", U32), ("b/on", Bool), ("c/x", U16)])
}

#[test]
fn under_a_unit_id_of_its_own_a_module_begins_at_nought_or_where_it_is_told() {
    let mut rack = rack();
    let config = config(
        json!([{ "module": "b", "unit_id": 5 }, { "module": "c", "unit_id": 5, "holding": 1000, "coil": 16, "discrete": 16, "input": 2000 }]),
    );
    let whole = rack.map(&config);
    let five = whole.for_unit(&config, 5, &rack.places);
    assert_eq!((value(&five, Table::Holding, "b/x"), value(&five, Table::Holding, "b/y")), (Some(0), Some(1)));
    assert_eq!((value(&five, Table::Holding, "c/x"), value(&five, Table::Input, "c/x")), (Some(1000), Some(2000)));
    assert_eq!((value(&five, Table::Coil, "b/on"), value(&five, Table::Holding, "a/x")), (Some(0), None));
    // In the map of the appliance nothing has moved.
    assert_eq!((value(&whole, Table::Holding, "b/x"), value(&whole, Table::Holding, "c/x")), (Some(1), Some(4)));
    assert_eq!((whole.left_out(), five.left_out()), (0, 0));
    let lines = five.lines();
    assert!(lines.iter().any(|line| line.tables == ["input"] && line.address == 2000 && line.tag == "c/x"));
    assert!(lines.iter().any(|line| line.tables == ["coil", "discrete"] && line.tag == "b/on"));
}

#[test]
fn a_first_address_holds_for_its_table_alone_and_what_lay_there_gives_way() {
    let mut rack = rack();
    let config = config(json!([{ "module": "c", "holding": 0 }]));
    let map = rack.map(&config);
    assert_eq!((value(&map, Table::Holding, "c/x"), value(&map, Table::Input, "c/x")), (Some(0), Some(4)));
    let moved = value(&map, Table::Holding, "a/x");
    assert!(moved.is_some_and(|address| 4 < address), "{moved:?}");
    assert_eq!(value(&map, Table::Coil, "b/on"), Some(1), "bits are another space");
    assert_eq!(map.left_out(), 0);
    assert_eq!(rack.assign(&config), 0, "everything has its place");
}

#[test]
fn what_is_added_moves_nobody_and_does_not_lie_on_others() {
    let mut rack = rack();
    // `c` is put where nothing is; then somebody comes to lie right behind it.
    let config =
        config(json!([{ "module": "c", "coil": 20_000, "discrete": 20_000, "input": 20_000, "holding": 20_000 }]));
    rack.map(&config);
    let far = PointKey { tag: "id-a/x".into(), space: Space::Registers, attribute: Attribute::Value };
    let end = 20_000
        + rack
            .places
            .iter()
            .filter(|(key, _)| key.tag == "id-c/x" && key.space == Space::OwnRegisters)
            .map(|(_, at)| at.address + at.count)
            .max()
            .unwrap();
    rack.places.insert(far.clone(), Assigned { address: end + 1, count: 1 });
    let before = rack.places.clone();
    rack.tags.push(def("c/wide", ValueType::F64));
    let map = rack.map(&config);
    assert!(before.iter().all(|(key, place)| rack.places[key] == *place));
    assert_eq!(value(&map, Table::Holding, "a/x"), Some(end + 1));
    assert_eq!(value(&map, Table::Holding, "c/wide"), Some(end + 2), "behind what lay in its way");
    assert_eq!(map.left_out(), 0);
}

#[test]
fn where_layouts_meet_values_stay_and_what_lies_behind_values_gives_way() {
    let mut rack = rack();
    let config = config(json!([{ "module": "b", "holding": 0 }, { "module": "a", "holding": 10 }]));
    let map = rack.map(&config);
    assert_eq!((value(&map, Table::Holding, "b/y"), value(&map, Table::Holding, "a/x")), (Some(1), Some(10)));
    let entries = map.entries(Table::Holding);
    assert!(entries.windows(2).all(|pair| pair[0].end() <= u32::from(pair[1].address)));
    assert!(0 < map.left_out());
}

#[test]
fn a_layout_that_leaves_its_table_leaves_points_out() {
    let mut rack = rack();
    let config = config(json!([{ "module": "b", "unit_id": 9, "holding": 61_439, "input": 65_535 }]));
    let nine = rack.map(&config).for_unit(&config, 9, &rack.places);
    assert_eq!((value(&nine, Table::Holding, "b/x"), value(&nine, Table::Holding, "b/y")), (Some(61_439), None));
    assert_eq!(value(&nine, Table::Input, "b/x"), None, "packed bits are there");
    assert!(0 < nine.left_out());
}

proptest! {
    /// Entries of a table never overlap, and what is added moves nothing.
    #[test]
    fn entries_are_apart_wherever_tables_begin(
        bases in proptest::collection::vec(proptest::option::of(0u16..300), 12),
        later in proptest::collection::vec((prop::sample::select(vec!["a", "b", "c"]), prop::sample::select(ValueType::ALL.to_vec())), 0..8),
    ) {
        let mut rack = rack();
        let modules: Vec<Json> = ["a", "b", "c"].iter().zip(bases.chunks(4)).filter(|(_, bases)| bases.iter().any(Option::is_some)).map(|(name, bases)| {
            json!({ "module": name, "coil": bases[0], "discrete": bases[1], "input": bases[2], "holding": bases[3] })
        }).collect();
        let mut document = json!({ "map": { "modules": modules } });
        let same = |table: usize| (0..3).any(|one| (0..one).any(|other| bases[4 * one + table].is_some() && bases[4 * one + table] == bases[4 * other + table]));
        prop_assume!((0..4).all(|table| !same(table)));
        let config = config(document["map"]["modules"].take());
        let first = rack.map(&config);
        for (number, (group, kind)) in later.iter().enumerate() {
            rack.tags.push(def(&format!("{group}/late{number}"), *kind));
        }
        let map = rack.map(&config);
        for table in Table::ALL {
            let entries = map.entries(table);
            prop_assert!(entries.windows(2).all(|two| u32::from(two[0].address) + u32::from(two[0].count) <= u32::from(two[1].address)));
            for entry in first.entries(table) {
                let still = entries.iter().any(|now| now.address == entry.address && now.tag == entry.tag && now.point.attribute() == entry.point.attribute());
                prop_assert!(still, "{} of {} moved", entry.address, first.tag(entry).name);
            }
        }
        prop_assert_eq!(rack.assign(&config), 0);
    }
}
