//! Commands in the forms of clouds: what a message asks for, and how its results are told. From which manual, `config::commands`
//! says.

use crate::config::cloud::CloudConfig;
use crate::config::commands::CloudCommands;
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use serde_json::{Map, Value as Json, json};

/// Tags that one message can ask for; as many commands as may run at once.
const MOST: usize = 128;

/// What a message asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Each point with the value it shall have.
    pub wanted: Vec<(Point, Json)>,
    /// What the answer repeats: the number of the request, or of the version.
    pub token: Json,
}

/// A message that cannot be understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Misread {
    /// A sentence.
    pub why: String,
    /// As in [`Asked`].
    pub token: Json,
}

/// A point as a cloud names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The tag.
    pub tag: TagName,
    /// Which of its attributes.
    pub attribute: Attribute,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Which.
    pub point: Point,
    /// What was asked for.
    pub asked: Json,
    /// The value as read back or accepted, or why there is none.
    pub result: Result<Json, String>,
}

impl Point {
    /// `group/name` or `group/name/attribute`; none for what is not ours.
    pub fn parse(key: &str) -> Option<Self> {
        let mut halves = key.splitn(3, '/');
        let tag = TagName::join(halves.next()?, halves.next()?).ok()?;
        let attribute = halves.next().map_or(Some(Attribute::Value), Attribute::parse)?;
        Some(Self { tag, attribute })
    }

    /// How it is named there.
    pub fn key(&self) -> String {
        match self.attribute {
            Attribute::Value => self.tag.as_str().to_owned(),
            attribute => format!("{}/{attribute}", self.tag),
        }
    }
}

/// What a message on one of the filters asks for; nothing, where it asks for nothing of ours. A request without a tag is
/// about `only`.
pub fn read(
    commands: &CloudCommands,
    topic: &str,
    payload: &[u8],
    only: Option<&TagName>,
) -> Option<Result<Asked, Misread>> {
    // The number of a request stands in its topic, so that even a broken one is answered.
    let of_topic = token_of(commands, topic)?;
    let json: Json = match serde_json::from_slice(payload) {
        Ok(json) => json,
        // A method without an argument has an empty payload.
        Err(_) if payload.is_empty() => Json::Null,
        Err(error) => return Some(Err(Misread { why: format!("the payload is not JSON: {error}"), token: of_topic })),
    };
    let (wanted, token) = match commands {
        CloudCommands::Rpc => {
            let method = json.get("method").and_then(Json::as_str).unwrap_or_default();
            (request(method, json.get("params").unwrap_or(&Json::Null), only), of_topic)
        }
        CloudCommands::Methods => {
            let method = topic.split('/').nth(3).unwrap_or_default();
            (request(method, &json, only), of_topic)
        }
        CloudCommands::Commands(_) => (request("", &json, only), of_topic),
        CloudCommands::SharedAttributes => {
            let answers = topic.starts_with(ATTRIBUTES_ANSWER);
            let shared = if answers { json.get("shared") } else { Some(&json) };
            // Of what was set while we were away only what was not carried out: what was moved since by others stays so.
            let carried_out = |key: &str, value: &Json| {
                let told = json.get("client").filter(|_| answers);
                told.and_then(|told| told.get(asked_key(key))).is_some_and(|asked| is_same(asked, value))
            };
            (Ok(members(shared, |key, value| !carried_out(key, value))), of_topic)
        }
        CloudCommands::Delta(_) => {
            let pointer = if topic.ends_with("/get/accepted") { "/state/delta" } else { "/state" };
            (Ok(members(json.pointer(pointer), |_, _| true)), repeated(json.get("version")))
        }
        CloudCommands::Desired => {
            let whole = json.get("desired");
            let desired = whole.unwrap_or(&json);
            // Of the whole twin only what was not reached yet: it is asked for at each connect.
            let reached = |key: &str, value: &Json| {
                let reported = json.get("reported").and_then(|reported| reported.get(key));
                reported.is_some_and(|told| {
                    let acknowledged = told.get("value").is_some_and(|told| is_same(told, value));
                    is_same(told, value) || (acknowledged && told.get("ac") == Some(&json!(200)))
                })
            };
            let wanted = members(Some(desired), |key, value| whole.is_none() || !reached(key, value));
            (Ok(wanted), repeated(desired.get("$version")))
        }
        CloudCommands::Properties(_) => {
            let params = json.get("params").and_then(Json::as_object);
            let pairs = params.into_iter().flatten();
            let known = pairs.filter_map(|(key, value)| Some((Point::parse(&key.replace(':', "/"))?, value.clone())));
            (Ok(known.collect()), repeated(json.get("id")))
        }
    };
    Some(match wanted {
        Ok(wanted) if MOST < wanted.len() => {
            Err(Misread { why: format!("a message asks for at most {MOST} tags"), token })
        }
        Ok(wanted) if wanted.is_empty() => match commands {
            CloudCommands::Properties(_) => {
                Err(Misread { why: "none of the properties is a tag such as `oven:setpoint`".to_owned(), token })
            }
            _ => return None,
        },
        Ok(wanted) => Ok(Asked { wanted, token }),
        Err(why) => Err(Misread { why, token }),
    })
}

