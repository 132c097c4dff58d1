//! kill -9 at any moment: the next start has a whole revision, the last acknowledged one or newer.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// Where the child stores; set only for the child.
const FOLDER: &str = "DINRAIL_TEST_CRASH_FOLDER";
const SAVES: u64 = 200;
const TAGS: usize = 60;

/// The child's part; without the folder there is nothing to do.
#[tokio::test]
#[ignore = "is run by the test below, in a process of its own"]
async fn child_stores_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let store = Store::open(&folder, StoreLimits::default()).await.unwrap();
    let mut revision = store.revision().await.unwrap();
    while revision < SAVES {
        revision = store.save(revision, many_tags(TAGS, revision + 1), change()).await.unwrap().revision;
        println!("stored {revision}");
        std::io::stdout().flush().unwrap();
    }
}

#[tokio::test]
async fn a_kill_at_any_moment_leaves_a_whole_revision() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    let mut round = 0_u64;
    while acknowledged < SAVES {
        // At different distances from an acknowledgement: in the next save's reading, writing and commit.
        let delay = Duration::from_micros(round * 137 % 6_000);
        acknowledged = killed_after(&mut start_child(&folder), 1 + round * 7 % 23, delay).max(acknowledged);
        round += 1;

        let store = Store::open(folder.path(), StoreLimits::default()).await.unwrap();
        let loaded = store.load().await.unwrap();
        assert_eq!(loaded.problems, []);
        assert!(loaded.revision >= acknowledged, "{} of {acknowledged} in round {round}", loaded.revision);
        let whole =
            if loaded.revision == 0 { json!({ "format": "dinrail/1" }) } else { many_tags(TAGS, loaded.revision) };
        assert_eq!(loaded.document, whole, "round {round}");
        if loaded.revision > 0 {
            assert_eq!(store.revision_document(loaded.revision).await.unwrap().unwrap().1, whole);
        }
        acknowledged = loaded.revision;
        store.close().await;
    }
    assert!(round > 5, "the child was killed only {round} times");
}

fn start_child(folder: &TempDir) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::crash::child_stores_until_it_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the child some time after it acknowledged so many saves; the last revision it acknowledged.
fn killed_after(child: &mut Child, saves: u64, delay: Duration) -> u64 {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut last = 0;
    let mut seen = 0;
    while seen < saves {
        let Some(line) = lines.next() else { break };
        if let Some(revision) = stored(&line) {
            last = revision;
            seen += 1;
        }
    }
    let moment = Instant::now();
    while moment.elapsed() < delay {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died counts too.
    lines.filter_map(|line| stored(&line)).last().unwrap_or(last)
}

fn stored(line: &str) -> Option<u64> {
    line.rsplit_once("stored ")?.1.parse().ok()
}
