//! One template: recognising a sentence made of it, and filling its translation.

use super::Sentence;
use std::borrow::Cow;

/// A piece of a template's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands.
    Text(String),
    /// The place of this number, from 0, and what stands there.
    Place(usize, Holds),
}

/// What stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// `{0}`: perhaps a sentence, which is said in the other language too.
    Sentence,
    /// `{0!}`: a word of ours. Where it is not said, a single word may be anybody's name.
    Word,
    /// `{0=}`, and whatever is quoted: other people's words, which nobody touches.
    Data,
}

/// Reads `{}`, `{0}`, `{0!}`, `{0=}`, `{{` and `}}`; adjacent text is one piece. `None` for a brace that means nothing.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut found: Vec<Piece> = Vec::new();
    let mut places = 0;
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        let (inside, after) = rest.split_once('}').filter(|_| brace == "{")?;
        let (number, holds) = match inside.as_bytes().last() {
            Some(b'!') => (&inside[..inside.len() - 1], Holds::Word),
            Some(b'=') => (&inside[..inside.len() - 1], Holds::Data),
            _ => (inside, Holds::Sentence),
        };
        let place = Piece::Place(if number.is_empty() { places } else { number.parse().ok()? }, holds);
        places += 1;
        rest = after;
        if !plain.is_empty() {
            found.push(Piece::Text(std::mem::take(&mut plain)));
        }
        found.push(place);
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        found.push(Piece::Text(plain));
    }
    Some(found)
}

/// A template ready to be compared with sentences.
#[derive(Debug)]
pub(super) struct Template {
    /// The fixed texts before, between and behind the places: one more than places, empty where there is none.
    texts: Vec<String>,
    korean: Vec<Piece>,
}

impl Template {
    /// `None` when one of the two has a brace that means nothing: the tests refuse such an entry.
    pub(super) fn new((english, korean): Sentence) -> Option<Self> {
        let mut texts = vec![String::new()];
        for piece in pieces(english)? {
            match piece {
                Piece::Text(text) => texts.last_mut()?.push_str(&text),
                Piece::Place(..) => texts.push(String::new()),
            }
        }
        Some(Self { texts, korean: pieces(korean)? })
    }

    /// The fixed texts.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// How much of a sentence is fixed: of two templates that fit, the one with more of it is meant.
    pub(super) fn weight(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    /// What stands in the places if the sentence is made of this template. Each fixed text is taken where it comes first,
    /// so that one pass decides.
    pub(super) fn places<'s>(&self, sentence: &'s str) -> Option<Vec<&'s str>> {
        let (first, rest) = self.texts.split_first()?;
        let mut open = sentence.strip_prefix(first.as_str())?;
        let Some((last, between)) = rest.split_last() else { return open.is_empty().then(Vec::new) };
        open = open.strip_suffix(last.as_str())?;
        let mut places = Vec::with_capacity(rest.len());
        for text in between {
            let (place, behind) = open.split_once(text.as_str())?;
            places.push(place);
            open = behind;
        }
        places.push(open);
        Some(places)
    }

    /// The translation around what stands in the places.
    pub(super) fn filled(&self, places: &[&str], mut translate: impl FnMut(&str, Holds) -> Option<String>) -> String {
        let mut text = String::with_capacity(128);
        for piece in &self.korean {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Place(number, holds) => {
                    let place = places.get(*number).copied().unwrap_or_default();
                    let other = translate(place, if self.quoted(*number) { Holds::Data } else { *holds });
                    text.push_str(&other.map_or(Cow::Borrowed(place), Cow::Owned));
                }
            }
        }
        text
    }

    fn quoted(&self, place: usize) -> bool {
        let around = |quote: char| {
            self.texts.get(place).is_some_and(|before| before.ends_with(quote))
                && self.texts.get(place + 1).is_some_and(|behind| behind.starts_with(quote))
        };
        around('`') || around('"')
    }
}