/// Where ThingsBoard answers what is asked for by [`question`], before its number.
const ATTRIBUTES_ANSWER: &str = "v1/devices/me/attributes/response/";

/// The question for the shared attributes of these points, with what was told of them when they were written: topic,
/// payload, and the topic of the answer. `number` is any that no other question has whose answer is still to come.
pub fn question(number: u32, points: &[Point]) -> (String, String, String) {
    let names = |of: fn(&str) -> String| points.iter().map(|point| of(&point.key())).collect::<Vec<_>>().join(",");
    let payload = json!({"clientKeys": names(asked_key), "sharedKeys": names(str::to_owned)});
    let topic = format!("v1/devices/me/attributes/request/{number}");
    (topic, payload.to_string(), format!("{ATTRIBUTES_ANSWER}{number}"))
}

/// The attribute of ours that keeps the value which was asked for and written, as it was asked.
fn asked_key(key: &str) -> String {
    format!("{key}/asked")
}

/// Whether two values are the same to a cloud, which may write a number in its own way.
fn is_same(one: &Json, other: &Json) -> bool {
    let number = |json: &Json| json.as_f64().map(|x| (x + 0.0).to_bits());
    one == other || number(one).is_some_and(|one| number(other) == Some(one))
}

/// What an answer says back of a message: single values, and of texts short ones.
fn repeated(json: Option<&Json>) -> Json {
    const LONGEST: usize = 256;
    match json {
        None | Some(Json::Array(_) | Json::Object(_)) => Json::Null,
        Some(Json::String(text)) if LONGEST < text.len() => Json::Null,
        Some(single) => single.clone(),
    }
}

/// Bytes of what a cloud says of a report; more is not looked at.
const LARGEST_COMPLAINT: usize = 64 * 1024;

/// What a cloud says of a report of ours that it did not take.
pub fn complaint(cloud: &CloudConfig, topic: &str, payload: &[u8]) -> Option<String> {
    // Whoever publishes to us decides how large it is: nothing is read that cannot be a complaint.
    let read = || -> Json {
        let small = Some(payload).filter(|payload| payload.len() <= LARGEST_COMPLAINT);
        small.and_then(|payload| serde_json::from_slice(payload).ok()).unwrap_or_default()
    };
    let text = |json: &Json, member: &str| {
        json.get(member).map(|json| json.as_str().map_or_else(|| json.to_string(), str::to_owned))
    };
    let (code, why) = match cloud {
        // "Device Shadow error messages": `{"code": 413, "message": "..."}`.
        CloudConfig::Aws(_) => {
            let json = topic.ends_with("/update/rejected").then(read)?;
            (text(&json, "code"), text(&json, "message"))
        }
        // "Update device twin's reported properties": the status stands in the topic.
        CloudConfig::Azure(_) => {
            let (status, rid) = topic.strip_prefix("$iothub/twin/res/")?.split_once("/?$rid=")?;
            // The answer to the question after a connect is none to a report.
            let bad = !status.starts_with('2') && !rid.starts_with("twin");
            bad.then(|| (Some(status.to_owned()), text(&read(), "message")))?
        }
        // "Report properties": `{"code": 200, ...}` is good.
        CloudConfig::Alibaba(_) => {
            let json = topic.ends_with("/post_reply").then(read)?;
            let bad = json.get("code").is_some_and(|code| *code != 200);
            bad.then(|| (text(&json, "code"), text(&json, "message")))?
        }
        _ => return None,
    };
    let why: String = why.unwrap_or_default().chars().take(200).collect();
    Some(format!("the cloud does not take what is reported: {} {why}", code.unwrap_or_default()).trim_end().to_owned())
}

