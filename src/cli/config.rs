//! `dinrail config check|export|import`.

use super::{block_on, init, input};
use crate::config::GatewayConfig;
use crate::config::document::{Document, beyond_limit};
use crate::config::envelope;
use crate::config::problem::Severity;
use crate::platform::data_folder::{DataFolderLock, keep_private};
use crate::store::{ChangeSource, Store, StoreLimits};
use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use ring::rand::{SecureRandom, SystemRandom};
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Says what is wrong with a document, place by place.
    Check {
        /// The document; `-` is standard input.
        file: PathBuf,
        /// File with the passphrase, if the document is an encrypted export.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Prints the stored configuration. Secrets are `***`, unless it is encrypted with a passphrase.
    Export {
        /// The data folder.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Encrypt with the passphrase in this file, and take the secrets along.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// Where to write; standard output if absent.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Makes a document the configuration. dinrail must not run on the folder meanwhile.
    Import {
        /// The data folder.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The document; `-` is standard input.
        file: PathBuf,
        /// File with the passphrase, if the document is an encrypted export.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

pub(super) fn run(command: ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check { file, passphrase_file } => check(&file, passphrase_file.as_deref()),
        ConfigCommand::Export { data, passphrase_file, output } => {
            export(&data, passphrase_file.as_deref(), output.as_deref())
        }
        ConfigCommand::Import { data, file, passphrase_file } => import(&data, &file, passphrase_file.as_deref()),
    }
}

fn check(file: &Path, passphrase: Option<&Path>) -> anyhow::Result<()> {
    let json = input::document(file, passphrase)?;
    if let Some(limit) = beyond_limit(&json) {
        bail!("{limit}");
    }
    let (config, problems) = GatewayConfig::parse(&json);
    init::print(&problems);
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    if 0 < errors {
        bail!("{} has {errors} errors", file.display());
    }
    let tags: usize = config.devices.iter().map(|device| device.tags.len()).sum();
    println!("{} is good: {} ports, {} devices, {tags} tags", file.display(), config.ports.len(), config.devices.len());
    Ok(())
}

fn export(data: &Path, passphrase: Option<&Path>, output: Option<&Path>) -> anyhow::Result<()> {
    let passphrase = passphrase.map(input::first_line).transpose()?;
    // Opening would make a new store: an export of nothing must not.
    if !data.join("dinrail.db").exists() {
        bail!("{} is not a data folder of dinrail", data.display());
    }
    init::warn(&keep_private(data)?);
    let loaded = block_on(async {
        let store = Store::open(data, StoreLimits::default()).await?;
        let loaded = store.load().await?;
        store.close().await;
        Ok(loaded)
    })?;
    for problem in &loaded.problems {
        eprintln!("warning: {}: {}", problem.pointer, problem.detail);
    }
    let document = Document::stored(loaded.document);
    let json = match passphrase {
        Some(passphrase) => {
            let (mut salt, mut nonce) = ([0; 16], [0; 12]);
            let random = SystemRandom::new();
            let filled = random.fill(&mut salt).and_then(|()| random.fill(&mut nonce));
            filled.map_err(|_| anyhow!("the system gives no random numbers"))?;
            envelope::seal(document.root(), &passphrase, salt, nonce)?
        }
        None => document.masked(),
    };
    let text = format!("{}\n", serde_json::to_string_pretty(&json)?);
    match output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display())),
        None => std::io::stdout().write_all(text.as_bytes()).context("standard output cannot be written"),
    }
}

fn import(data: &Path, file: &Path, passphrase: Option<&Path>) -> anyhow::Result<()> {
    let sent = input::document(file, passphrase)?;
    let held = DataFolderLock::take(data)?;
    init::warn(held.warnings());
    block_on(async {
        let store = Store::open(data, StoreLimits::default()).await?;
        let loaded = store.load().await?;
        let (document, warnings) = init::judge(sent, &Document::stored(loaded.document))?;
        init::print(&warnings);
        let revision = init::save(&store, loaded.revision, &document, "config import", ChangeSource::Cli).await?;
        store.close().await;
        println!("the configuration is revision {revision}");
        Ok(())
    })
}
