//! Wrong people, and messages that are none.

use super::*;
use tokio::net::UdpSocket;

#[tokio::test]
async fn wrong_communities_users_keys_and_versions_are_silence_or_a_report_and_counted() {
    let mut document = document();
    document["snmp"]["versions"] = json!(["v2c", "v3"]);
    let bench = Bench::start_with(document).await;
    let descr = oid("1.3.6.1.2.1.1.1.0");
    let fails = async |auth: Auth| {
        let builder = Client::builder(bench.at.to_string(), auth).request_timeout(Duration::from_millis(300));
        let client = builder.retry(async_snmp::client::Retry::none()).connect().await.unwrap();
        client.get(&descr).await.unwrap_err()
    };
    fails(Auth::v2c("public")).await;
    fails(Auth::v1(COMMUNITY)).await;
    fails(Auth::Usm(user("nobody", AUTH, PRIV))).await;
    fails(Auth::Usm(user("nms", "another pass phrase", PRIV))).await;
    fails(Auth::Usm(user("nms", AUTH, "another pass phrase"))).await;
    let raw = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    raw.send_to(b"GET / HTTP/1.1\r\n\r\n", bench.at).await.unwrap();
    let counted = async || {
        let refused = bench.status().refused;
        let each = [refused.community, refused.version, refused.user, refused.digest, refused.malformed];
        each.iter().all(|count| 1 <= *count).then_some(refused)
    };
    let refused = eventually(counted, "every refusal counted").await;
    assert_eq!((refused.community, refused.version, refused.address), (1, 1, 0));
    // The log says who and why, and no community.
    let client = bench.client(Auth::v2c(COMMUNITY)).await;
    let all = walk(&client).await;
    let said = all.iter().any(|(_, value)| *value == Value::OctetString("SNMPv2c: an unknown community".into()));
    assert!(said);
    assert!(!all.iter().any(|(_, value)| matches!(value, Value::OctetString(octets) if octets.as_ref() == b"public")));
    bench.gateway.stop().await;
}

/// xorshift: the same messages in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn mutated_messages_leave_it_alive_and_its_memory_flat() {
    // A long run asks for more.
    let messages: usize = std::env::var("DINRAIL_SNMP_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000);
    let bench = Bench::start().await;
    let v2c = [
        0x30, 0x2B, 2, 1, 1, 4, 8, b'p', b'l', b'a', b'n', b't', b'-', b'r', b'w', 0xA5, 0x1C, 2, 1, 1, 2, 1, 0, 2, 1,
        10, 0x30, 0x11, 0x30, 0x0F, 6, 0x0B, 0x2B, 6, 1, 4, 1, 0x81, 0xFD, 0x59, 0xA3, 0x1E, 1, 5, 0,
    ];
    let mut v3 =
        vec![0x30, 0x3A, 2, 1, 3, 0x30, 0x0E, 2, 2, 0x12, 0x34, 2, 3, 0, 0xFF, 0xE3, 4, 1, 4, 2, 1, 3, 4, 0x10, 0x30];
    v3.extend([
        0x0E, 4, 0, 2, 1, 0, 2, 1, 0, 4, 0, 4, 0, 4, 0, 0x30, 0x13, 4, 0, 4, 0, 0xA0, 0x0D, 2, 1, 1, 2, 1, 0, 2, 1, 0,
    ]);
    v3.extend([0x30, 2, 0x30, 0]);
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut answer = vec![0; 65_536];
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let client = bench.client(Auth::v2c(COMMUNITY)).await;
    let mut settled = 0;
    for number in 0..messages {
        let mut message: Vec<u8> = if number % 2 == 0 { v2c.to_vec() } else { v3.clone() };
        for _ in 0..=dice.throw(4) {
            let at = dice.throw(message.len());
            match dice.throw(4) {
                0 => message[at] = u8::try_from(dice.throw(256)).unwrap(),
                1 => message[at] ^= 1 << dice.throw(8),
                2 => message.truncate(at.max(1)),
                _ => message.insert(at, u8::try_from(dice.throw(256)).unwrap()),
            }
        }
        sender.send_to(&message, bench.at).await.unwrap();
        while sender.try_recv(&mut answer).is_ok() {}
        // It keeps up: a request now and then is answered.
        if number % 500 == 0 {
            get(&client, &internal(10, 1)).await;
        }
        if number == messages / 4 {
            settled = resident_kib();
        }
    }
    get(&client, &internal(10, 1)).await;
    // Other tests of this process take memory too.
    let now = resident_kib();
    assert!(now < settled + 64 * 1024, "{settled} KiB, then {now} KiB");
    let seen = eventually(
        async || Some(bench.status()).filter(|now| messages / 2 < usize::try_from(now.requests).unwrap()),
        "counts",
    );
    assert!(0 < seen.await.refused.malformed);
    bench.gateway.stop().await;
}