/// Whether a topic is one that commands come in on, and the number of the request in it.
pub fn token_of(commands: &CloudCommands, topic: &str) -> Option<Json> {
    let numbered = |rest: &str| rest.split_once("?$rid=").map(|(_, number)| Json::from(number));
    let plain = |known: bool| known.then_some(Json::Null);
    match commands {
        CloudCommands::Rpc => topic.strip_prefix("v1/devices/me/rpc/request/").map(Json::from),
        CloudCommands::SharedAttributes => {
            plain(topic == "v1/devices/me/attributes" || topic.starts_with(ATTRIBUTES_ANSWER))
        }
        CloudCommands::Delta(shadow) => {
            let rest = topic.strip_prefix(shadow.as_str())?;
            plain(rest == "/update/delta" || rest == "/get/accepted")
        }
        CloudCommands::Methods => numbered(topic.strip_prefix("$iothub/methods/POST/")?),
        CloudCommands::Desired => plain(
            topic.starts_with("$iothub/twin/PATCH/properties/desired/")
                || topic.starts_with("$iothub/twin/res/200/?$rid=twin"),
        ),
        CloudCommands::Properties(thing) => plain(topic.strip_prefix(thing.as_str())? == "/service/property/set"),
        CloudCommands::Commands(device) => plain(topic.strip_prefix(device.as_str())?.starts_with("/commands")),
    }
}

/// `{"tag": "oven/setpoint", "value": 180}`, `{"oven/setpoint": 180}`, or a bare value for the tag that the method is
/// named after, or for the only one.
fn request(method: &str, params: &Json, only: Option<&TagName>) -> Result<Vec<(Point, Json)>, String> {
    let none = "the request names no tag: send `{\"tag\": \"oven/setpoint\", \"value\": 180}`";
    match params {
        Json::Object(map) => match (map.get("tag").and_then(Json::as_str), map.get("value")) {
            (Some(tag), Some(value)) => {
                let point = Point::parse(tag).ok_or_else(|| {
                    let shown: String = tag.chars().take(60).collect();
                    format!("`{shown}` is not the name of a tag")
                })?;
                Ok(vec![(point, value.clone())])
            }
            (None, Some(value)) if map.len() == 1 => bare(method, value, only).ok_or_else(|| none.to_owned()),
            _ => {
                let wanted = members(Some(params), |_, _| true);
                if wanted.is_empty() { Err(none.to_owned()) } else { Ok(wanted) }
            }
        },
        bare_value => bare(method, bare_value, only).ok_or_else(|| none.to_owned()),
    }
}

fn bare(method: &str, value: &Json, only: Option<&TagName>) -> Option<Vec<(Point, Json)>> {
    let only = || only.map(|tag| Point { tag: tag.clone(), attribute: Attribute::Value });
    Some(vec![(Point::parse(method).or_else(only)?, value.clone())])
}

/// The members of an object that are named like tags; null is no wish.
fn members(json: Option<&Json>, wish: impl Fn(&str, &Json) -> bool) -> Vec<(Point, Json)> {
    let pairs = json.and_then(Json::as_object).into_iter().flatten();
    let ours = pairs.filter(|(key, value)| !value.is_null() && wish(key, value));
    ours.filter_map(|(key, value)| Some((Point::parse(key)?, value.clone()))).collect()
}

/// The answer to a message, all of whose commands have ended: topic and payload.
pub fn answer(commands: &CloudCommands, token: &Json, outcomes: &[Outcome]) -> (String, String) {
    let failed = outcomes.iter().find_map(|outcome| outcome.result.as_ref().err());
    let body = match commands {
        CloudCommands::Delta(_) => json!({"state": {"reported": kept(outcomes, Json::Null)}}),
        CloudCommands::SharedAttributes => Json::Object(written(outcomes)),
        CloudCommands::Desired => Json::Object(acknowledged(outcomes, token)),
        CloudCommands::Properties(_) => {
            let (code, message) = if let Some(why) = failed { (460, why.as_str()) } else { (200, "success") };
            json!({"code": code, "data": {}, "id": token, "message": message, "version": "1.0"})
        }
        CloudCommands::Rpc | CloudCommands::Methods | CloudCommands::Commands(_) => Json::Object(each(outcomes)),
    };
    (answer_topic(commands, token, failed.is_none()), body.to_string())
}

