use super::assign::{Assigned, Places, PointKey, assign};
use super::*;
use crate::config::modbus_server::ModbusServerConfig;
use crate::modbus::address::Span;
use crate::modbus::server::{What, Written};
use crate::tag::channel::{ChannelKind, Mode};
use crate::tag::def::Origin;
use crate::tag::quality::Reason;
use crate::tag::reading::{Reading, Stamp, TagState};
use crate::tag::value::{Value, ValueType};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tokio_modbus::ExceptionCode;

fn def(name: &str, kind: ValueType, origin: Origin, writable: bool) -> Arc<TagDef> {
    let scaled = matches!(origin, Origin::Channel { .. });
    Arc::new(TagDef {
        id: format!("id-{name}"),
        unit: "°C".to_owned(),
        scaled,
        writable,
        ..TagDef::plain(name, kind, origin)
    })
}

fn internal(name: &str, kind: ValueType) -> Arc<TagDef> {
    def(name, kind, Origin::Internal, true)
}

fn places(tags: &[Arc<TagDef>]) -> Places {
    assign(&Places::new(), tags, &MapConfig::default()).into_iter().collect()
}

fn good(value: Value) -> TagState {
    let mut state = TagState::default();
    state.apply(Reading::Good { value, raw: [7].into_iter().collect(), at: at(1_000) });
    state
}

fn at(ms: u64) -> Stamp {
    Stamp { unix_ms: i64::try_from(ms).unwrap(), mono_us: ms * 1000 }
}

/// A map over tags with their states.
struct Bench {
    map: RegisterMap,
    states: Vec<TagState>,
}

impl Bench {
    fn auto(tags: Vec<(Arc<TagDef>, TagState)>) -> Self {
        Self::with(&MapConfig::default(), tags)
    }

    fn with(config: &MapConfig, tags: Vec<(Arc<TagDef>, TagState)>) -> Self {
        let (defs, states): (Vec<_>, Vec<_>) = tags.into_iter().unzip();
        let places = places(&defs);
        Self { map: RegisterMap::new(config, defs, &places), states }
    }

    fn edited(map: Json, tags: Vec<(Arc<TagDef>, TagState)>) -> Self {
        Self::with(&map_config(map), tags)
    }

    fn read(&self, table: Table, address: u16, count: u16) -> Result<Vec<u16>, ExceptionCode> {
        self.map.read(Span::new(table, address, count).unwrap(), at(2_000), |tag| self.states.get(tag as usize))
    }

    fn write(&self, table: Table, address: u16, words: &[u16]) -> Result<Vec<String>, ExceptionCode> {
        self.change(table, address, u16::try_from(words.len()).unwrap(), What::Words(words.to_vec()))
    }

    fn change(&self, table: Table, address: u16, count: u16, what: What) -> Result<Vec<String>, ExceptionCode> {
        let written = Written { span: Span::new(table, address, count).unwrap(), what };
        let steps = self.map.write(&written, at(2_000), |tag| self.states.get(tag as usize))?;
        Ok(steps.iter().map(|step| format!("{}/{} = {}", step.tag, step.attribute, step.value)).collect())
    }

    /// The first address of a point.
    fn place(&self, table: Table, tag: &str, attribute: Attribute) -> u16 {
        let found = self
            .map
            .entries(table)
            .iter()
            .find(|entry| self.map.tag(entry).name.as_str() == tag && entry.point.attribute() == attribute);
        found.unwrap_or_else(|| panic!("{tag}/{attribute} is in {table}")).address
    }
}

fn map_config(map: Json) -> MapConfig {
    let tags: Vec<Json> = ["a", "b", "c", "d"].iter().map(|name| json!({ "name": name, "type": "u32" })).collect();
    let document = json!({ "format": "dinrail/1", "internal": tags, "modbus_server": { "map": map } });
    let (config, problems) = crate::config::GatewayConfig::parse(&document);
    assert_eq!(problems, []);
    config.modbus_server.map(|server: ModbusServerConfig| server.map).unwrap()
}

