//! The catalogue against the sources: nothing is said that it lacks, and it lists nothing that nobody says.

use super::super::rooms;
use super::literals::{self, Said};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Sources whose texts no browser shows, each with its reason.
const UNSEEN: &[(&str, &str)] = &[
    ("src/cli", "the console"),
    ("src/sim", "the simulated field: its own process and its log"),
    ("src/web/i18n", "the translations themselves"),
    ("src/web/api/v1/metrics.rs", "the help texts of Prometheus figures are for machines"),
    ("src/web/api/v1/openapi.rs", "the description of the API is in English, as its names are"),
    ("src/web/api/v1/config/describe.rs", "the description of the API"),
    ("src/views/discovery.rs", "what Home Assistant is told, in its own language"),
    ("src/views/mib", "the MIB file is in English, as all are"),
    ("src/tag/quality.rs", "the numbered reasons are words of the API; scripts say them as `reason.*`"),
    ("src/tag/reading.rs", "words of the attribute `device_status`; scripts say them as `device_status.*`"),
    ("src/config/envelope.rs", "an encrypted export is opened by the command line"),
    ("src/platform/data_folder.rs", "said on the console before there is a web server"),
    ("src/faces/broker/sys.rs", "figures for MQTT clients, by the names mosquitto has for them"),
    ("src/store/open.rs", "said on the console before there is a web server"),
    ("src/views/sparkplug/message.rs", "names of metrics, as Sparkplug has them"),
];

/// Texts that are no sentences for people, each with its reason.
const NO_SENTENCES: &[(&str, &str)] = &[
    ("-----BEGIN CERTIFICATE-----", "looked for in what was given"),
    ("PRIVATE KEY-----", "looked for in what was given"),
    ("BEGIN ENCRYPTED PRIVATE KEY", "looked for in what was given"),
    ("Proc-Type: 4,ENCRYPTED", "looked for in what was given"),
    ("BEGIN CERTIFICATE", "looked for in what was given"),
    ("Node Control/Rebirth", "the name of a metric, as Sparkplug has it"),
    ("PRIVATE KEY", "a label of PEM"),
    ("-----BEGIN {}-----\n", "a line of PEM"),
    ("-----END {}-----", "a line of PEM"),
    ("{} KiB", "a size, alike in every language"),
    ("{} MiB", "a size, alike in every language"),
    ("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'", "a header"),
    (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "a header",
    ),
    ("invalid type: ", "looked for in what serde says"),
    ("invalid value: ", "looked for in what serde says"),
    (", expected ", "looked for in what serde says"),
    (
        "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://{}{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "a head",
    ),
    (
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{}",
        "a head, and behind it a sentence of the catalogue",
    ),
    ("text/plain; charset=utf-8", "a header"),
    ("attachment; filename=\"DINRAIL-MIB.txt\"", "a header"),
    (" kB", "how the kernel ends a size"),
    ("dinrail {} on Linux", "sysDescr: managers look for it by its words"),
    ("Bearer realm=\"dinrail\"", "a header"),
    ("SharedAccessSignature sr={}&sig={}&se={}", "a token of Azure"),
    ("public, max-age=31536000, immutable", "a header"),
    ("Max-Age=31536000; Path=/; SameSite=Strict; Secure", "a cookie"),
    ("{}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={}", "a cookie"),
    ("__Host-dinrail=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0", "a cookie"),
    ("text/csv; charset=utf-8", "a header"),
    ("attachment; filename=\"{}-tags.{}\"", "a header"),
    ("attachment; filename=\"{}-profile.json\"", "a header"),
    ("attachment; filename=\"register-map.csv\"", "a header"),
    ("remote I/O head and Modbus gateway", "a name in the identification that Modbus clients ask for"),
    ("sep=\t", "looked for in what was given"),
    ("Tag Name", "looked for in what was given"),
    ("Respect Data Type", "looked for in what was given"),
    ("Client Access", "looked for in what was given"),
    ("address (0-based)", "a column of an exported table, in the words of the document"),
    ("{} (unit {})", "a name made of what a file says"),
    ("token {}", "the name by which an API token signs its changes"),
    (", name", "SQL"),
    ("unknown name", "the subject of an event; scripts say it as `subject.*`"),
    ("invalid type: ", "how serde begins"),
    ("invalid value: ", "how serde begins"),
    (", expected ", "how serde goes on"),
];

