//! The house has floors; an arrow may only point down, and files stay small.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FLOOR_0: &[&str] = &["tag", "modbus", "expr", "channel", "config", "views", "tables", "errors"];
const FLOOR_1: &[&str] = &["store", "runtime", "platform", "net"];

/// Each module and the modules it may name. Rooms of one floor never name each other.
fn may_name(module: &str) -> Vec<&'static str> {
    match module {
        "errors" => vec![],
        "tag" => vec!["errors"],
        "modbus" | "expr" | "channel" => vec!["tag", "errors"],
        "config" => vec!["expr", "channel", "modbus", "tag", "errors"],
        "views" | "tables" => vec!["config", "expr", "modbus", "tag", "errors"],
        "store" | "runtime" | "platform" | "net" => FLOOR_0.to_vec(),
        "drivers" | "faces" | "services" | "web" => [FLOOR_0, FLOOR_1].concat(),
        "sim" => vec!["modbus", "config", "tag", "errors"],
        other => panic!("`{other}` stands on no floor: give it a row in the table of tests/it/floors.rs"),
    }
}

/// Folders whose subfolders are rooms that are strangers to each other.
const ROOMS: &[&str] = &["drivers", "faces", "services"];
const ALL_SEEING: &[&str] = &["lib.rs", "main.rs", "app.rs", "app", "cli", "cli.rs"];

#[test]
fn arrows_point_down() {
    let mut broken = BTreeSet::new();
    for file in rust_files(Path::new("src")) {
        let relative = file.strip_prefix("src").unwrap();
        let home = module_path(relative);
        let Some(module) = home.first().filter(|top| !ALL_SEEING.contains(&top.as_str())) else { continue };
        if relative.components().count() == 1 && ALL_SEEING.contains(&relative.to_str().unwrap()) {
            continue;
        }
        let allowed = may_name(module);
        for named in named_paths(&fs::read_to_string(&file).unwrap(), &home) {
            let Some(top) = named.first() else { continue };
            let down = top == module || allowed.contains(&top.as_str());
            let same_room = !(top == module && ROOMS.contains(&top.as_str()))
                || named.len() < 2
                || home.len() < 2
                || named[1] == home[1];
            if !down || !same_room {
                broken.insert(format!("{} names {}", file.display(), named.join("::")));
            }
        }
    }
    let list: Vec<String> = broken.into_iter().collect();
    assert!(list.is_empty(), "arrows that point up or sideways:\n{}", list.join("\n"));
}

#[test]
fn files_stay_small() {
    let mut large = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for file in rust_files(Path::new(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            if 600 < lines {
                large.push(format!("{} has {lines} lines", file.display()));
            }
        }
    }
    assert!(large.is_empty(), "look for the second thing in:\n{}", large.join("\n"));
}

#[test]
fn the_checker_sees_groups_and_supers() {
    let home = ["drivers", "modbus", "line"].map(str::to_owned);
    let text = "use crate::{tag::id::{A, B}, runtime::image};\n// crate::web in a comment\nlet s = \"crate::web\";\n\
                fn f() { super::super::local_io::X; }\nmod tests { use super::*; use super::super::codec; }";
    let named: Vec<String> = named_paths(text, &home).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(
        named,
        ["tag::id", "runtime::image", "drivers::local_io", "drivers::modbus::line", "drivers::modbus::codec"]
    );
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    found
}

/// `drivers/modbus/line.rs` and `drivers/modbus/line/mod.rs` are `drivers::modbus::line`.
fn module_path(relative: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        relative.with_extension("").components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// Every module path the text names through `crate::` or `super::`, at most three steps deep.
fn named_paths(text: &str, home: &[String]) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut named = Vec::new();
    // Inline modules: a `super` in them first climbs to the file.
    let (mut depth, mut inline) = (0, Vec::new());
    let mut i = 0;
    while i < tokens.len() {
        match tokens[i].as_str() {
            "mod" if tokens.get(i + 2).is_some_and(|t| t == "{") => inline.push(depth),
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
            }
            "crate" if tokens.get(i + 1).is_some_and(|t| t == "::") => expand(&tokens, i + 2, &[], &mut named),
            "super" if tokens.get(i + 1).is_some_and(|t| t == "::") && (i == 0 || tokens[i - 1] != "::") => {
                let mut climb = 0;
                while tokens.get(i).is_some_and(|t| t == "super") {
                    climb += 1;
                    i += 2;
                }
                let up = climb_of(climb, inline.len());
                let base = &home[..home.len().saturating_sub(up)];
                expand(&tokens, i, base, &mut named);
                continue;
            }
            _ => (),
        }
        i += 1;
    }
    named
}

fn climb_of(supers: usize, inline: usize) -> usize {
    supers.saturating_sub(inline)
}

/// Follows `a::b::{c, d}` from token `i` on.
fn expand(tokens: &[String], mut i: usize, base: &[String], named: &mut Vec<Vec<String>>) {
    let mut path = base.to_vec();
    loop {
        match tokens.get(i).map(String::as_str) {
            Some("{") => {
                let (mut depth, mut start) = (0, true);
                for (j, token) in tokens.iter().enumerate().skip(i) {
                    match token.as_str() {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => (),
                    }
                    if depth == 0 {
                        return;
                    }
                    if depth == 1 && start && token != "{" && path.len() < 3 {
                        expand(tokens, j, &path, named);
                    }
                    start = depth == 1 && (token == "," || token == "{");
                }
                named.push(path);
                return;
            }
            Some(word) if is_module(word) && path.len() < 3 => path.push(word.to_owned()),
            _ => break,
        }
        if tokens.get(i + 1).is_none_or(|t| t != "::") {
            break;
        }
        i += 2;
    }
    if !named.contains(&path) {
        named.push(path);
    }
}

fn is_module(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Words, `::`, braces and commas; no comments, no text literals.
fn tokens(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let rest = &text[i..];
        if rest.starts_with("//") {
            i += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            i += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if rest.starts_with("r#\"") {
            i += rest.find("\"#").map_or(rest.len(), |end| end + 2);
        } else if bytes[i] == b'"' {
            i += 1;
            while i < bytes.len() && bytes[i] != b'"' {
                i += if bytes[i] == b'\\' { 2 } else { 1 };
            }
            i += 1;
        } else if rest.starts_with("'{'") || rest.starts_with("'}'") || rest.starts_with("'\"'") {
            i += 3;
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            i += 2;
        } else if bytes[i].is_ascii_alphabetic() || bytes[i] == b'_' {
            let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(rest[..len].to_owned());
            i += len;
        } else {
            if [b'{', b'}', b','].contains(&bytes[i]) {
                tokens.push(char::from(bytes[i]).to_string());
            }
            i += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    tokens
}
