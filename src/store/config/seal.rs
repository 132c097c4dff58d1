//! The secrets of a document: sealed on their way in, opened on their way out.

use std::collections::HashMap;

use serde_json::Value;

use super::Problem;
use super::rows::{Place, Rows, row_of};
use crate::store::StoreError;
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
pub(super) fn seal(document: &mut Value, mut seals: Seals, keys: &Keyring) -> Result<(), StoreError> {
    let mut places = Vec::new();
    for_each_secret(document, |pointer, _| places.push(pointer.to_owned()));
    for pointer in places {
        let stored = seals.remove(&row_of(document, &pointer));
        let Some(Value::String(text)) = document.pointer_mut(&pointer) else { continue };
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
    for_each_secret(document, |pointer, text| {
        // A text that is not sealed comes from a time when this member was no secret; the next save seals it.
        if text.starts_with(SEALED) {
            match keys.open(text) {
                Some(plain) => *text = plain,
                None => lost.push(pointer.to_owned()),
            }
        }
    });
    lost.into_iter()
        .map(|pointer| {
            if let Some((above, member)) = pointer.rsplit_once('/')
                && let Some(Value::Object(members)) = document.pointer_mut(above)
            {
                members.shift_remove(member);
            }
            let detail =
                "the stored secret cannot be opened with the key of this installation; enter it again".to_owned();
            Problem { pointer, detail }
        })
        .collect()
}

fn for_each_secret(document: &mut Value, mut visit: impl FnMut(&str, &mut String)) {
    let Some(mqtt) = document.get_mut("mqtt") else { return };
    for (list, prefix) in [("/connections", "/mqtt/connections"), ("/broker/users", "/mqtt/broker/users")] {
        let Some(Value::Array(items)) = mqtt.pointer_mut(list) else { continue };
        for (index, item) in items.iter_mut().enumerate() {
            if let Some(Value::String(text)) = item.get_mut("password") {
                visit(&format!("{prefix}/{index}/password"), text);
            }
        }
    }
}
