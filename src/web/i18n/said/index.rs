//! Which templates a sentence could be made of: each stands under its rarest word, so few are ever compared.

use super::Sentence;
use super::template::Template;
use std::collections::HashMap;

#[derive(Debug)]
pub(super) struct Index {
    templates: Vec<Template>,
    /// Templates without a place, by their whole text.
    whole: HashMap<String, usize>,
    by_word: HashMap<String, Vec<usize>>,
}

impl Index {
    pub(super) fn new(rooms: &[&[Sentence]]) -> Self {
        let templates: Vec<Template> =
            rooms.iter().copied().flatten().filter_map(|sentence| Template::new(*sentence)).collect();
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for word in templates.iter().flat_map(fixed_words) {
            *uses.entry(word).or_default() += 1;
        }
        let mut index = Self { whole: HashMap::new(), by_word: HashMap::new(), templates: Vec::new() };
        for (number, template) in templates.iter().enumerate() {
            if let [only] = template.texts() {
                index.whole.insert(only.clone(), number);
            } else {
                let rarest = fixed_words(template).min_by_key(|word| uses.get(word).copied().unwrap_or_default());
                // A template without a word of its own is compared with every sentence.
                index.by_word.entry(rarest.unwrap_or_default().to_owned()).or_default().push(number);
            }
        }
        index.templates = templates;
        index
    }

    /// The template that leaves the least open, with what stands in its places.
    pub(super) fn find<'s>(&self, sentence: &'s str) -> Option<(&Template, Vec<&'s str>)> {
        if let Some(template) = self.whole.get(sentence).and_then(|number| self.templates.get(*number)) {
            return Some((template, Vec::new()));
        }
        let mut candidates: Vec<usize> = std::iter::once("")
            .chain(words(sentence))
            .filter_map(|word| self.by_word.get(word))
            .flatten()
            .copied()
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        let fitting = candidates.into_iter().filter_map(|number| {
            let template = self.templates.get(number)?;
            Some((template, template.places(sentence)?))
        });
        // `max_by_key` takes the last of equals; the first listed is meant.
        fitting.rev().max_by_key(|(template, _)| template.weight())
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// The words of the fixed texts that no place can lengthen: a word at the edge of a place may be only part of one.
fn fixed_words(template: &Template) -> impl Iterator<Item = &str> {
    let last = template.texts().len() - 1;
    let letter = |letter: char| letter.is_ascii_alphanumeric();
    template.texts().iter().enumerate().flat_map(move |(number, text)| {
        let text = if number == 0 { text.as_str() } else { text.trim_start_matches(letter) };
        words(if number == last { text } else { text.trim_end_matches(letter) })
    })
}
