//! Debian's net-snmp and smilint: every version and pair of algorithms, traps and informs, the MIB file by name.

use super::*;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// What a program says, both streams; fails the test where it cannot be started.
async fn run(program: &str, arguments: &[&str]) -> (bool, String) {
    let done = Command::new(program)
        .args(arguments)
        // No configuration of the machine's own, no MIBs that are not asked for.
        .env("SNMPCONFPATH", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap_or_else(|error| panic!("{program}: {error}; `.ci/run` installs it"));
    let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.success(), text)
}

/// Arguments of net-snmp for a user.
fn keys<'a>(name: &'a str, auth: &'a str, privacy: &'a str) -> Vec<&'a str> {
    vec!["-v3", "-l", "authPriv", "-u", name, "-a", auth, "-A", AUTH, "-x", privacy, "-X", PRIV]
}

const VALUE: &str = "1.3.6.1.4.1.32473.4510.1.22.1.10.1";

#[tokio::test]
async fn net_snmp_gets_walks_and_sets_in_every_version() {
    let bench = Bench::start().await;
    let at = bench.at.to_string();
    let ways = [vec!["-v1", "-c", WRITER], vec!["-v2c", "-c", WRITER], keys("nms", "SHA", "AES")];
    for (number, way) in ways.iter().enumerate() {
        let ask = async |program: &str, rest: &[&str]| {
            let arguments: Vec<&str> = [&["-m", "", "-On", "-t", "3"], way.as_slice(), &[at.as_str()], rest].concat();
            run(program, &arguments).await
        };
        let (ok, said) = ask("snmpget", &[VALUE]).await;
        assert!(ok && said.contains("= STRING: \""), "{way:?}: {said}");
        let wanted = format!("{number}.75");
        let (ok, said) = ask("snmpset", &[VALUE, "s", &wanted]).await;
        assert!(ok && said.contains(&wanted), "{way:?}: {said}");
        let (ok, said) = ask("snmpset", &[VALUE, "i", "1"]).await;
        assert!(!ok && said.contains(if number == 0 { "badValue" } else { "wrongType" }), "{way:?}: {said}");
        // snmpwalk itself stops with an error where the order is not kept.
        let (ok, said) = ask("snmpwalk", &["1.3.6.1"]).await;
        assert!(ok && said.contains(".1.3.6.1.6.3.15.1.1.6.0"), "{way:?}: {said}");
        if number != 0 {
            let (ok, said) = ask("snmpbulkwalk", &["1.3.6.1"]).await;
            assert!(ok && said.contains(".1.3.6.1.6.3.15.1.1.6.0"), "{way:?}: {said}");
        }
    }
    bench.gateway.stop().await;
}

#[tokio::test]
async fn every_pair_of_algorithms_is_spoken_with_net_snmp() {
    let auths = [
        ("md5", "MD5"),
        ("sha1", "SHA"),
        ("sha224", "SHA-224"),
        ("sha256", "SHA-256"),
        ("sha384", "SHA-384"),
        ("sha512", "SHA-512"),
    ];
    let ciphers = [("des", "DES"), ("aes128", "AES"), ("aes192", "AES-192"), ("aes256", "AES-256")];
    let mut document = document();
    let mut users = Vec::new();
    for (auth, _) in auths {
        for (cipher, _) in ciphers {
            users.push(json!({ "name": format!("{auth}-{cipher}"), "auth": auth, "auth_password": AUTH,
                               "priv": cipher, "priv_password": PRIV }));
        }
    }
    document["snmp"]["users"] = Json::Array(users);
    document["snmp"]["allow_weak"] = json!(true);
    let bench = Bench::start_with(document).await;
    let at = bench.at.to_string();
    for (auth, theirs) in auths {
        for (cipher, their_cipher) in ciphers {
            let name = format!("{auth}-{cipher}");
            let mut arguments = vec!["-m", "", "-On", "-t", "3"];
            arguments.extend(keys(&name, theirs, their_cipher));
            arguments.extend([at.as_str(), VALUE]);
            let (ok, said) = run("snmpget", &arguments).await;
            assert!(ok && said.contains("23.5"), "{name}: {said}");
        }
    }
    bench.gateway.stop().await;
}

