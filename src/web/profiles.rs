//! The device profiles there are: those that come with the program, and the user's own, which stand before them.

use crate::config;
use crate::config::json::ReadError;
use crate::config::problem::{Problem, Severity};
use crate::config::profile::{Profile, limits};
use crate::platform::profile_folder::ProfileFolder;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "static/profiles/"]
#[include = "*.json"]
struct Files;

/// Those of the program. A test reads every one, so one that is wrong does not get here.
static EMBEDDED: LazyLock<BTreeMap<String, Profile>> = LazyLock::new(|| {
    let named = Files::iter()
        .filter_map(|path| Some((path.strip_suffix(".json")?.to_owned(), read(&Files::get(&path)?.data).ok()?)));
    named.collect()
});

/// A profile with its id.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) profile: Profile,
    /// The user's own, which can be replaced and removed.
    pub(crate) own: bool,
}

/// A file of the user's folder that is no profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) id: String,
    pub(crate) detail: String,
}

/// Every profile, by id; and the user's files that are none.
pub(crate) fn all(folder: &ProfileFolder) -> (Vec<Found>, Vec<Broken>) {
    let mut found: BTreeMap<String, Found> = EMBEDDED
        .iter()
        .map(|(id, profile)| (id.clone(), Found { id: id.clone(), profile: profile.clone(), own: false }))
        .collect();
    let mut broken = Vec::new();
    for id in folder.ids() {
        match own(folder, &id) {
            Ok(profile) => drop(found.insert(id.clone(), Found { id, profile, own: true })),
            Err(detail) => broken.push(Broken { id, detail }),
        }
    }
    (found.into_values().collect(), broken)
}

/// The profile of this id.
pub(crate) fn one(folder: &ProfileFolder, id: &str) -> Option<Found> {
    if let Ok(profile) = own(folder, id) {
        return Some(Found { id: id.to_owned(), profile, own: true });
    }
    EMBEDDED.get(id).map(|profile| Found { id: id.to_owned(), profile: profile.clone(), own: false })
}

fn own(folder: &ProfileFolder, id: &str) -> Result<Profile, String> {
    let bytes = folder.read(id, limits::BYTES).map_err(|error| error.to_string())?;
    read(&bytes).map_err(|problems| problems.first().map_or_else(String::new, ToString::to_string))
}

/// Reads the bytes of a profile.
pub(crate) fn read(bytes: &[u8]) -> Result<Profile, Vec<Problem>> {
    let alone = |pointer: String, detail: String| vec![Problem { pointer, detail, severity: Severity::Error }];
    if limits::BYTES < bytes.len() {
        let sentence = format!("a device profile has at most {} MiB", limits::BYTES / (1024 * 1024));
        return Err(alone(String::new(), sentence));
    }
    let json = config::json::read(bytes).map_err(|error| match &error {
        ReadError::Refused { pointer, .. } => alone(pointer.clone(), error.to_string()),
        ReadError::Syntax(_) => alone(String::new(), error.to_string()),
    })?;
    let (profile, problems) = Profile::parse(&json);
    profile.ok_or(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_of_the_program_is_whole_and_names_its_document() {
        let mut number = 0;
        for path in Files::iter() {
            let profile =
                read(&Files::get(&path).unwrap().data).unwrap_or_else(|problems| panic!("{path}: {problems:#?}"));
            let source = profile.source.as_ref().unwrap_or_else(|| panic!("{path} names no document"));
            assert!(!source.title.is_empty() && !source.read.is_empty(), "{path}: {source:?}");
            assert!(0 < profile.tags(), "{path} has no tags");
            assert!(crate::platform::profile_folder::is_id(path.strip_suffix(".json").unwrap()), "{path}");
            number += 1;
        }
        assert!(20 <= number, "{number}");
        assert_eq!(EMBEDDED.len(), number);
    }

    #[test]
    fn the_users_own_stand_before_those_of_the_program() {
        let data = tempfile::tempdir().unwrap();
        let folder = ProfileFolder::of(data.path());
        let (before, broken) = all(&folder);
        assert!(broken.is_empty());
        let mut json = EMBEDDED["xy-md02"].json().clone();
        json["product"] = "mine".into();
        folder.write("xy-md02", json.to_string().as_bytes()).unwrap();
        folder.write("broken", b"{").unwrap();
        let (after, broken) = all(&folder);
        assert_eq!((after.len(), broken.len()), (before.len(), 1));
        assert!(broken[0].detail.contains("not JSON"), "{broken:?}");
        let mine = one(&folder, "xy-md02").unwrap();
        assert_eq!((mine.own, mine.profile.product.as_str()), (true, "mine"));
        folder.remove("xy-md02").unwrap();
        assert!(!one(&folder, "xy-md02").unwrap().own);
        assert!(one(&folder, "nobodys").is_none() && one(&folder, "../xy-md02").is_none());
    }
}
