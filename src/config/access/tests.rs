//! Lists as they are written, and what they decide.

use super::*;
use crate::config::GatewayConfig;
use crate::config::problem::Severity;
use crate::modbus::address::Table;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, Ipv6Addr};
use tokio_modbus::ExceptionCode;

fn parsed(access: Json) -> (AccessConfig, Vec<String>, usize) {
    let (config, problems) = GatewayConfig::parse(&json!({ "format": "dinrail/1", "access": access }));
    let (errors, warnings): (Vec<_>, Vec<_>) = problems.into_iter().partition(|one| one.severity == Severity::Error);
    (config.access, errors.iter().map(ToString::to_string).collect(), warnings.len())
}

#[track_caller]
fn good(access: Json) -> AccessConfig {
    let (config, errors, _) = parsed(access);
    assert_eq!(errors, [""; 0]);
    config
}

/// The list of the Modbus server with these entries.
#[track_caller]
fn modbus(allow: Json) -> AccessList {
    good(json!({ "modbus": { "mode": "allow-list", "allow": allow } })).of(Service::Modbus).clone()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn without_a_list_everyone_may_come_in() {
    for access in [json!({}), json!({ "web": {} }), json!({ "web": { "mode": "allow-all", "allow": ["10.0.0.0/8"] } })]
    {
        let config = good(access.clone());
        for service in Service::ALL {
            assert_eq!(config.of(service).decide(ip("192.0.2.1")), Decision::Everyone, "{access}");
        }
    }
}

#[test]
fn a_list_lets_in_whom_it_names_and_counts_without_a_mode_too() {
    for list in [
        json!({ "mode": "allow-list", "allow": ["10.1.0.0/16", "fd00::/8", { "network": "192.0.2.7", "note": "패널" }] }),
        json!({ "allow": ["10.1.0.0/16", "fd00::/8", "192.0.2.7"] }),
    ] {
        let config = good(json!({ "snmp": list }));
        let list = config.of(Service::Snmp);
        for (peer, expect) in [
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("::ffff:10.1.2.3", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("fd12::1", true),
            ("fe80::1", false),
            ("::1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(list.admits(ip(peer)), expect, "{peer}");
        }
        assert!(config.of(Service::Web).admits(ip("10.2.0.0")), "each service has its own");
    }
}

#[test]
fn of_entries_that_name_an_address_the_narrowest_decides() {
    let list = modbus(json!([
        "10.0.0.0/8",
        { "network": "10.0.3.0/24", "access": "read" },
        { "network": "10.0.3.7", "units": [1] },
    ]));
    let index = |peer: &str| match list.decide(ip(peer)) {
        Decision::Entry(entry) => entry.index,
        other => panic!("{other:?}"),
    };
    assert_eq!((index("10.9.9.9"), index("10.0.3.9"), index("10.0.3.7")), (0, 1, 2));
    assert_eq!(list.limits(ip("10.9.9.9")), None, "everything needs no question");
    assert!(list.limits(ip("10.0.3.9")).unwrap().read_only);
    assert!(!list.limits(ip("10.0.3.7")).unwrap().read_only);
    assert_eq!(list.limits(ip("192.0.2.1")), None);
}

#[test]
fn what_cannot_be_is_refused_at_its_place() {
    let many: Vec<String> = (0..1001).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect();
    for (list, expect) in [
        (json!({ "mode": "block" }), "/mode: `mode` is one of `allow-all`, `allow-list`, not `block`"),
        (json!({ "allow": ["10.0.0.0/33"] }), "/allow/0: the prefix of `10.0.0.0/33` is at most 32 bits long"),
        (json!({ "allow": ["fd00::/129"] }), "/allow/0: the prefix of `fd00::/129` is at most 128 bits long"),
        (
            json!({ "allow": ["10.0.3.7/24"] }),
            "/allow/0: `10.0.3.7/24` names one address of a network: write `10.0.3.0/24` for the network, or `10.0.3.7` \
             for the address alone",
        ),
        (
            json!({ "allow": ["plant.example"] }),
            "/allow/0: `plant.example` is not an address or network such as `10.0.0.0/24` or `fd00::/8`",
        ),
        (
            json!({ "allow": ["10.0.0.0/8", { "network": "10.0.0.0/8" }] }),
            "/allow/1/network: 10.0.0.0/8 stands in number 1 of this list already",
        ),
        (
            json!({ "allow": ["10.0.0.0/8", "::ffff:10.0.0.0/104"] }),
            "/allow/1: 10.0.0.0/8 stands in number 1 of this list already",
        ),
        (json!({ "allow": [7] }), "/allow/0: an object is needed here, not a number"),
        (json!({ "allow": [{ "note": "x" }] }), "/allow/0/network: `network` is missing"),
        (
            json!({ "allow": [{ "network": "10.0.0.1", "access": "write" }] }),
            "/allow/0/access: `access` is one of `read`, `read-write`, not `write`",
        ),
        (
            json!({ "allow": [{ "network": "10.0.0.1", "units": [256] }] }),
            "/allow/0/units/0: a unit id 0..255 is needed here, or a range of them such as `10-20`",
        ),
        (
            json!({ "allow": [{ "network": "10.0.0.1", "units": [] }] }),
            "/allow/0/units: `units` is empty: leave it out where all are meant",
        ),
        (
            json!({ "allow": [{ "network": "10.0.0.1", "areas": ["holding 9-1"] }] }),
            "/allow/0/areas/0: `holding 9-1` is not a table with its addresses, such as `holding`, `coil 5` or `input 100-199`",
        ),
        (json!({ "allow": many }), "/allow: `allow` has at most 1000 entries"),
    ] {
        let (config, errors, _) = parsed(json!({ "modbus": list }));
        assert_eq!(errors, [format!("/access/modbus{expect}")]);
        assert!(!config.of(Service::Modbus).admits(ip("192.0.2.1")), "what is wrong lets nobody in: {list}");
    }
    let (_, errors, _) = parsed(json!({ "web": { "allow": [{ "network": "10.0.0.1", "units": [1] }] } }));
    assert_eq!(errors, ["/access/web/allow/0/units: `units` is not a member here"], "only Modbus has units");
    let (_, errors, warnings) = parsed(json!({ "web": { "mode": "allow-list" } }));
    assert_eq!((errors.len(), warnings), (0, 1), "an empty list is worth a word");
}

#[test]
fn rights_are_judged_request_by_request() {
    use ExceptionCode::{GatewayPathUnavailable as PATH, IllegalDataAddress as ADDRESS, IllegalFunction as FUNCTION};
    let all = |entry: Json| modbus(json!([entry])).limits(ip("10.0.0.1")).cloned().unwrap_or_default();
    let read = |table: u8, address: u16, count: u16| {
        let ([a, b], [c, d]) = (address.to_be_bytes(), count.to_be_bytes());
        vec![table, a, b, c, d]
    };
    let write = |address: u16| [vec![6], address.to_be_bytes().to_vec(), vec![0, 1]].concat();
    let both = |from: u16, to: u16| {
        [vec![23], from.to_be_bytes().to_vec(), vec![0, 1], to.to_be_bytes().to_vec(), vec![0, 1, 2, 0, 9]].concat()
    };
    let anything = json!({ "network": "10.0.0.0/8" });
    let reader = json!({ "network": "10.0.0.0/8", "access": "read" });
    let units = json!({ "network": "10.0.0.0/8", "units": [1, "10-20"] });
    let areas =
        json!({ "network": "10.0.0.0/8", "areas": ["holding 110-119", "holding 100-109", "input", "coil 65535"] });
    for (entry, unit, pdu, expect) in [
        (&anything, 9, vec![0x65, 1, 2], Ok(())),
        (&reader, 1, read(3, 0, 2), Ok(())),
        (&reader, 1, write(0), Err(FUNCTION)),
        (&reader, 1, both(0, 0), Err(FUNCTION)),
        (&reader, 1, vec![43, 14, 1, 0], Ok(())),
        (&reader, 1, vec![0x65, 1, 2], Err(FUNCTION)),
        (&reader, 1, read(3, 0, 0), Err(ExceptionCode::IllegalDataValue)),
        (&units, 1, write(0), Ok(())),
        (&units, 10, vec![0x65, 1, 2], Ok(())),
        (&units, 20, read(4, 0, 1), Ok(())),
        (&units, 21, read(4, 0, 1), Err(PATH)),
        (&units, 0, read(4, 0, 1), Err(PATH)),
        (&areas, 7, read(3, 100, 20), Ok(())),
        (&areas, 7, read(3, 99, 2), Err(ADDRESS)),
        (&areas, 7, read(3, 119, 2), Err(ADDRESS)),
        (&areas, 7, read(4, 65_535, 1), Ok(())),
        (&areas, 7, read(2, 0, 1), Err(ADDRESS)),
        (&areas, 7, read(1, 65_535, 1), Ok(())),
        (&areas, 7, write(105), Ok(())),
        (&areas, 7, write(120), Err(ADDRESS)),
        (&areas, 7, both(100, 119), Ok(())),
        (&areas, 7, both(100, 120), Err(ADDRESS)),
        (&areas, 7, both(99, 100), Err(ADDRESS)),
        (&areas, 7, vec![0x65, 1, 2], Err(FUNCTION)),
        (&areas, 7, vec![20, 7, 6, 0, 4, 0, 1, 0, 2], Err(FUNCTION)),
        (&areas, 7, vec![], Err(FUNCTION)),
    ] {
        assert_eq!(all(entry.clone()).judge(unit, &pdu), expect, "{entry} {unit} {pdu:02X?}");
    }
}

#[test]
fn areas_that_touch_are_one() {
    let of = |texts: Json| modbus(json!([{ "network": "10.0.0.1", "areas": texts }])).entries()[0].rights.areas.clone();
    let area = |table, first, last| Area { table, first, last };
    assert_eq!(of(json!(["coil"])), [area(Table::Coil, 0, 65_535)]);
    assert_eq!(
        of(json!(["holding 5", "holding 0-4", "holding 7-9", "coil 6", "holding 8-65535"])),
        [area(Table::Coil, 6, 6), area(Table::Holding, 0, 5), area(Table::Holding, 7, 65_535)]
    );
}

fn networks() -> impl Strategy<Value = Vec<IpNet>> {
    let four = (any::<u32>(), 0u8..=32).prop_map(|(bits, prefix)| IpNet::new(Ipv4Addr::from(bits).into(), prefix));
    let six = (any::<u128>(), 0u8..=128).prop_map(|(bits, prefix)| IpNet::new(Ipv6Addr::from(bits).into(), prefix));
    prop::collection::vec(prop_oneof![four, six].prop_map(|network| network.unwrap().trunc()), 0..20)
}

fn peer() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::from(Ipv4Addr::from(bits))),
        any::<u128>().prop_map(|bits| IpAddr::from(Ipv6Addr::from(bits))),
    ]
}