fn mixed() -> Vec<(Arc<TagDef>, TagState)> {
    let channel = |kind, mode| Origin::Channel { kind, mode };
    vec![
        (internal("internal/on", ValueType::Bool), good(Value::Bool(true))),
        (internal("internal/word", ValueType::I16), good(Value::I64(-2))),
        (internal("internal/wide", ValueType::U32), good(Value::U64(0x0001_0002))),
        (internal("internal/real", ValueType::F32), good(Value::F32(-12.5))),
        (internal("internal/text", ValueType::String), good(Value::Text("온도".into()))),
        (internal("internal/long", ValueType::I64), good(Value::I64(-1))),
        (internal("internal/off", ValueType::Bool), good(Value::Bool(false))),
        (def("di-1/DI-00", ValueType::Bool, channel(ChannelKind::Di, Mode::Counter), false), good(Value::Bool(true))),
        (
            def("ai-1/AI-00", ValueType::F64, channel(ChannelKind::Ai, Mode::Milliamp4To20), false),
            good(Value::F64(4.5)),
        ),
    ]
}

#[test]
fn values_lie_one_behind_the_other_by_their_width() {
    let bench = Bench::auto(mixed());
    let text = ["온도".as_bytes(), &[0; 26]].concat();
    let text: Vec<u16> = text.chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
    let expect = [&[0xFFFE, 1, 2, 0xC148, 0][..], &text, &[0xFFFF; 4], &[0x4090, 0]].concat();
    for table in [Table::Holding, Table::Input] {
        assert_eq!(bench.read(table, 0, 27), Ok(expect.clone()));
        // Half a value is what its registers hold.
        assert_eq!(bench.read(table, 2, 1), Ok(vec![2]));
    }
    for table in [Table::Coil, Table::Discrete] {
        assert_eq!(bench.read(table, 0, 3), Ok(vec![1, 0, 1]));
    }
    // The same bits, packed: the lowest bit is the first.
    assert_eq!(bench.read(Table::Input, PACKED, 1), Ok(vec![0b101]));
}

#[test]
fn every_attribute_has_its_number() {
    let bench = Bench::auto(mixed());
    let one =
        |tag, attribute, count| bench.read(Table::Input, bench.place(Table::Input, tag, attribute), count).unwrap();
    assert_eq!(one("internal/word", Attribute::Quality, 1), [0]);
    assert_eq!(one("internal/word", Attribute::Reason, 1), [0]);
    assert_eq!(one("internal/word", Attribute::Timestamp, 4), [0, 0, 0, 1000]);
    assert_eq!(one("internal/word", Attribute::AgeMs, 2), [0, 1000]);
    assert_eq!(one("internal/word", Attribute::Max, 1), [0xFFFE]);
    assert_eq!(one("internal/word", Attribute::Type, 1), [2]);
    assert_eq!(one("internal/word", Attribute::Unit, 4), [0xC2B0, 0x4300, 0, 0]);
    assert_eq!(one("di-1/DI-00", Attribute::Mode, 1), [1]);
    assert_eq!(one("ai-1/AI-00", Attribute::Mode, 1), [4]);
    let good = bench.place(Table::Discrete, "ai-1/AI-00", Attribute::Quality);
    assert_eq!(bench.read(Table::Discrete, good, 1), Ok(vec![1]));
    // Every attribute of every tag is somewhere.
    let points: usize = bench.map.tags.iter().map(|def| def.attributes().count()).sum();
    let quality_twice = bench.map.tags.len();
    let entries = bench.map.entries(Table::Coil).len() + bench.map.entries(Table::Holding).len();
    assert_eq!((entries, bench.map.left_out()), (points + quality_twice, 0));
}

#[test]
fn what_is_not_there_is_refused_and_gaps_read_as_zeros_or_are_refused() {
    let bench = Bench::auto(mixed());
    assert_eq!(bench.read(Table::Input, 20_000, 2), Err(ExceptionCode::IllegalDataAddress));
    assert_eq!(bench.read(Table::Discrete, 2, 3), Ok(vec![1, 0, 0]));
    let strict = MapConfig { gaps: Gaps::Exception, ..MapConfig::default() };
    let bench = Bench::with(&strict, mixed());
    assert_eq!(bench.read(Table::Discrete, 2, 3), Err(ExceptionCode::IllegalDataAddress));
    assert_eq!(bench.read(Table::Discrete, 0, 3), Ok(vec![1, 0, 1]));
}

