//! The command line: what `dinrail --help` shows. Each command is a file of its own.

mod config;
mod demo;
mod init;
mod input;
mod serve;
mod user;

use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Industrial remote-I/O head and Modbus gateway.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the gateway on a data folder.
    Serve {
        /// The data folder; made if there is none.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Where the browser and REST server listens in this run, whatever is stored: the way back to a lost listener.
        #[arg(long, value_name = "ADDR:PORT")]
        web: Option<SocketAddr>,
    },
    /// Shows the product on this machine alone: simulated devices, embedded broker, browser on 127.0.0.1:8443.
    Demo {
        /// Keep the data here instead of in a folder that goes when the demonstration ends.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Where the browser and REST server listens.
        #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
        web: SocketAddr,
        /// Where the embedded broker listens.
        #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:1883")]
        broker: SocketAddr,
        /// Where the Modbus/TCP server listens.
        #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:1502")]
        modbus: SocketAddr,
    },
    /// Sets a new data folder up without a browser.
    Init {
        /// The data folder; it must not hold an account yet.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Name of the first administrator.
        #[arg(long, value_name = "NAME")]
        admin: String,
        /// File whose first line is the administrator's password; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
        /// A configuration document to begin with.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Works on configuration documents.
    Config {
        #[command(subcommand)]
        command: config::ConfigCommand,
    },
    /// Works on accounts.
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Simulated Modbus devices in a process of their own, for benches and tests.
    #[command(hide = true)]
    Sim(crate::sim::process::SimArgs),
}

/// Runs the command of the arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    crate::net::tls::install_provider();
    crate::web::install_jwt_provider();
    let result = match arguments.command {
        Command::Serve { data, web } => serve::run(&data, web),
        Command::Demo { data, web, broker, modbus } => demo::run(data, demo::Listeners { web, broker, modbus }),
        Command::Init { data, admin, password_file, config } => {
            init::run(&data, &admin, &password_file, config.as_deref())
        }
        Command::Config { command } => config::run(command),
        Command::User { command } => user::run(command),
        Command::Sim(arguments) => crate::sim::process::run(&arguments).map_err(anyhow::Error::from),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dinrail: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A small runtime for commands that only touch the store.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
