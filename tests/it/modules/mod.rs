//! I/O modules through the real doors: REST, MQTT, restarts.

mod doors;
mod iothinx;
mod kept;
mod mqtt;

use crate::support::gateway::TestGateway;
use crate::support::wait::eventually;
use serde_json::Value as Json;

/// An attribute of a tag as REST shows it, once it is this.
pub(crate) async fn until(gateway: &TestGateway, tag: &str, attribute: &str, expect: Json) {
    let word = dinrail::tag::attribute::Attribute::parse(attribute).unwrap();
    let look = || {
        let view = gateway.tag(tag)?;
        let now = dinrail::platform::clock::now();
        Some(view.def.attribute_json(word, &view.state, now)).filter(|found| *found == expect)
    };
    eventually(async || look(), &format!("{tag}/{attribute} = {expect}")).await;
}
