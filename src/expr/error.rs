//! What is wrong with an expression, and where.

use cel::ParseErrors;

/// A text that is no expression, or one that cannot work: the writer mends it at the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {place}: {sentence}")]
pub struct ExpressionError {
    /// The character it is about, from 1; one past the end when something is missing there.
    pub place: usize,
    /// What is wrong.
    pub sentence: String,
}

impl ExpressionError {
    pub(super) fn new(place: usize, sentence: impl Into<String>) -> Self {
        Self { place, sentence: sentence.into() }
    }

    /// The parser's first finding, in a sentence of ours.
    pub(super) fn of_parser(text: &str, errors: &ParseErrors) -> Self {
        let Some(first) = errors.errors.first() else { return Self::new(1, "this is not an expression") };
        // Checked over all: what is too deep also breaks off, and the break may come first.
        if errors.errors.iter().any(|error| error.msg.contains("Recursion")) {
            return Self::new(1, "it is nested too deeply");
        }
        let place = place_of(text, first.pos);
        let mut rest = text.chars().skip(place - 1);
        let Some(begin) = rest.next() else { return Self::new(place, "something is missing at the end") };
        let mut token = begin.to_string();
        if is_word(begin) {
            token.extend(rest.take_while(|letter| is_word(*letter)).take(60));
        } else if let Some(second) = rest.next().filter(|second| "=&|".contains(*second)) {
            token.push(second);
        }
        let sentence = match token.as_str() {
            "=" => "write `==` to compare".to_owned(),
            "and" => "write `&&` for and".to_owned(),
            "or" => "write `||` for or".to_owned(),
            "&" => "write `&&` for and; bits are compared by `math.bitAnd`".to_owned(),
            "|" => "write `||` for or; bits are joined by `math.bitOr`".to_owned(),
            "\"" | "'" => "this text has no end".to_owned(),
            word if first.msg.starts_with("reserved") || RESERVED.contains(&word) => {
                format!("`{word}` is a word of the language; write `tag(\"group/name\")` for a tag of that name")
            }
            _ if first.msg.starts_with("invalid") => "this is not a number or text that can be used".to_owned(),
            _ if text.split_whitespace().next() == Some("not") => "write `!` for not".to_owned(),
            token => format!("`{token}` is not expected here"),
        };
        Self::new(place, sentence)
    }
}

/// Words that CEL keeps for itself.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The character of a line and column, both from 1; columns count characters.
fn place_of(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let before: usize = text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
    let mut place = (before + column).min(text.chars().count() + 1);
    // The finding may stand on the blank before the token it is about, or on the dot.
    while text.chars().nth(place - 1).is_some_and(char::is_whitespace) {
        place += 1;
    }
    place
}
