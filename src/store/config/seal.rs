//! The secrets of a document: sealed on their way in, opened on their way out.

use std::collections::HashMap;

use serde_json::Value;

use super::rows::{Place, Rows, row_of};
use crate::config::document::is_secret;
use crate::config::problem::{Pointer, Problem, Severity};
use crate::config::secret::MASK;
use crate::store::SaveError;
use crate::store::keys::{Keyring, SEALED};

/// The secrets that are stored, each with its seal. The seal of a secret that stays is kept: a new one would look like a
/// change.
pub(super) type Seals = HashMap<Place, (String, String)>;

/// The seals in stored rows.
pub(super) fn collect(rows: &Rows, keys: &Keyring) -> Seals {
    let mut seals = Seals::new();
    for (table, rows) in rows {
        for row in rows.iter().filter(|row| row.body.contains(SEALED)) {
            // A body that cannot be read is told when it is loaded.
            let Ok(body) = serde_json::from_str(&row.body) else { continue };
            each_text(&body, "", &mut |within, text| {
                if let Some(plain) = keys.open(text) {
                    seals.insert((*table, row.id.clone(), within), (plain, text.to_owned()));
                }
            });
        }
    }
    seals
}

fn each_text(value: &Value, place: &str, found: &mut impl FnMut(String, &str)) {
    match value {
        Value::String(text) => found(place.to_owned(), text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                each_text(item, &format!("{place}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (member, value) in members {
                each_text(value, &format!("{place}/{member}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

/// Seals every secret of a document.
pub(super) fn seal(document: &mut Value, mut seals: Seals, keys: &Keyring) -> Result<(), SaveError> {
    for pointer in secrets(document) {
        let stored = seals.remove(&row_of(document, &pointer));
        let Some(Value::String(text)) = document.pointer_mut(&pointer) else { continue };
        if text == MASK {
            let detail = "a secret itself is stored, not what stands for it".to_owned();
            return Err(SaveError::Refused { pointer, detail });
        }
        *text = match stored {
            Some((plain, sealed)) if plain == *text => sealed,
            _ => keys.seal(text)?,
        };
    }
    Ok(())
}

/// Opens every secret of a stored document. One that does not open is told and left out.
pub(super) fn open(document: &mut Value, keys: &Keyring) -> Vec<Problem> {
    let mut lost = Vec::new();
    for pointer in secrets(document) {
        // A text that is not sealed comes from a time when this member was no secret; the next save seals it.
        let Some(Value::String(text)) = document.pointer_mut(&pointer) else { continue };
        if !text.starts_with(SEALED) {
            continue;
        }
        if let Some(plain) = keys.open(text) {
            *text = plain;
            continue;
        }
        if let Some((above, member)) = pointer.rsplit_once('/')
            && let Some(Value::Object(members)) = document.pointer_mut(above)
        {
            members.shift_remove(member);
        }
        let detail = "the stored secret cannot be opened with the key of this installation; enter it again".to_owned();
        lost.push(Problem { pointer, detail, severity: Severity::Error });
    }
    lost
}

/// Where the secrets of a document stand.
fn secrets(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    find_secrets(document, &Pointer::ROOT, &mut found);
    found
}

fn find_secrets(value: &Value, at: &Pointer<'_>, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if member.is_string() && is_secret(name) {
                    found.push(at.member(name).to_string());
                } else {
                    find_secrets(member, &at.member(name), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_secrets(item, &at.index(index), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}
