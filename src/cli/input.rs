//! Files the commands read.

use crate::config::limits::DOCUMENT_BYTES;
use crate::config::{envelope, json};
use anyhow::{Context as _, anyhow, bail};
use serde_json::Value as Json;
use std::io::Read as _;
use std::path::Path;

/// The first line of a file, or of standard input for `-`: a password or passphrase.
pub(super) fn first_line(path: &Path) -> anyhow::Result<String> {
    let text = read(path, 64 * 1024)?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    if line.is_empty() {
        bail!("the first line of {} is empty", path.display());
    }
    Ok(line)
}

/// A configuration document; an encrypted export is opened with the passphrase.
pub(super) fn document(path: &Path, passphrase: Option<&Path>) -> anyhow::Result<Json> {
    let text = read(path, DOCUMENT_BYTES)?;
    let json = json::read(text.as_bytes()).map_err(|error| match error.pointer() {
        "" => anyhow!("{}: {error}", path.display()),
        pointer => anyhow!("{}: {pointer}: {error}", path.display()),
    })?;
    drop(text);
    if !envelope::is_sealed(&json) {
        return Ok(json);
    }
    let Some(passphrase) = passphrase else {
        bail!("{} is encrypted: give its passphrase with --passphrase-file", path.display());
    };
    Ok(envelope::open(&json, &first_line(passphrase)?)?)
}

fn read(path: &Path, limit: usize) -> anyhow::Result<String> {
    let mut text = String::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if path == Path::new("-") {
        std::io::stdin().take(most).read_to_string(&mut text).context("standard input cannot be read")?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        file.take(most).read_to_string(&mut text).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    if limit < text.len() {
        bail!("{} has more than the {limit} bytes allowed", path.display());
    }
    Ok(text)
}