#[test]
fn writes_are_told_point_by_point_and_no_value_is_cut() {
    let bench = Bench::auto(mixed());
    let written = bench.write(Table::Holding, 0, &[0xFFFF, 0, 9]).unwrap();
    assert_eq!(written, ["internal/word/value = -1", "internal/wide/value = 9"]);
    assert_eq!(
        bench.write(Table::Coil, 0, &[0, 1]).unwrap(),
        ["internal/on/value = false", "internal/off/value = true"]
    );
    for (table, address, words) in [
        (Table::Holding, 0, &[1, 2][..]),
        (Table::Holding, 2, &[2][..]),
        // A channel that is read only, a timestamp, and nothing at all.
        (Table::Coil, 2, &[1][..]),
        (Table::Holding, 25, &[0, 0][..]),
        (Table::Holding, 30_000, &[0][..]),
    ] {
        assert_eq!(bench.write(table, address, words), Err(ExceptionCode::IllegalDataAddress), "{table} {address}");
    }
    // NaN is no value.
    assert_eq!(bench.write(Table::Holding, 3, &[0x7FC0, 0]), Err(ExceptionCode::IllegalDataValue));
    let masked = bench.change(Table::Holding, 0, 1, What::Mask { and: 0xFF00, or: 0x0011 }).unwrap();
    assert_eq!(masked, ["internal/word/value = -239"]);
    let fixed = MapConfig { writable: false, ..MapConfig::default() };
    assert_eq!(Bench::with(&fixed, mixed()).write(Table::Holding, 0, &[1]), Err(ExceptionCode::IllegalDataAddress));
}

#[test]
fn packed_bits_are_written_where_they_may_be_and_left_alone_elsewhere() {
    let bench = Bench::auto(mixed());
    assert_eq!(
        bench.write(Table::Holding, PACKED, &[0b110]).unwrap(),
        ["internal/on/value = false", "internal/off/value = true"]
    );
    let masked = bench.change(Table::Holding, PACKED, 1, What::Mask { and: !0b10, or: 0b10 }).unwrap();
    assert_eq!(masked, ["internal/off/value = true"]);
    assert_eq!(bench.write(Table::Holding, PACKED + 100, &[1]), Err(ExceptionCode::IllegalDataAddress));
    let reset = bench.place(Table::Coil, "internal/word", Attribute::ResetMin);
    let (register, bit) = (PACKED + reset / 16, reset % 16);
    let once = What::Mask { and: !(1 << bit), or: 1 << bit };
    assert_eq!(bench.change(Table::Holding, register, 1, once).unwrap(), ["internal/word/reset_min = true"]);
    // A whole word writes every bit of it; a command that is not given is none.
    assert_eq!(bench.write(Table::Holding, register, &[0]).unwrap(), ["di-1/DI-00/counting = false"]);
}

#[test]
fn a_new_tag_moves_no_other_and_a_gone_one_leaves_its_place_empty() {
    let before: Vec<Arc<TagDef>> = mixed().into_iter().map(|(def, _)| def).collect();
    let known = places(&before);
    let mut after = before.clone();
    after.insert(0, internal("internal/first", ValueType::U16));
    after.insert(3, internal("internal/flag", ValueType::Bool));
    let news = assign(&known, &after, &MapConfig::default());
    assert!(
        !news.is_empty() && news.iter().all(|(key, _)| ["id-internal/first", "id-internal/flag"].contains(&&*key.tag))
    );
    let mut all = known.clone();
    all.extend(news);
    let first = PointKey { tag: "id-internal/first".to_owned(), space: Space::Registers, attribute: Attribute::Value };
    assert_eq!(all[&first], Assigned { address: 27, count: 1 });
    assert_eq!(assign(&all, &after, &MapConfig::default()), [], "everything has its place");
    // Without its second register the others stay where they were.
    let map = RegisterMap::new(&MapConfig::default(), after.iter().skip(4).cloned(), &all);
    let wide =
        map.entries(Table::Holding).iter().find(|entry| map.tag(entry).name.as_str() == "internal/real").unwrap();
    assert_eq!(wide.address, 3);
}

