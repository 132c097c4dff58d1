//! The product as a process of its own, and what the kernel says of it.
#![allow(dead_code, reason = "each bench uses what it needs")]

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The product.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_dinrail");
/// The administrator's password.
pub(crate) const PASSWORD: &str = "correct horse 5";

/// A process that ends with the bench.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts `serve` on this folder with this configuration.
pub(crate) fn serve(folder: &Path, document: &Json) -> Result<Process> {
    let (config, password) = (folder.join("config.json"), folder.join("password"));
    std::fs::write(&config, document.to_string())?;
    std::fs::write(&password, PASSWORD)?;
    let mut init = Command::new(PROGRAM);
    init.arg("init").arg("--data").arg(folder.join("data")).args(["--admin", "admin"]);
    let output = init.arg("--password-file").arg(password).arg("--config").arg(config).output()?;
    ensure!(output.status.success(), "init failed: {}", String::from_utf8_lossy(&output.stderr));
    let mut serve = Command::new(PROGRAM);
    serve.arg("serve").arg("--data").arg(folder.join("data"));
    Ok(Process(serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?))
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Resident memory in MiB (proc(5), `VmRSS`); `VmHWM` is the most it was.
pub(crate) fn memory(pid: u32, row: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = status.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(':')).context("no such row")?;
    Ok(kib.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Seconds of processor time it has used, user and system (proc(5), `utime` and `stime`, in hundredths there).
pub(crate) fn cpu(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold anything; after its bracket come the third column and the rest.
    let columns: Vec<&str> = stat.rsplit(')').next().context("no columns")?.split_whitespace().collect();
    let ticks = |column: usize| -> Result<f64> { Ok(columns.get(column - 3).context("a column")?.parse::<f64>()?) };
    Ok((ticks(14)? + ticks(15)?) / 100.0)
}

/// What else the machine does: tasks that run or wait, over a minute.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}
