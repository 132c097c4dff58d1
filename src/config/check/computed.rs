//! Computed tags against the tags there are, and against each other.

use super::expressions::Expressions;
use super::{Place, elements};
use crate::config::GatewayConfig;
use crate::config::catalogue::Catalogue;
use crate::config::computed::{ComputedConfig, Order};
use crate::config::problem::Problems;
use crate::config::tags::{COMPUTED, definitions};
use crate::expr::Kind;
use crate::tag::id::TagName;
use serde_json::Value as Json;
use std::collections::HashSet;

/// Notes every broken rule and takes out of `config` what has no order to be worked out in.
pub(super) fn judge(config: &mut GatewayConfig, document: &Json, problems: &mut Problems) {
    let mut taken = HashSet::new();
    config.computed.retain(|tag| taken.insert(tag.identity.name.to_ascii_lowercase()));
    let defs = definitions(config);
    let catalogue = Catalogue::new(&defs);
    let written: HashSet<&str> =
        elements(document.get(COMPUTED)).filter_map(|tag| tag.get("name").and_then(Json::as_str)).collect();
    // One that is refused itself has its own sentence; those that need it need none.
    let excused = |tag: &TagName| tag.group() == COMPUTED && written.contains(tag.name());
    let mut expressions = Expressions::over(&catalogue);
    for tag in &config.computed {
        let place = Place::new(document, "/computed", &tag.identity.name);
        if let Some(kind) = expressions.judge(&tag.expression, "expression", &place, excused, problems) {
            fits(tag, kind, &place, problems);
        }
    }
    let order = Order::of(&config.computed);
    for circle in &order.circles {
        let mut names: Vec<&str> = circle.iter().map(|tag| config.computed[*tag].identity.name.as_str()).collect();
        names.push(names[0]);
        let sentence = format!("it needs itself to be worked out: {}", names.join(" -> "));
        Place::new(document, "/computed", names[0]).error("expression", sentence, problems);
    }
    let ordered: HashSet<usize> = order.places.into_iter().collect();
    let mut place = 0..;
    config.computed.retain(|_| place.next().is_some_and(|place| ordered.contains(&place)));
}

fn fits(tag: &ComputedConfig, kind: Kind, place: &Place<'_>, problems: &mut Problems) {
    if kind == Kind::Any || kind == Kind::of_type(tag.kind) {
        return;
    }
    let sentence = match ComputedConfig::type_of(kind) {
        Some(better) => format!("the expression gives {kind}: set `type` to `{better}`"),
        None => format!("the expression gives {kind}; a tag is a number, a text, or true or false"),
    };
    place.error("expression", sentence, problems);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::def::Origin;
    use crate::tag::value::ValueType;
    use serde_json::json;

    fn parse(computed: Json) -> (GatewayConfig, Vec<String>) {
        let document = json!({
            "format": "dinrail/1",
            "internal": [
                { "name": "level", "type": "f64" }, { "name": "door-open", "type": "bool" }, { "name": "shift", "type": "string" },
            ],
            "computed": computed,
        });
        let (config, problems) = GatewayConfig::parse(&document);
        (config, problems.iter().map(ToString::to_string).collect())
    }

    #[track_caller]
    fn refused(tag: Json, expect: &str) {
        assert_eq!(parse(json!([tag])).1, [expect]);
    }

    #[test]
    fn a_computed_tag_is_a_tag_of_its_group() {
        let (config, problems) = parse(json!([
            { "id": "1", "name": "open", "type": "bool", "expression": "tag(\"internal/door-open\") && internal.level > 3" },
            { "id": "2", "name": "twice", "expression": "internal.level * 2", "unit": "m", "deadband": 0.5, "enabled": false,
              "description": "두 배" },
        ]));
        assert_eq!(problems, Vec::<String>::new());
        let defs = definitions(&config);
        let [.., open, twice] = defs.as_slice() else { panic!() };
        assert_eq!((open.name.as_str(), open.kind, open.origin), ("computed/open", ValueType::Bool, Origin::Computed));
        assert_eq!(
            (twice.kind, twice.unit.as_str(), twice.enabled, twice.writable),
            (ValueType::F64, "m", false, false)
        );
        assert!(twice.deadband.is_some() && open.deadband.is_none());
        assert_ne!(open.source, twice.source);
    }

    #[test]
    fn what_does_not_fit_is_told_at_its_place() {
        let tag = |expression: &str| json!({ "name": "x", "expression": expression });
        refused(
            tag("internal.levle"),
            "/computed/0/expression: at character 1: there is no tag `internal/levle`; `internal/level` is meant, perhaps",
        );
        refused(
            tag("1 + internal.door_open"),
            "/computed/0/expression: at character 5: there is no tag `internal/door_open`; `internal/door-open` is meant, perhaps",
        );
        refused(
            tag("internal.nothing_like_it"),
            "/computed/0/expression: at character 1: there is no tag `internal/nothing_like_it`",
        );
        refused(
            tag("internal.level.raw"),
            "/computed/0/expression: at character 1: `internal/level` has no attribute `raw`",
        );
        refused(
            tag("internal.level * internal.shift"),
            "/computed/0/expression: at character 16: `*` does not work between a number and a text",
        );
        refused(
            tag("internal.level > 3"),
            "/computed/0/expression: the expression gives true or false: set `type` to `bool`",
        );
        refused(
            tag("null"),
            "/computed/0/expression: the expression gives no value; a tag is a number, a text, or true or false",
        );
        refused(tag("internal.level +"), "/computed/0/expression: at character 17: something is missing at the end");
        refused(json!({ "name": "x" }), "/computed/0/expression: `expression` is missing");
        refused(
            json!({ "name": "x", "expression": "1", "type": "u16" }),
            "/computed/0/type: `type` is one of `bool`, `f64`, `string`, not `u16`",
        );
        refused(
            json!({ "name": "x", "expression": "true", "type": "bool", "deadband": 1 }),
            "/computed/0/deadband: only numbers have a deadband",
        );
    }

    #[test]
    fn circles_are_refused_and_shown() {
        let tag = |name: &str, expression: &str| json!({ "name": name, "expression": expression });
        let (config, problems) = parse(json!([
            tag("far", "computed.a + 1"),
            tag("a", "computed.b"),
            tag("b", "internal.level + computed.a.max"),
            tag("self", "computed.self + 1"),
            tag("good", "internal.level"),
        ]));
        assert_eq!(
            problems,
            [
                "/computed/1/expression: it needs itself to be worked out: a -> b -> a",
                "/computed/3/expression: it needs itself to be worked out: self -> self",
            ]
        );
        // What can be worked out goes on.
        assert_eq!(config.computed.len(), 1);
    }

    #[test]
    fn a_tag_that_is_refused_itself_spoils_no_other() {
        let (_, problems) = parse(json!([
            { "name": "a", "expression": "1 +" },
            { "name": "b", "expression": "computed.a" },
            { "name": "B", "expression": "1" },
        ]));
        assert_eq!(
            problems,
            [
                "/computed/0/expression: at character 4: something is missing at the end",
                "/computed/2/name: the name `B` is taken by number 2 of this list",
            ]
        );
    }

    #[test]
    fn too_many_characters_in_all_are_refused_before_they_are_read() {
        let tags: Vec<Json> = (0..251)
            .map(|n| json!({ "name": format!("t{n}"), "expression": format!("{}1", " ".repeat(1999)) }))
            .collect();
        let sentence = crate::config::document::beyond_limit(&json!({ "computed": tags }));
        assert_eq!(sentence.as_deref(), Some("the document has 502000 characters of expressions; the limit is 500000"));
    }
}
