//! Payloads written as templates, in the language of Jinja (engine: minijinja).
//!
//! What a template can do is bounded in three ways. [`check`] takes only what needs no memory of its own: one value at a
//! time, loops over the tags of the message and nothing else; no lists or maps made by hand, no calls, macros, captures
//! or other templates. The engine's fuel pays for every step and for every byte that `+`, `~`, `*` and filters make,
//! before they make it. And the text that comes out has a limit of its own.

mod ask;
mod check;
mod scene;
mod words;

pub use ask::{Ask, Told};
use check::{Checked, Purpose};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
pub use scene::{Scene, SceneTag};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

/// Characters of a template.
pub const MAX_CHARACTERS: usize = 16_384;
/// Bytes of a payload made by a template.
pub const MAX_OUTPUT: usize = 1024 * 1024;
/// Steps of one rendering; a step also pays for 64 bytes (minijinja, `Environment::set_fuel`), so that intermediate values
/// take 16 MB at the very most.
const FUEL: u64 = 250_000;
const NAME: &str = "template";

/// A checked template.
#[derive(Clone)]
pub struct Template {
    source: Arc<str>,
    engine: Arc<Environment<'static>>,
    about_one: bool,
}

/// What is wrong with a template, or went wrong in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct TemplateError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// A sentence.
    pub what: String,
}

impl Template {
    /// Checks and compiles.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        Self::parse_for(Purpose::Message, source)
    }

    /// Checks and compiles a template that finds something in a command: it sees `payload`, `topic` (its levels) and
    /// `appliance`.
    pub fn parse_command(source: &str) -> Result<Self, TemplateError> {
        Self::parse_for(Purpose::Command, source)
    }

    /// Checks and compiles a template for the answer to a command: beside that it sees `tag`, `attribute`, `id`, `ok`, `value`
    /// and `error`.
    pub fn parse_answer(source: &str) -> Result<Self, TemplateError> {
        Self::parse_for(Purpose::Answer, source)
    }

    fn parse_for(purpose: Purpose, source: &str) -> Result<Self, TemplateError> {
        let failed = |error: minijinja::Error| located(&error, source);
        let tree = minijinja::machinery::parse(source, NAME, SyntaxConfig::default()).map_err(failed)?;
        let Checked { about_one } = check::check(&tree, purpose)?;
        let mut engine = Environment::empty();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_fuel(Some(FUEL));
        words::add(&mut engine);
        engine.add_template_owned(NAME, source.to_owned()).map_err(failed)?;
        Ok(Self { source: source.into(), engine: Arc::new(engine), about_one })
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it speaks of one point (`value`, `tag`, ...), so that each message is of one; otherwise of all `tags` of a
    /// topic together.
    pub fn is_about_one(&self) -> bool {
        self.about_one
    }

    /// Writes the payload of one message. On an error nothing is written.
    pub fn render(&self, out: &mut Vec<u8>, scene: Scene) -> Result<(), TemplateError> {
        self.write(out, scene.into_value())
    }

    /// What it finds in a command, or the answer to one.
    pub fn find(&self, ask: &Ask, told: Option<Told>) -> Result<String, TemplateError> {
        let mut out = Vec::new();
        self.write(&mut out, ask.clone().into_value(told))?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    fn write(&self, out: &mut Vec<u8>, scene: minijinja::Value) -> Result<(), TemplateError> {
        let start = out.len();
        let template = self.engine.get_template(NAME).map_err(|error| located(&error, &self.source))?;
        let bounded = Bounded { out, left: MAX_OUTPUT };
        let result = template.render_captured_to(scene, bounded).map(drop);
        result.map_err(|error| {
            out.truncate(start);
            located(&error, &self.source)
        })
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source).finish()
    }
}

/// Takes so many bytes and no more.
struct Bounded<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        };
        self.left = left;
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An error of the engine in our words, where we have any.
fn located(error: &minijinja::Error, source: &str) -> TemplateError {
    let line = error.line().unwrap_or(1);
    let before = error.range().and_then(|range| source.get(..range.start));
    let column = before.map_or(1, |text| text.chars().rev().take_while(|letter| *letter != '\n').count() + 1);
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "the template takes too many steps or too much memory".to_owned(),
        ErrorKind::WriteFailure => format!("the message would have more than {} KiB", MAX_OUTPUT / 1024),
        ErrorKind::UndefinedError => {
            "there is no such value; `x | default(0)` helps where it may be missing".to_owned()
        }
        kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    TemplateError { line, column, what }
}

#[cfg(test)]
mod tests;