#[test]
fn a_tag_that_becomes_wider_gets_another_place_and_moves_nobody() {
    let before = [internal("internal/a", ValueType::U16), internal("internal/b", ValueType::U16)];
    let known = places(&before);
    let after = [internal("internal/a", ValueType::U32), Arc::clone(&before[1])];
    let news: Places = assign(&known, &after, &MapConfig::default()).into_iter().collect();
    let value = |name: &str| PointKey {
        tag: format!("id-internal/{name}"),
        space: Space::Registers,
        attribute: Attribute::Value,
    };
    assert_eq!(news[&value("a")], Assigned { address: 2, count: 2 });
    assert!(!news.contains_key(&value("b")));
}

#[test]
fn when_the_room_ends_values_go_before_the_rest_and_gaps_are_used() {
    let many: Vec<Arc<TagDef>> = (0..9_000).map(|n| internal(&format!("internal/t{n}"), ValueType::F64)).collect();
    let known = places(&many);
    let value =
        |n: u32| PointKey { tag: format!("id-internal/t{n}"), space: Space::Registers, attribute: Attribute::Value };
    assert_eq!(known[&value(8_191)], Assigned { address: 32_764, count: 4 });
    assert!(!known.contains_key(&value(8_192)), "32768 registers hold 8192 of four");
    let mut fewer = known;
    fewer.retain(|key, _| key.tag != "id-internal/t5");
    let late = [internal("internal/late", ValueType::U32), internal("internal/later", ValueType::F64)];
    let news: Places = assign(&fewer, &late, &MapConfig::default()).into_iter().collect();
    let of = |tag: &str| news.get(&PointKey { tag: format!("id-internal/{tag}"), ..value(0) }).copied();
    assert_eq!(of("late"), Some(Assigned { address: 20, count: 2 }));
    assert_eq!(of("later"), None, "two registers are no room for four");
}

#[test]
fn a_stale_value_reads_by_the_rule_of_its_entry() {
    let stale = |reason: Reason| {
        let mut state = good(Value::U64(70_000));
        state.apply(Reading::Failed(reason));
        state
    };
    let entry = |address: u16, rule: Json| json!({ "table": "input", "address": address, "tag": "internal/a", "type": "u32", "stale": rule });
    let fill16 =
        json!({ "table": "input", "address": 6, "tag": "internal/a", "type": "i16", "stale": { "fill": -99999 } });
    let quality = json!({ "table": "discrete", "address": 9, "tag": "internal/a", "attribute": "quality" });
    let rules =
        [entry(0, json!("last")), entry(2, json!("exception")), entry(4, json!({ "fill": 9 })), fill16, quality];
    let map = json!({ "mode": "edited", "entries": rules });
    let bench = |reason| Bench::edited(map.clone(), vec![(internal("internal/a", ValueType::U32), stale(reason))]);
    let silent = bench(Reason::NoAnswer);
    assert_eq!(silent.read(Table::Input, 0, 2), Ok(vec![1, 4464]));
    assert_eq!(silent.read(Table::Input, 2, 2), Err(ExceptionCode::GatewayTargetDevice));
    assert_eq!(bench(Reason::InvalidValue).read(Table::Input, 2, 2), Err(ExceptionCode::ServerDeviceFailure));
    assert_eq!(silent.read(Table::Input, 4, 3), Ok(vec![0, 9, 0x8000]), "as near as 16 bits can hold it");
    assert_eq!(silent.read(Table::Discrete, 9, 1), Ok(vec![0]));
    // Age alone makes it stale where a limit is set.
    let mut old = map_config(json!({ "mode": "edited", "max_age_ms": 500, "entries": [entry(0, json!("exception"))] }));
    let tags = || vec![(internal("internal/a", ValueType::U32), good(Value::U64(1)))];
    assert_eq!(Bench::with(&old, tags()).read(Table::Input, 0, 2), Err(ExceptionCode::ServerDeviceFailure));
    old.max_age = Some(Duration::from_secs(5));
    assert_eq!(Bench::with(&old, tags()).read(Table::Input, 0, 2), Ok(vec![0, 1]));
}

