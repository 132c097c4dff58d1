//! The sentences of a Rust source: its string literals, but for those that nobody reads in the browser by their nature.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use std::path::{Path, PathBuf};

/// Macros whose first text has places.
const FORMATS: [&str; 8] = ["format", "write", "writeln", "format_args", "print", "println", "anyhow", "bail"];
/// Macros whose texts go to the log or to the developer.
const UNSEEN: [&str; 17] = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "eprintln",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "env",
    "concat",
];

/// A sentence in the sources.
#[derive(Debug)]
pub(super) struct Said {
    /// From the root of the package.
    pub(super) file: PathBuf,
    pub(super) line: usize,
    /// As a template: each place `{}`, braces doubled.
    pub(super) english: String,
}

/// Every sentence below `src` outside tests.
pub(super) fn of_the_house() -> Vec<Said> {
    let mut found = Vec::new();
    sources("src", &mut |file, source| {
        let said = |(line, english)| Said { file: file.to_owned(), line, english };
        found.extend(sentences(source).into_iter().map(said));
    });
    found
}

/// Hands every source below a folder to `read`, but for tests.
pub(super) fn sources(folder: &str, read: &mut impl FnMut(&Path, &str)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if stem == "tests" || stem.ends_with("_tests") {
                continue;
            }
            if root.join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                read(&path, &std::fs::read_to_string(root.join(&path)).unwrap());
            }
        }
    }
}

/// The sentences of one source, with their lines.
pub(super) fn sentences(source: &str) -> Vec<(usize, String)> {
    let mut reading = Reading::default();
    reading.stream(source.parse().expect("a Rust source"));
    reading.found
}

#[derive(Default)]
struct Reading {
    found: Vec<(usize, String)>,
}

impl Reading {
    fn stream(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(&tokens[at..]);
        }
    }

    /// Reads what the tokens begin with; answers how many tokens that was.
    fn step(&mut self, tokens: &[TokenTree]) -> usize {
        match tokens {
            [TokenTree::Punct(hash), TokenTree::Group(attribute), rest @ ..] if hash.as_char() == '#' => {
                let text = attribute.stream().to_string().replace(' ', "");
                if text.starts_with("error(") {
                    self.attribute(attribute);
                } else if text == "cfg(test)" {
                    return 2 + item(rest);
                }
                2
            }
            // Of the file or module around it.
            [TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(_), ..]
                if hash.as_char() == '#' && bang.as_char() == '!' =>
            {
                3
            }
            [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(group), ..] if bang.as_char() == '!' => {
                let name = name.to_string();
                if FORMATS.contains(&name.as_str()) {
                    self.format(group);
                } else if !UNSEEN.contains(&name.as_str()) {
                    self.stream(group.stream());
                }
                3
            }
            [TokenTree::Punct(dot), TokenTree::Ident(name), TokenTree::Group(_), ..]
                if dot.as_char() == '.' && name == "expect" =>
            {
                3
            }
            [TokenTree::Group(group), ..] => {
                self.stream(group.stream());
                1
            }
            [TokenTree::Literal(literal), ..] => {
                self.literal(literal, false);
                1
            }
            _ => 1,
        }
    }

    /// `error("...", arguments)`.
    fn attribute(&mut self, attribute: &Group) {
        for token in attribute.stream() {
            if let TokenTree::Group(group) = token {
                self.format(&group);
            }
        }
    }

    /// The first text of the group itself has places; texts of its arguments have none.
    fn format(&mut self, group: &Group) {
        let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
        let text = tokens.iter().position(|token| matches!(token, TokenTree::Literal(one) if text(one).is_some()));
        for (number, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Literal(literal) => self.literal(literal, Some(number) == text),
                TokenTree::Group(group) => {
                    self.step(&[TokenTree::Group(group.clone())]);
                }
                _ => (),
            }
        }
    }

    fn literal(&mut self, literal: &Literal, has_places: bool) {
        let Some(text) = text(literal) else { return };
        let template = if has_places { plain_places(&text) } else { text.replace('{', "{{").replace('}', "}}") };
        if is_sentence(&template) {
            self.found.push((literal.span().start().line, template));
        }
    }
}

/// How many tokens the item behind an attribute has: to its body or its semicolon.
fn item(tokens: &[TokenTree]) -> usize {
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    });
    end.map_or(tokens.len(), |end| end + 1)
}

fn text(literal: &Literal) -> Option<String> {
    syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|literal| literal.value())
}

/// `{name}`, `{0:02X}` -> `{}`.
fn plain_places(format: &str) -> String {
    let mut plain = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            plain.push_str(&brace.repeat(2));
            rest = after;
        } else {
            plain.push_str("{}");
            rest = rest.split_once('}').expect("a place ends").1;
        }
    }
    plain + rest
}

/// Words with a blank before, between or behind them; a single word is a name, a code or a key.
fn is_sentence(template: &str) -> bool {
    let fixed = template.replace("{}", "");
    let letters = |pair: &[u8]| pair.iter().all(u8::is_ascii_alphabetic);
    fixed.contains(char::is_whitespace) && fixed.as_bytes().windows(2).any(letters)
}
