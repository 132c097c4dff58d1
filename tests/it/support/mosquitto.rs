//! The mosquitto broker and its clients, as processes of the test's own.

use super::wait::PATIENCE;
use std::collections::VecDeque;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A topic nobody else uses.
const PROBE: &str = "probe-of-the-test";

/// A broker on a port of its own.
pub(crate) struct Mosquitto {
    child: Child,
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
    settings: String,
}

impl Mosquitto {
    /// With these lines in its configuration; `{folder}` stands for its folder, in which `files` lie.
    pub(crate) async fn start(settings: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings.replace("{folder}", folder.path().to_str().unwrap());
        let child = spawn(folder.path(), port, &settings);
        let mosquitto = Self { child, port, folder, settings };
        mosquitto.listening().await;
        mosquitto
    }

    /// Anyone may do anything.
    pub(crate) async fn open() -> Self {
        Self::start("allow_anonymous true", &[]).await
    }

    pub(crate) fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    async fn listening(&self) {
        let answers = async || tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok();
        super::wait::eventually(answers, "mosquitto listens").await;
    }

    /// Ends it at once, without a word to its clients.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end, so that it writes down what it keeps.
    pub(crate) async fn terminate(&mut self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().await.unwrap();
    }

    /// Starts it again after it ended.
    pub(crate) async fn again(&mut self) {
        self.child = spawn(self.folder.path(), self.port, &self.settings);
        self.listening().await;
    }

    fn client(&self, tool: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(tool);
        command
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Publishes with `mosquitto_pub`.
    pub(crate) async fn publish(&self, arguments: &[&str]) {
        let output = self.client("mosquitto_pub", arguments).output().await.expect("mosquitto_pub is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What `mosquitto_sub` with these arguments prints until it ends.
    pub(crate) async fn collect(&self, arguments: &[&str]) -> String {
        let output = self.client("mosquitto_sub", arguments).output().await.expect("mosquitto_sub is installed");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Follows topics with `mosquitto_sub`; each line is topic, QoS, retain, payload.
    pub(crate) async fn subscribe(&self, topics: &[&str]) -> Subscriber {
        self.subscribe_with(&[], "%t %q %r %p", topics).await
    }

    /// With other arguments, and another form of the line; it begins with the topic.
    pub(crate) async fn subscribe_with(&self, more: &[&str], form: &str, topics: &[&str]) -> Subscriber {
        let mut arguments = [more, &["-F", form, "-q", "2", "-t", PROBE]].concat();
        for topic in topics {
            arguments.extend(["-t", topic]);
        }
        let mut child = self.client("mosquitto_sub", &arguments).spawn().expect("mosquitto_sub is installed");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut subscriber = Subscriber { _child: child, lines, early: VecDeque::new() };
        // It does not say when its subscription stands, so it is asked until a message comes through.
        for _ in 0..100 {
            self.publish(&["-t", PROBE, "-m", ""]).await;
            while let Ok(line) = timeout(Duration::from_millis(300), subscriber.raw()).await {
                if line.starts_with(PROBE) {
                    return subscriber;
                }
                subscriber.early.push_back(line);
            }
        }
        panic!("mosquitto_sub gets no message");
    }
}

fn spawn(folder: &Path, port: u16, settings: &str) -> Child {
    let path = folder.join("mosquitto.conf");
    // As root it would become another user, who cannot read the test's folder.
    std::fs::write(&path, format!("user root\nlistener {port} 127.0.0.1\n{settings}\n")).unwrap();
    let openssl = folder.join("openssl.cnf");
    let installed =
        ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].into_iter().find(|path| Path::new(path).exists());
    Command::new(installed.unwrap_or("mosquitto"))
        .arg("-c")
        .arg(path)
        // Its own setting names the lowest version of TLS only; the highest is OpenSSL's.
        .envs(openssl.exists().then_some(("OPENSSL_CONF", openssl)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("mosquitto is installed")
}

/// A running `mosquitto_sub`.
pub(crate) struct Subscriber {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Retained messages that came before it was known to listen.
    early: VecDeque<String>,
}

impl Subscriber {
    async fn raw(&mut self) -> String {
        self.lines.next_line().await.unwrap().expect("mosquitto_sub ended")
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> String {
        if let Some(line) = self.early.pop_front() {
            return line;
        }
        loop {
            let line = timeout(PATIENCE, self.raw()).await.expect("a message for mosquitto_sub");
            if !line.starts_with(PROBE) {
                return line;
            }
        }
    }

    /// The next message on this topic.
    pub(crate) async fn next_on(&mut self, topic: &str) -> String {
        loop {
            let line = self.next().await;
            if line.split(' ').next() == Some(topic) {
                return line;
            }
        }
    }
}
