//! What the web answers with: a member that holds a sentence must be written out in the reader's language.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::path::Path;

/// Members that hold sentences wherever they stand.
const SENTENCES: [&str; 11] =
    ["detail", "reason", "sentence", "message", "warning", "warnings", "hint", "note", "notes", "why", "last_error"];

/// Members of these names that hold something else, each with its reason.
const OTHERS: &[(&str, &str, &str)] = &[
    ("src/web/api/v1/access.rs", "note", "the words of whoever wrote the list"),
    ("src/web/api/v1/expressions.rs", "reason", "a numbered reason, which scripts say"),
    ("src/web/api/v1/modules.rs", "reason", "said where the view is made, with the module's errors"),
    ("src/web/api/v1/snmp.rs", "reason", "said where the view is made"),
    ("src/web/api/v1/stream.rs", "reason", "a numbered reason, which scripts say"),
    ("src/web/api/v1/tags.rs", "reason", "a numbered reason, which scripts say"),
    ("src/web/live.rs", "reason", "said with the whole status"),
];

/// The members that would leave in English, each with its view.
fn forgotten(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    structs(source.parse().expect("a Rust source"), &mut found);
    found
}

fn structs(stream: TokenStream, found: &mut Vec<(String, String)>) {
    let mut serialised = false;
    let mut name = None;
    let mut tokens = stream.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                    let text = attribute.stream().to_string();
                    serialised |= text.starts_with("derive") && text.contains("Serialize");
                    tokens.next();
                }
            }
            TokenTree::Ident(word) if word == "struct" => name = tokens.next().map(|name| name.to_string()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                match name.take().filter(|_| serialised) {
                    Some(name) => found.extend(members(&group).into_iter().map(|member| (name.clone(), member))),
                    None => structs(group.stream(), found),
                }
                serialised = false;
            }
            TokenTree::Punct(end) if end.as_char() == ';' => (serialised, name) = (false, None),
            _ => (),
        }
    }
}

/// Members with the name of a sentence, of a type of text, without the attribute that says them.
fn members(group: &Group) -> Vec<String> {
    let mut found = Vec::new();
    let mut attributes = String::new();
    let mut words: Vec<String> = Vec::new();
    let mut depth = 0_i32;
    let mut end = |attributes: &mut String, words: &mut Vec<String>| {
        let colon = words.iter().position(|word| word == ":").unwrap_or(0);
        if let (Some(name), true) =
            (words.get(colon.wrapping_sub(1)), words.iter().skip(colon).any(|word| word == "String" || word == "str"))
            && SENTENCES.contains(&name.as_str())
            && !attributes.contains("i18n::sentence")
        {
            found.push(name.clone());
        }
        attributes.clear();
        words.clear();
    };
    let mut tokens = group.stream().into_iter();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                attributes.extend(tokens.next().map(|attribute| attribute.to_string().replace(' ', "")));
            }
            TokenTree::Punct(comma) if comma.as_char() == ',' && depth == 0 => end(&mut attributes, &mut words),
            TokenTree::Punct(punct) => {
                depth += i32::from(punct.as_char() == '<') - i32::from(punct.as_char() == '>');
                words.push(punct.to_string());
            }
            _ => words.push(token.to_string()),
        }
    }
    end(&mut attributes, &mut words);
    found
}

#[test]
fn every_view_says_its_sentences_in_the_readers_language() {
    let mut unsaid = Vec::new();
    let mut excused = Vec::new();
    super::literals::sources("src/web", &mut |file, source| {
        for (view, member) in forgotten(source) {
            let excuse = OTHERS.iter().find(|(place, name, _)| Path::new(place) == file && *name == member);
            match excuse {
                Some(excuse) => excused.push(excuse),
                None => unsaid.push(format!("{}: `{member}` of `{view}`", file.display())),
            }
        }
    });
    assert!(
        unsaid.is_empty(),
        "written out in English whoever reads: give each `#[serde(serialize_with = \"i18n::sentence\")]` (`i18n::sentences` \
         for a list), or list it in OTHERS in src/web/i18n/said/tests/views.rs with the reason: {unsaid:#?}"
    );
    assert_eq!(excused.len(), OTHERS.len(), "an exception that is none any more: {OTHERS:?}");
}

#[test]
fn a_member_without_its_attribute_is_found() {
    let source = r#"
        #[derive(Debug, Serialize, ToSchema)]
        pub(crate) struct KettleView<T> {
            /// Why.
            pub(crate) reason: Option<String>,
            #[serde(serialize_with = "i18n::sentence")]
            detail: String,
            warnings: Vec<String>,
            title: u8,
            spouts: HashMap<String, T>,
            message: &'static str
        }
        struct Inner { reason: String }
        fn f() { #[derive(Serialize)] struct In { why: String } }
    "#;
    let found = forgotten(source);
    let expect = [("KettleView", "reason"), ("KettleView", "warnings"), ("KettleView", "message"), ("In", "why")];
    assert_eq!(found, expect.map(|(view, member)| (view.to_owned(), member.to_owned())));
}
