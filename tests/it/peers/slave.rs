//! A slave program of others: what was asked of it, what it holds, and how it is made to refuse.
//!
//! The programs in `tests/peers/` wrap one library each and speak the same few lines; see there.

use crate::support::wait::PATIENCE;
use dinrail::modbus::address::Table;
use std::path::{Path, PathBuf};
use std::process::{Command as Blocking, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Both programs and all gateways of these tests: 8 data bits, no parity, 1 stop bit.
pub(super) const BAUD: &str = "19200";

/// Whose slave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// Unit 1.
    Libmodbus,
    /// Unit 1 behind Modbus/TCP.
    LibmodbusTcp,
    /// Units 1 and 2.
    Pymodbus,
    /// Units 1 and 2 with ASCII frames.
    PymodbusAscii,
    /// Units 1 and 2 behind Modbus/TCP.
    PymodbusTcp,
    /// Units 1 and 2 with RTU frames over TCP.
    PymodbusRtuOverTcp,
}

/// Where a slave is.
#[derive(Debug)]
pub(super) enum Place<'a> {
    Tty(&'a Path),
    Port(u16),
}

/// A request as the slave saw it: unit, function, address, and the number of items (functions 5 and 6: the value, 22: the AND mask).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) unit: u16,
    pub(super) function: u16,
    pub(super) address: u16,
    pub(super) number: u16,
}

impl Request {
    pub(super) fn writes(self) -> bool {
        matches!(self.function, 5 | 6 | 15 | 16 | 22)
    }

    /// Whether the request asks for this register or bit.
    pub(super) fn reads(self, table: Table, address: u16) -> bool {
        let function = match table {
            Table::Coil => 1,
            Table::Discrete => 2,
            Table::Holding => 3,
            Table::Input => 4,
        };
        self.function == function
            && self.address <= address
            && u32::from(address) < u32::from(self.address) + u32::from(self.number)
    }
}

/// A running slave; killed when dropped.
pub(super) struct Slave {
    child: Child,
    orders: ChildStdin,
    answers: mpsc::Receiver<String>,
    seen: Arc<Mutex<Vec<Request>>>,
    _listening: JoinSet<()>,
}

impl Peer {
    /// Whether it is behind TCP.
    pub(super) fn is_net(self) -> bool {
        matches!(self, Self::LibmodbusTcp | Self::PymodbusTcp | Self::PymodbusRtuOverTcp)
    }

    /// Starts it there; it answers from now on.
    pub(super) async fn start(self, place: Place<'_>) -> Slave {
        let mut command = match self {
            Self::Libmodbus | Self::LibmodbusTcp => {
                let mut command = Command::new(libmodbus_slave());
                match place {
                    Place::Tty(path) => command.arg(path).arg(BAUD),
                    Place::Port(port) => command.args(["tcp", &port.to_string()]),
                };
                command.arg("1");
                command
            }
            _ => {
                let framer = match self {
                    Self::PymodbusTcp => "socket",
                    Self::PymodbusAscii => "ascii",
                    _ => "rtu",
                };
                let mut command = Command::new(python());
                command.arg(source("pymodbus_slave.py"));
                match place {
                    Place::Tty(path) => command.arg(path).arg(BAUD),
                    Place::Port(port) => command.args([&format!("127.0.0.1:{port}"), "0"]),
                };
                command.arg(framer);
                command
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(err) => panic!("{self:?} does not start ({err}): {}", self.need()),
        };
        let orders = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        match timeout(PATIENCE, lines.next_line()).await.expect("the slave begins within the patience").unwrap() {
            Some(line) if line == "ready" => (),
            Some(line) if line.starts_with("missing") => panic!("{line}: {}", self.need()),
            other => panic!("{self:?} said {other:?} instead of ready: {}", self.need()),
        }
        let seen = Arc::default();
        let (told, answers) = mpsc::channel(16);
        let mut listening = JoinSet::new();
        listening.spawn(listen(lines, Arc::clone(&seen), told));
        Slave { child, orders, answers, seen, _listening: listening }
    }

    fn need(self) -> &'static str {
        match self {
            Self::Libmodbus | Self::LibmodbusTcp => {
                "these tests need the Debian packages gcc, pkg-config and libmodbus-dev"
            }
            _ => {
                "these tests need the PyPI packages pymodbus (3.16) and pyserial in the Python that DINRAIL_PEERS_PYTHON \
                 names, or else python3 (Debian package python3)"
            }
        }
    }
}

