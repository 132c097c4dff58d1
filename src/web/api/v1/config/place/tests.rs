use super::*;
use serde_json::json;

fn document() -> Json {
    json!({
        "format": "dinrail/1",
        "devices": [
            {"name": "a", "id": "1", "tags": [{"name": "x", "id": "2", "unit": "V"}, {"name": "y", "id": "3"}]},
            {"name": "b", "id": "4"},
        ],
    })
}

/// `devices/a/tags/x` as a place of the kind it looks like.
fn place(path: &str) -> Place {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |kind: &&Kind| {
        let pattern: Vec<&str> = kind.path.split('/').skip(1).collect();
        let list = pattern.len() == parts.len() + 1 && pattern.last().unwrap().starts_with('{');
        (list || pattern.len() == parts.len())
            && pattern.iter().zip(&parts).all(|(pattern, part)| pattern.starts_with('{') || pattern == part)
    };
    let kind = KINDS.iter().find(fits).unwrap();
    let names: Vec<(&str, &str)> = kind.path.split('/').skip(1).zip(parts.iter().copied()).collect();
    kind.place(|name| {
        let wanted = format!("{{{name}}}");
        names.iter().find(|(pattern, _)| *pattern == wanted).map(|(_, part)| (*part).to_owned())
    })
}

#[track_caller]
fn check(edit: impl FnOnce(&mut Json) -> Result<Edited, EditError>, at: &str, expect: Json) -> Edited {
    let mut root = document();
    let edited = edit(&mut root).unwrap();
    assert_eq!(root.pointer(at), Some(&expect).filter(|expect| !expect.is_null()), "{root}");
    edited
}

#[test]
fn objects_and_lists_are_found_by_name() {
    let root = document();
    assert_eq!(place("devices/a/tags/y").pointer(&root).as_deref(), Some("/devices/0/tags/1"));
    assert_eq!(place("devices/A").pointer(&root), None);
    assert_eq!(place("devices/b/tags").read_list(&root), Some(json!([])));
    assert_eq!(place("devices/c/tags").read_list(&root), None);
    assert_eq!(place("ports").read_list(&root), Some(json!([])));
    assert_eq!(place("appliance").read(&root), Some(json!({})));
    assert_eq!(place("mqtt/broker").read(&root), None);
}

#[test]
fn a_put_replaces_and_keeps_the_id() {
    let put = |sent: Json| move |root: &mut Json| place("devices/a/tags/x").put(root, sent);
    let edited = check(put(json!({"name": "z"})), "/devices/0/tags/0", json!({"name": "z", "id": "2"}));
    assert_eq!(edited, Edited { pointer: "/devices/0/tags/0".into(), created: false });
    check(put(json!({"bit": 3})), "/devices/0/tags/0", json!({"name": "x", "bit": 3, "id": "2"}));
    let mut root = document();
    let refused = put(json!({"name": "x", "id": "3"}))(&mut root).unwrap_err();
    assert!(matches!(refused, EditError::Unfit("/id", _)));
    assert_eq!(root, document());
}

#[test]
fn a_put_at_a_new_name_creates_and_makes_the_way() {
    let put = |root: &mut Json| place("devices/b/tags/n").put(root, json!({"unit": "A"}));
    let edited = check(put, "/devices/1/tags", json!([{"name": "n", "unit": "A"}]));
    assert_eq!(edited, Edited { pointer: "/devices/1/tags/0".into(), created: true });
    let broker = |root: &mut Json| place("mqtt/broker").put(root, json!({"anonymous": false}));
    check(broker, "/mqtt", json!({"broker": {"anonymous": false}}));
    let other = place("devices/n").put(&mut document(), json!({"name": "m"})).unwrap_err();
    assert!(matches!(other, EditError::Unfit("/name", _)));
    assert_eq!(place("devices/c/tags/n").put(&mut document(), json!({})), Err(EditError::Missing));
}

#[test]
fn a_patch_merges_and_null_takes_away() {
    let patch = |root: &mut Json| place("devices/a/tags/x").patch(root, &json!({"unit": null, "scale": {"gain": 2}}));
    check(patch, "/devices/0/tags/0", json!({"name": "x", "id": "2", "scale": {"gain": 2}}));
    let named = |root: &mut Json| place("appliance").patch(root, &json!({"name": "n"}));
    check(named, "/appliance", json!({"name": "n"}));
    assert_eq!(place("devices/c").patch(&mut document(), &json!({})), Err(EditError::Missing));
    assert!(matches!(place("devices/a").patch(&mut document(), &json!([])), Err(EditError::Unfit("", _))));
}

#[test]
fn a_patch_follows_the_examples_of_the_standard() {
    // RFC 7396, appendix A.
    for (target, patch, expect) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
        (json!({"a": "b"}), json!(["c"]), json!(["c"])),
        (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ] {
        let mut merged = target.clone();
        merge(&mut merged, &patch);
        assert_eq!(merged, expect, "{target} + {patch}");
    }
}

#[test]
fn a_post_appends_and_a_delete_takes_away() {
    let post = |root: &mut Json| place("devices/a/tags").post(root, json!({"name": "n"}));
    assert_eq!(check(post, "/devices/0/tags/2", json!({"name": "n"})).pointer, "/devices/0/tags/2");
    check(|root| place("devices/a").delete(root), "/devices", json!([{"name": "b", "id": "4"}]));
    check(|root| place("appliance").delete(root), "/appliance", Json::Null);
    assert_eq!(place("devices/c").delete(&mut document()), Err(EditError::Missing));
}