proptest! {
    #[test]
    fn an_address_is_let_in_when_a_network_has_it_and_the_narrowest_decides(networks in networks(), peer in peer()) {
        let list = AccessList::only(networks.clone());
        let naming: Vec<&IpNet> = networks.iter().filter(|network| network.contains(&peer.to_canonical())).collect();
        match list.decide(peer) {
            Decision::Entry(entry) => {
                let longest = naming.iter().map(|network| network.prefix_len()).max();
                prop_assert_eq!(Some(entry.network.prefix_len()), longest);
            }
            Decision::Refused => prop_assert!(naming.is_empty()),
            Decision::Everyone => prop_assert!(false),
        }
    }

    #[test]
    fn a_mapped_address_is_the_address_it_maps(networks in networks(), bits in any::<u32>()) {
        let list = AccessList::only(networks);
        let four = Ipv4Addr::from(bits);
        prop_assert_eq!(list.decide(four.into()), list.decide(four.to_ipv6_mapped().into()));
    }

    #[test]
    fn no_bytes_make_the_judge_panic(unit in any::<u8>(), pdu in prop::collection::vec(any::<u8>(), 0..260)) {
        let rights = Rights {
            read_only: unit & 1 == 1,
            units: vec![0..=200],
            areas: vec![Area { table: Table::Holding, first: 0, last: 65_535 }],
        };
        let write = matches!(pdu.first(), Some(5 | 6 | 15 | 16 | 22 | 23));
        let judged = rights.judge(unit, &pdu);
        prop_assert!(!(judged.is_ok() && write && rights.read_only));
    }
}