async fn listen(mut lines: Lines<BufReader<ChildStdout>>, seen: Arc<Mutex<Vec<Request>>>, told: mpsc::Sender<String>) {
    while let Ok(Some(line)) = lines.next_line().await {
        let Some(request) = line.strip_prefix("request ") else {
            if told.send(line).await.is_err() {
                return;
            }
            continue;
        };
        let numbers = words(request);
        let &[unit, function, address, number] = numbers.as_slice() else { panic!("a slave said `{line}`") };
        seen.lock().unwrap().push(Request { unit, function, address, number });
    }
}

fn words(text: &str) -> Vec<u16> {
    text.split_whitespace().map(|word| word.parse().expect("a slave says numbers")).collect()
}

impl Slave {
    /// The requests since its start.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The writing requests since its start.
    pub(super) fn writes(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.writes()).collect()
    }

    /// What it holds, by its own account.
    pub(super) async fn get(&mut self, unit: u8, table: Table, address: u16, count: usize) -> Vec<u16> {
        let answer = self.ask(&format!("get {unit} {table} {address} {count}")).await;
        words(answer.strip_prefix("got").unwrap_or_else(|| panic!("a slave said `{answer}`")))
    }

    /// Puts words there, as the process behind a device does.
    pub(super) async fn set(&mut self, unit: u8, table: Table, address: u16, words: &[u16]) {
        let words: Vec<String> = words.iter().map(u16::to_string).collect();
        let answer = self.ask(&format!("set {unit} {table} {address} {}", words.join(" "))).await;
        assert_eq!(answer, "done");
    }

    /// Refuses requests that touch this place; code 0 ends it.
    pub(super) async fn refuse(&mut self, unit: u8, table: Table, address: u16, code: u8) {
        assert_eq!(self.ask(&format!("exception {unit} {table} {address} {code}")).await, "done");
    }

    /// Ends it at once, as a power cut does.
    pub(super) async fn kill(mut self) {
        self.child.start_kill().unwrap();
        timeout(PATIENCE, self.child.wait()).await.expect("a killed slave ends").unwrap();
    }

    async fn ask(&mut self, order: &str) -> String {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        let answer = timeout(PATIENCE, self.answers.recv()).await;
        answer.unwrap_or_else(|_| panic!("no answer to `{order}`")).expect("the slave runs")
    }
}

/// The source of a slave program.
pub(super) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}

pub(super) fn python() -> PathBuf {
    std::env::var_os("DINRAIL_PEERS_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from)
}

/// The slave over libmodbus, compiled once per run.
fn libmodbus_slave() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compiled("libmodbus_slave"))
}

/// A program over libmodbus, compiled now.
pub(super) fn compiled(name: &str) -> PathBuf {
    // Cargo's folder for what tests make; the process id keeps runs apart that share it.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    std::fs::create_dir_all(&folder).unwrap();
    let (program, own) = (folder.join(name), folder.join(format!("{name}-{}", std::process::id())));
    let flags = output(Blocking::new("pkg-config").args(["--cflags", "--libs", "libmodbus"]));
    let mut compile = Blocking::new("cc");
    compile.args(["-Wall", "-Wextra", "-Werror", "-O1", "-o"]).arg(&own).arg(source(&format!("{name}.c")));
    output(compile.args(flags.split_whitespace()));
    std::fs::rename(own, &program).unwrap();
    program
}

fn output(command: &mut Blocking) -> String {
    let shown = format!("{command:?}");
    let need = Peer::Libmodbus.need();
    match command.output() {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        Ok(output) => panic!("{shown}: {}\n{need}", String::from_utf8_lossy(&output.stderr)),
        Err(err) => panic!("{shown}: {err}\n{need}"),
    }
}