#[test]
fn an_edited_map_has_its_own_types_orders_and_rights() {
    let map = json!({ "mode": "edited", "order": "word-swap", "entries": [
        { "table": "holding", "address": 100, "tag": "internal/a", "type": "f32", "writable": true },
        { "table": "holding", "address": 102, "tag": "internal/a", "type": "u16", "order": "BA" },
        { "table": "input", "address": 0, "tag": "internal/b", "type": "u64", "order": "ABCDEFGH" },
        { "table": "coil", "address": 5, "tag": "internal/a", "attribute": "reset_min", "writable": true },
    ] });
    let tags = vec![
        (internal("internal/a", ValueType::U32), good(Value::U64(70_000))),
        (internal("internal/b", ValueType::U32), good(Value::U64(258))),
    ];
    let bench = Bench::edited(map, tags);
    assert_eq!(bench.read(Table::Holding, 100, 3), Ok(vec![0xB800, 0x4788, 0xFFFF]), "70000 is 65535 at most");
    assert_eq!(bench.read(Table::Input, 0, 4), Ok(vec![0, 0, 0, 258]));
    assert_eq!(bench.read(Table::Input, 100, 1), Err(ExceptionCode::IllegalDataAddress), "tables are apart");
    assert_eq!(bench.read(Table::Holding, PACKED, 1), Err(ExceptionCode::IllegalDataAddress), "nothing is packed");
    assert_eq!(bench.write(Table::Holding, 100, &[0xB800, 0x4788]).unwrap(), ["internal/a/value = 70000"]);
    assert_eq!(bench.write(Table::Holding, 102, &[1]), Err(ExceptionCode::IllegalDataAddress));
    assert_eq!(bench.write(Table::Coil, 5, &[1]).unwrap(), ["internal/a/reset_min = true"]);
    let lines = bench.map.lines();
    let first = lines.iter().find(|line| line.tables == ["holding"]).unwrap();
    assert_eq!((first.reference.as_str(), first.kind, first.order, first.writable), ("40101", "f32", "CDAB", true));
}

proptest! {
    #[test]
    fn any_range_is_read_or_refused(table in prop::sample::select(Table::ALL.to_vec()), address: u16, count in 1u16..125) {
        if let Ok(span) = Span::new(table, address, count) {
            let bench = Bench::auto(mixed());
            if let Ok(words) = bench.map.read(span, at(2_000), |tag| bench.states.get(tag as usize)) {
                prop_assert_eq!(words.len(), usize::from(count));
            }
            drop(bench.write(table, address, &vec![1; usize::from(count)]));
        }
    }

    /// Places never overlap, however tags come and go.
    #[test]
    fn places_are_apart(edits in proptest::collection::vec((0usize..12, prop::sample::select(ValueType::ALL.to_vec())), 1..30)) {
        let mut tags: Vec<Arc<TagDef>> = Vec::new();
        let mut known = Places::new();
        for (place, kind) in edits {
            let fresh = internal(&format!("internal/t{place}"), kind);
            match tags.iter_mut().find(|def| def.name == fresh.name) {
                Some(def) if def.kind == kind => {
                    tags.retain(|def| def.name != fresh.name);
                    known.retain(|key: &PointKey, _| key.tag != fresh.id);
                }
                Some(def) => *def = fresh,
                None => tags.push(fresh),
            }
            let news = assign(&known, &tags, &MapConfig::default());
            known.extend(news);
            for space in Space::ALL {
                let mut taken: Vec<(u32, u32)> = known
                    .iter()
                    .filter(|(key, _)| key.space == space)
                    .map(|(_, at)| (u32::from(at.address), u32::from(at.address) + u32::from(at.count)))
                    .collect();
                taken.sort_unstable();
                prop_assert!(taken.windows(2).all(|two| two[0].1 <= two[1].0));
            }
        }
    }
}
