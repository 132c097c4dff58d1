//! Names of other worlds made into names of tags.

use crate::tag::id::{MAX_NAME, check_name};
use std::collections::HashMap;

/// A name a tag can have, made from any text: letters and digits stay, all else becomes one `_`. `None` where nothing
/// of the text would stay, as of Hangul.
pub(super) fn cleaned(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    for letter in text.trim().chars() {
        if letter.is_ascii_alphanumeric() || (letter == '-' && !name.is_empty()) {
            name.push(letter);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    // Blanks and brackets at the ends are no part of a name; a `_` of the name's own is.
    let front = if text.trim_start().starts_with('_') { name.as_str() } else { name.trim_start_matches('_') };
    let name = if text.trim_end().ends_with('_') { front } else { front.trim_end_matches('_') };
    let name: String = name.chars().take(MAX_NAME).collect();
    (name.bytes().any(|byte| byte.is_ascii_alphanumeric()) && check_name(&name).is_ok()).then_some(name)
}

/// Names given away so far, ignoring case, with the number to try next behind each: a thousand equal names cost no more
/// than a thousand different ones.
#[derive(Debug, Default)]
pub(super) struct Taken(HashMap<String, u32>);

impl Taken {
    /// Notes a name as it is; false when it was taken.
    pub(super) fn take(&mut self, name: &str) -> bool {
        self.0.insert(name.to_ascii_lowercase(), 2).is_none()
    }

    /// This name, or the first free one with a number behind it.
    pub(super) fn free(&mut self, name: &str) -> String {
        let key = name.to_ascii_lowercase();
        let Some(mut number) = self.0.get(&key).copied() else {
            self.0.insert(key, 2);
            return name.to_owned();
        };
        loop {
            let tail = format!("_{number}");
            let head: String = name.chars().take(MAX_NAME - tail.len()).collect();
            number += 1;
            let candidate = head + &tail;
            if !self.0.contains_key(&candidate.to_ascii_lowercase()) {
                self.0.insert(key, number);
                self.0.insert(candidate.to_ascii_lowercase(), 2);
                return candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_stay_of_a_name_stays() {
        #[track_caller]
        fn check(text: &str, expect: Option<&str>) {
            assert_eq!(cleaned(text).as_deref(), expect, "{text}");
        }
        check("Boiler.Temp 1", Some("Boiler_Temp_1"));
        check(" Line voltage (L1-N) ", Some("Line_voltage_L1-N"));
        check("_sys", Some("_sys"));
        check("온도 PV", Some("PV"));
        check("온도", None);
        check("-5", Some("5"));
        check("...", None);
        assert_eq!(cleaned(&"x".repeat(100)).unwrap().len(), MAX_NAME);
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let mut taken = Taken::default();
        assert_eq!(taken.free("a"), "a");
        assert_eq!(taken.free("A"), "A_2");
        assert_eq!(taken.free("a"), "a_3");
        let long = "y".repeat(MAX_NAME);
        assert_eq!(taken.free(&long), long);
        assert_eq!(taken.free(&long).len(), MAX_NAME);
    }
}
