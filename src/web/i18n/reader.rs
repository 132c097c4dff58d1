//! The language of whoever reads the answer that is being made: set once per request, asked where sentences are written out.

use super::{Lang, said};
use crate::web::cookies::cookie;
use http::{HeaderMap, header};
use serde::{Serialize, Serializer};

/// Cookie of the chosen language.
pub(crate) const LANG_COOKIE: &str = "dinrail_lang";

tokio::task_local! {
    static READER: Lang;
}

impl Lang {
    /// The reader's own choice (cookie), else what the browser likes best; English for a program that says neither.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self::choose(cookie(headers, LANG_COOKIE), accept)
    }
}

/// Does the work of an answer for a reader of this language.
pub(crate) async fn reading<F: Future>(lang: Lang, work: F) -> F::Output {
    READER.scope(lang, work).await
}

/// Who reads the answer being made; English where nobody is known to (a task of its own, another thread).
pub(crate) fn reader() -> Lang {
    READER.try_with(|lang| *lang).unwrap_or_default()
}

/// Writes a member out in the reader's language: `#[serde(serialize_with = "i18n::sentence")]`.
pub(crate) fn sentence<S: Serializer>(text: &impl AsRef<str>, serializer: S) -> Result<S::Ok, S::Error> {
    said(text.as_ref(), reader()).serialize(serializer)
}

/// As [`sentence`], for a list of them.
pub(crate) fn sentences<S: Serializer>(texts: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| said(text, reader())))
}
