//! The program as a process of its own, to be killed.

use super::gateway::{ADMIN, PASSWORD};
use super::wait::eventually;
use serde_json::Value as Json;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program itself, as a process of its own.
pub(crate) struct Serve(Child);

impl Serve {
    /// Makes a data folder with an administrator, and a configuration if one is given.
    pub(crate) fn init(data: &Path, document: Option<&Json>) {
        let given = tempfile::tempdir().unwrap();
        let (password, file) = (given.path().join("password"), given.path().join("document.json"));
        std::fs::write(&password, PASSWORD).unwrap();
        let mut init = Command::new(env!("CARGO_BIN_EXE_dinrail"));
        init.arg("init").arg("--data").arg(data).args(["--admin", ADMIN, "--password-file"]).arg(&password);
        if let Some(document) = document {
            std::fs::write(&file, document.to_string()).unwrap();
            init.arg("--config").arg(&file);
        }
        let done = init.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Starts it on a data folder; answers once it listens.
    pub(crate) async fn start(data: &Path, address: SocketAddr) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dinrail"));
        command.arg("serve").arg("--data").arg(data).arg("--web").arg(address.to_string());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        eventually(async || TcpStream::connect(address).ok(), "the listener after a start").await;
        Self(child)
    }

    /// Its resident memory, in KiB.
    pub(crate) fn resident_kib(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Ends it as SIGKILL does.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // Already gone, mostly.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