#[tokio::test]
async fn snmptrapd_takes_traps_and_acknowledges_informs_of_every_version() {
    let folder = tempfile::tempdir().unwrap();
    let free = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = free.local_addr().unwrap().to_string();
    drop(free);
    let log = folder.path().join("traps");
    let receivers = json!([
        { "name": "one", "address": at, "version": "v1", "community": "told" },
        { "name": "two", "address": at, "version": "v2c", "community": "told" },
        { "name": "sure", "address": at, "version": "v2c", "community": "told", "kind": "inform" },
        { "name": "three", "address": at, "version": "v3", "user": "nms" },
        { "name": "both", "address": at, "version": "v3", "user": "nms", "kind": "inform" },
    ]);
    let mut document = document();
    document["snmp"]["receivers"] = receivers;
    document["snmp"]["rules"] = json!([{ "name": "hot", "tag": "internal/level", "when": "greater", "value": 100 }]);
    let bench = Bench::start_with(document).await;
    // A trap of SNMPv3 is in the name of the sender's engine; an inform in the receiver's.
    let engine = bench.status().engine_id;
    let config = format!(
        "createUser -e 0x{engine} nms SHA {AUTH} AES {PRIV}\ncreateUser nms SHA {AUTH} AES {PRIV}\nauthUser log nms\n\
         authCommunity log told\n"
    );
    let file = folder.path().join("snmptrapd.conf");
    std::fs::write(&file, config).unwrap();
    let mut daemon = Command::new("snmptrapd")
        .args(["-f", "-n", "-m", "", "-On", "-C", "-c"])
        .arg(&file)
        .args(["-Lf"])
        .arg(&log)
        .arg(format!("udp:{at}"))
        .env("SNMP_PERSISTENT_DIR", folder.path())
        .env("SNMPCONFPATH", "/nonexistent")
        .kill_on_drop(true)
        .spawn()
        .expect("`.ci/run` installs snmptrapd");
    let written = || std::fs::read_to_string(&log).unwrap_or_default();
    eventually(async || written().contains("NET-SNMP version").then_some(()), "snmptrapd").await;
    bench.gateway.admin().await.write("internal/level", json!(105.5)).await;
    let told = async || (5 <= written().matches("105.5").count()).then_some(());
    eventually(told, "all five notifications").await;
    let sure = async || {
        let receivers = bench.status().receivers;
        let informs = receivers.iter().filter(|one| one.kind == "inform").map(|one| one.acknowledged).sum::<u64>();
        (informs == 2).then_some(())
    };
    eventually(sure, "both acknowledgements").await;
    daemon.kill().await.unwrap();
    bench.gateway.stop().await;
}

/// The standard modules that ours names: of the package that `.ci/run` unpacks.
fn standard() -> String {
    std::env::var("DINRAIL_PEERS_MIBS").expect("`.ci/run` says where SNMPv2-SMI and its like are")
}

async fn mib_file(bench: &Bench, folder: &Path) {
    let mib = bench.gateway.admin().await.get("/api/v1/snmp/mib").await;
    std::fs::write(folder.join("DINRAIL-MIB.txt"), mib.body.as_str().unwrap()).unwrap();
}

#[tokio::test]
async fn smilint_finds_no_error_and_names_are_translated() {
    let bench = Bench::start().await;
    let folder = tempfile::tempdir().unwrap();
    mib_file(&bench, folder.path()).await;
    let standard = standard();
    let file = folder.path().join("DINRAIL-MIB.txt");
    let path = format!("{}:{standard}", folder.path().display());
    let lint = Command::new("smilint").args(["-l", "3", "-s"]).arg(&file).env("SMIPATH", &path).output().await.unwrap();
    let said = String::from_utf8_lossy(&lint.stdout).into_owned() + &String::from_utf8_lossy(&lint.stderr);
    assert!(lint.status.success() && !said.contains("[1]") && !said.contains("[2]") && !said.contains("[3]"), "{said}");
    let path = format!("{standard}:{}", folder.path().display());
    let (ok, said) =
        run("snmptranslate", &["-M", &path, "-m", "DINRAIL-MIB", "-On", "DINRAIL-MIB::internalTagValue.1"]).await;
    assert!(ok && said.trim().ends_with(&format!(".{VALUE}")), "{said}");
    let at = bench.at.to_string();
    let arguments = ["-M", &path, "-m", "DINRAIL-MIB", "-v2c", "-c", COMMUNITY, &at, "DINRAIL-MIB::internalTagTable"];
    let (ok, said) = run("snmptable", &arguments).await;
    assert!(ok && said.contains("internalTagName") && said.contains("level") && said.contains("good"), "{said}");
    bench.gateway.stop().await;
}
