//! Who guesses passwords waits, is told of, and keeps nobody else out.

use super::{Client, PATIENCE, Raw, Site, usual};
use dinrail::runtime::events::{Category, Outcome};
use serde_json::json;
use std::net::SocketAddr;
use tokio::time::timeout;

/// Answers of MQTT 3.1.1, 3.2.2.3.
const ACCEPTED: u8 = 0;
const UNAVAILABLE: u8 = 3;
const WRONG: u8 = 4;

async fn login(from: u8, address: SocketAddr, user: &str, password: &str) -> u8 {
    let mut raw = Raw::open_from(from, address).await;
    raw.connack(&format!("c{from}"), user, password).await.unwrap()
}

/// Eight wrong passwords that are looked at, the first six at once: whoever goes on has to wait 4 s from the last, which
/// is answered after one.
async fn guess(from: u8, address: SocketAddr, user: &str) {
    let first = (0..6).map(|_| login(from, address, user, "guess"));
    assert_eq!(futures::future::join_all(first).await, [WRONG; 6]);
    let mut looked_at = 0;
    while looked_at < 2 {
        let answer = login(from, address, user, "guess").await;
        assert!([WRONG, UNAVAILABLE].contains(&answer));
        looked_at += u8::from(answer == WRONG);
    }
}

#[tokio::test]
async fn guessing_is_held_back_alike_for_users_and_unknown_names_and_stands_in_the_log() {
    let (mut site, address) = Site::usual().await;
    assert_eq!(login(1, address, "press", "s3cret").await, ACCEPTED);
    tokio::join!(guess(2, address, "press"), guess(3, address, "nobody"));
    // Held back even with the right password, and told apart from a wrong one: a device shall try again.
    let (held, unknown, home, wrong_at_home) = tokio::join!(
        login(2, address, "press", "s3cret"),
        login(3, address, "nobody", "x"),
        login(1, address, "press", "s3cret"),
        login(1, address, "press", "guess"),
    );
    assert_eq!([held, unknown], [UNAVAILABLE; 2]);
    assert_eq!(home, ACCEPTED, "known here, it is not held back by what others do");
    assert_eq!(wrong_at_home, UNAVAILABLE, "but that it is known here shows only with the right password");
    assert_eq!(login(2, address, "viewer", "look").await, ACCEPTED, "other users at that address go on");
    site.status_when("the held back ones are counted too", |status| 19 <= status.refused).await;

    let mut told = Vec::new();
    while told.len() < 17 {
        told.push(timeout(PATIENCE, site.told.recv()).await.expect("an event of each").unwrap());
    }
    let count = |subject: &str, actor: &str| {
        let same = |event: &&dinrail::runtime::events::Event| event.subject == subject && event.actor == actor;
        told.iter().filter(same).count()
    };
    assert_eq!((count("press", "127.0.0.2"), count("press", "127.0.0.1")), (8, 1));
    assert_eq!(count("unknown name", "127.0.0.3"), 8, "what was typed may be a password");
    assert!(told.iter().all(|event| (event.category, event.result) == (Category::Access, Outcome::Refused)));
    assert!(
        told.iter().any(|event| event.detail == "wrong user name or password; the next attempts are held back for 4 s")
    );
    site.end().await;
}

#[tokio::test]
async fn strangers_from_two_addresses_keep_no_client_out() {
    let mut two = usual();
    two["max_clients"] = json!(2);
    let (mut site, address) = Site::up(&two).await;
    let one = Client::all(address, "one").await;
    let mut crowd = Vec::new();
    for number in 0..200 {
        for from in [2, 3] {
            let mut raw = Raw::open_from(from, address).await;
            if number % 2 == 0 {
                // The beginning of a CONNECT.
                tokio::io::AsyncWriteExt::write_all(&mut raw.0, b"\x10\x20\0\x04MQ").await.unwrap();
            }
            crowd.push(raw);
        }
    }
    let status = site.status_when("strangers give way", |status| status.put_out > 0).await;
    assert!(status.strangers <= 256);
    let guessing = (0..40).map(|number| login(2 + number % 2, address, "press", "guess"));
    let client = async {
        let two = Client::all(address, "two").await;
        assert!(two.is_connected());
        two
    };
    let (two, _) = tokio::join!(client, futures::future::join_all(guessing));
    assert!(one.is_connected() && two.is_connected());
    crowd[0].closed().await;
    site.end().await;
}
