//! The field, in a process of its own.

use anyhow::{Context, Result};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The field in a process of its own; ends with its input.
pub(crate) struct Sim {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    pub(crate) path: String,
}

impl Sim {
    /// Eight devices with a turnaround of 2 ms; `strict` ones ignore frames that come too early.
    pub(crate) fn start(baud: u32, strict: bool) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["sim", "--turnaround-us", "2000", "--devices", "8", "--registers", "1400"])
            .args(["--baud", &baud.to_string()])
            .args(strict.then_some("--strict"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let mut sim = Self { child, input, output, path: String::new() };
        let hello = sim.line()?;
        hello["path"].as_str().context("no path")?.clone_into(&mut sim.path);
        Ok(sim)
    }

    pub(crate) fn ask(&mut self, order: &str) -> Result<Json> {
        writeln!(self.input.as_mut().context("closed")?, "{order}")?;
        self.line()
    }

    fn line(&mut self) -> Result<Json> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the field said `{line}`"))
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        drop(self.input.take());
        if let Err(err) = self.child.wait() {
            eprintln!("the field did not end: {err}");
        }
    }
}
