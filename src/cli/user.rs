//! `dinrail user reset`: the way back in from the console.

use super::{block_on, init, input};
use crate::platform::data_folder::keep_private;
use crate::store::{Store, StoreLimits};
use anyhow::bail;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Makes an account an administrator with a new password, and the account if there is none. Also while dinrail runs.
    Reset {
        /// The data folder.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Name of the account.
        name: String,
        /// File whose first line is the new password; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
}

pub(super) fn run(command: UserCommand) -> anyhow::Result<()> {
    let UserCommand::Reset { data, name, password_file } = command;
    let password = input::first_line(&password_file)?;
    if !data.join("dinrail.db").exists() {
        bail!("{} is not a data folder of dinrail", data.display());
    }
    init::warn(&keep_private(&data)?);
    block_on(async {
        let store = Store::open(&data, StoreLimits::default()).await?;
        store.reset_user(&name, &password).await?;
        let detail = "the password was reset from the console; the account is an administrator".to_owned();
        init::tell(&store, "access", &name, "console", detail).await?;
        store.close().await;
        println!("`{name}` is an administrator with the new password; its sessions have ended");
        Ok(())
    })
}