/// The answer to a message that could not be understood; none where the cloud would take it for a state.
pub fn misread(commands: &CloudCommands, misread: &Misread) -> Option<(String, String)> {
    let Misread { why, token } = misread;
    let body = match commands {
        CloudCommands::Rpc | CloudCommands::Methods | CloudCommands::Commands(_) => json!({"error": why}),
        CloudCommands::Properties(_) => {
            json!({"code": 460, "data": {}, "id": token, "message": why, "version": "1.0"})
        }
        CloudCommands::SharedAttributes | CloudCommands::Delta(_) | CloudCommands::Desired => return None,
    };
    Some((answer_topic(commands, token, false), body.to_string()))
}

fn answer_topic(commands: &CloudCommands, token: &Json, good: bool) -> String {
    let number = token.as_str().unwrap_or_default();
    match commands {
        CloudCommands::Rpc => format!("v1/devices/me/rpc/response/{number}"),
        CloudCommands::SharedAttributes => "v1/devices/me/attributes".to_owned(),
        CloudCommands::Delta(shadow) => format!("{shadow}/update"),
        CloudCommands::Methods => format!("$iothub/methods/res/{}/?$rid={number}", if good { 200 } else { 400 }),
        CloudCommands::Desired => "$iothub/twin/PATCH/properties/reported/?$rid=answer".to_owned(),
        CloudCommands::Properties(thing) => format!("{thing}/service/property/set_reply"),
        CloudCommands::Commands(device) => format!("{device}/events/results"),
    }
}

/// `{"oven/setpoint": {"ok": true, "value": 180}}`.
fn each(outcomes: &[Outcome]) -> Map<String, Json> {
    let told = |outcome: &Outcome| match &outcome.result {
        Ok(value) => json!({"ok": true, "value": value}),
        Err(why) => json!({"ok": false, "error": why}),
    };
    outcomes.iter().map(|outcome| (outcome.point.key(), told(outcome))).collect()
}

/// `{"oven/setpoint": 180, "oven/setpoint/error": null}`; what was refused keeps its state and says why.
fn kept(outcomes: &[Outcome], fine: Json) -> Map<String, Json> {
    let mut map = Map::new();
    for Outcome { point, result, .. } in outcomes {
        let (key, error) = (point.key(), format!("{}/error", point.key()));
        match result {
            Ok(value) => {
                map.insert(key, value.clone());
                map.insert(error, fine.clone());
            }
            Err(why) => {
                map.insert(error, json!(why));
            }
        }
    }
    map
}

/// `{"oven/setpoint/asked": 180, "oven/setpoint/written": 180, "oven/setpoint/error": ""}`: beside the shared attribute,
/// which is the server's.
fn written(outcomes: &[Outcome]) -> Map<String, Json> {
    let mut map = Map::new();
    for Outcome { point, asked, result } in outcomes {
        let key = point.key();
        match result {
            Ok(value) => {
                map.insert(asked_key(&key), asked.clone());
                map.insert(format!("{key}/written"), value.clone());
                map.insert(format!("{key}/error"), json!(""));
            }
            Err(why) => {
                map.insert(format!("{key}/error"), json!(why));
            }
        }
    }
    map
}

/// `{"oven/setpoint": {"value": 180, "ac": 200, "av": 3, "ad": "written"}}`: the answer to a writable property ("IoT Plug and
/// Play conventions").
fn acknowledged(outcomes: &[Outcome], version: &Json) -> Map<String, Json> {
    let told = |Outcome { asked, result, .. }: &Outcome| match result {
        Ok(value) => json!({"value": value, "ac": 200, "av": version, "ad": "written"}),
        Err(why) => json!({"value": repeated(Some(asked)), "ac": 400, "av": version, "ad": why}),
    };
    outcomes.iter().map(|outcome| (outcome.point.key(), told(outcome))).collect()
}

#[cfg(test)]
mod tests;