fn is_sql(said: &Said) -> bool {
    let first = said.english.trim().split([' ', '(']).next().unwrap_or_default();
    said.file.starts_with("src/store") && 1 < first.len() && first.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The room whose file of the catalogue takes the sentence.
fn room(file: &Path) -> &'static str {
    let at = |folder: &str| file.starts_with(Path::new("src").join(folder));
    let rooms = [
        ("config", "document"),
        ("tag", "document"),
        ("modbus", "field"),
        ("drivers", "field"),
        ("faces/mqtt", "mqtt"),
        ("faces/broker", "broker"),
        ("faces/snmp", "snmp"),
        ("net", "net"),
        ("store", "store"),
        ("web", "door"),
        ("tables", "tables"),
    ];
    rooms.into_iter().find(|(folder, _)| at(folder)).map_or("house", |(_, room)| room)
}

/// The sentences a reader may see: those of the sources but for the exceptions.
fn seen() -> Vec<Said> {
    let unseen = |said: &Said| UNSEEN.iter().any(|(place, _)| said.file.starts_with(place)) || is_sql(said);
    let no_sentence = |said: &Said| NO_SENTENCES.iter().any(|(text, _)| *text == said.english);
    literals::of_the_house().into_iter().filter(|said| !unseen(said) && !no_sentence(said)).collect()
}

/// What to add to the catalogue for these sentences; empty when it has them all.
fn missing(seen: &[Said]) -> String {
    let known: BTreeSet<&str> = rooms::ALL.iter().copied().flatten().map(|(english, _)| *english).collect();
    let mut lists: BTreeMap<&str, String> = BTreeMap::new();
    for said in seen.iter().filter(|said| !known.contains(said.english.as_str())) {
        let list = lists.entry(room(&said.file)).or_default();
        writeln!(list, "    {:?}, \"\"; // {}:{}", said.english, said.file.display(), said.line).unwrap();
    }
    let mut text = String::new();
    for (room, list) in lists {
        writeln!(text, "in src/web/i18n/said/rooms/{room}.rs:\n{list}").unwrap();
    }
    text
}

#[test]
fn every_sentence_of_the_sources_has_its_korean() {
    let missing = missing(&seen());
    assert!(
        missing.is_empty(),
        "These sentences can reach a reader and have no Korean. Add each to the catalogue, with the Korean between the \
         second quotes and its places as {{0}}, {{1}} (a text nobody reads in the browser goes to NO_SENTENCES or UNSEEN \
         in src/web/i18n/said/tests/sources.rs, with the reason):\n\n{missing}"
    );
}

#[test]
fn a_new_sentence_without_korean_is_found_and_named_with_its_place() {
    let source = r#"
        #[derive(thiserror::Error)]
        enum KettleError {
            #[error("the kettle of `{0}` is {state:?}; {{fill}} it", state = STATES.join(" or "))]
            Dry(String),
        }
        /// A comment says what it likes.
        fn boil(problems: &mut Problems) {
            tracing::info!("the log may say this");
            problems.error(&at, "a kettle has a {spout}");
            let sentence = format!("{n} kettles boil over");
        }
        #[cfg(test)]
        mod tests { const TOLD: &str = "a test may say this"; }
    "#;
    let found: Vec<(usize, String)> = literals::sentences(source);
    let expect = [
        (4, "the kettle of `{}` is {}; {{fill}} it"),
        (4, " or "),
        (10, "a kettle has a {{spout}}"),
        (11, "{} kettles boil over"),
    ];
    assert_eq!(found, expect.map(|(line, text)| (line, text.to_owned())));
    let said = found.into_iter().map(|(line, english)| Said { file: "src/faces/mqtt/kettle.rs".into(), line, english });
    let told = missing(&said.collect::<Vec<_>>());
    assert!(told.starts_with("in src/web/i18n/said/rooms/mqtt.rs:\n"), "{told}");
    assert!(told.contains("\"{} kettles boil over\", \"\"; // src/faces/mqtt/kettle.rs:11"), "{told}");
}

#[test]
fn the_catalogue_and_the_exceptions_list_nothing_that_nobody_says() {
    let house = literals::of_the_house();
    // The catalogue is a source itself.
    let others = house.iter().filter(|said| !said.file.starts_with("src/web/i18n"));
    let said: BTreeSet<&str> = others.map(|said| said.english.as_str()).collect();
    let listed = rooms::OF_THE_SOURCES.iter().copied().flatten().map(|(english, _)| *english);
    let dead: Vec<&str> =
        listed.chain(NO_SENTENCES.iter().map(|(text, _)| *text)).filter(|text| !said.contains(text)).collect();
    assert!(dead.is_empty(), "nobody says this any more; take it out of the catalogue: {dead:#?}");
    for (place, reason) in UNSEEN {
        assert!(house.iter().any(|said| said.file.starts_with(place)), "{place} ({reason}) says nothing: no exception");
    }
}
