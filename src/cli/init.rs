//! `dinrail init`: a first set-up by script.

use super::{block_on, input};
use crate::config::document::{Document, beyond_limit};
use crate::config::problem::{Problem, Severity};
use crate::platform::clock;
use crate::platform::data_folder::DataFolderLock;
use crate::services::configuration::new_id;
use crate::store::{Change, ChangeSource, NewEvent, Store, StoreLimits};
use anyhow::{Context as _, bail};
use serde_json::Value as Json;
use std::path::Path;

pub(super) fn run(data: &Path, admin: &str, password: &Path, config: Option<&Path>) -> anyhow::Result<()> {
    let password = input::first_line(password)?;
    let sent = config.map(|path| input::document(path, None)).transpose()?;
    let held = DataFolderLock::take(data)?;
    warn(held.warnings());
    block_on(async {
        let store = Store::open(data, StoreLimits::default()).await?;
        if !store.claimable().await? {
            bail!("{} has an account already; `dinrail config import` changes its configuration", data.display());
        }
        // The document is judged before anything is written, so that a mistake in it leaves an empty folder empty.
        let loaded = store.load().await?;
        let change = sent.map(|sent| judge(sent, &Document::stored(loaded.document.clone()))).transpose()?;
        store.claim(admin, &password).await?;
        tell(&store, "access", admin, "console", "the first administrator was made from the console".to_owned())
            .await?;
        let revision = match change {
            Some((document, warnings)) => {
                print(&warnings);
                save(&store, loaded.revision, &document, admin, ChangeSource::Init).await?
            }
            None => loaded.revision,
        };
        store.close().await;
        println!("{} is set up: administrator `{admin}`, configuration revision {revision}", data.display());
        Ok(())
    })
}

/// Checks a document against the stored one; any error is the end, told place by place.
pub(super) fn judge(sent: Json, before: &Document) -> anyhow::Result<(Document, Vec<Problem>)> {
    if let Some(limit) = beyond_limit(&sent) {
        bail!("{limit}");
    }
    let (document, mut problems) = Document::adopt(sent, before, &mut new_id);
    problems.extend(document.parse().1);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        print(&problems);
        bail!("the configuration has errors; nothing was changed");
    }
    Ok((document, problems))
}

pub(super) async fn save(
    store: &Store,
    expected: u64,
    document: &Document,
    author: &str,
    source: ChangeSource,
) -> anyhow::Result<u64> {
    let change = Change { author: author.to_owned(), source };
    let saved = store.save(expected, document.root().clone(), change).await;
    let saved = saved.context("the configuration could not be stored")?;
    if saved.changed {
        let detail = format!("revision {} stored from the console", saved.revision);
        tell(store, "config", "configuration", author, detail).await?;
    }
    Ok(saved.revision)
}

/// Puts what a command did into the event log of the folder.
pub(super) async fn tell(
    store: &Store,
    category: &str,
    subject: &str,
    actor: &str,
    detail: String,
) -> anyhow::Result<()> {
    let event = NewEvent {
        unix_ms: clock::unix_ms(),
        source: "cli".to_owned(),
        category: category.to_owned(),
        subject: subject.to_owned(),
        actor: actor.to_owned(),
        result: "ok".to_owned(),
        detail,
    };
    Ok(store.event_log().append(&[event]).await?)
}

/// Tells what others could read of a data folder.
pub(super) fn warn(sentences: &[String]) {
    for sentence in sentences {
        eprintln!("warning: {sentence}");
    }
}

pub(super) fn print(problems: &[Problem]) {
    for problem in problems {
        let word = if problem.severity == Severity::Error { "error" } else { "warning" };
        eprintln!("{word}: {problem}");
    }
}
