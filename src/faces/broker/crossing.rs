//! Messages that come over bridges, and those that go out by them.

use super::filter::is_publishable;
use super::hub::Hub;
use crate::config::publication::Qos;
use crate::runtime::bridges::{Bridges, Crossing, Entering, Properties, VIA};
use bytes::Bytes;
use rmqtt::codec::v5::PublishProperties;
use rmqtt::context::ServerContext;
use rmqtt::types::{ClientId, CodecPublish, From, FromType, Id, Publish, QoS, Retain, TopicFilter};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// How the broker's own books call a bridge; kept with what it retains, so that this does not go back after a restart.
const SENDER: &str = "$bridge/";

/// Publishes what bridges bring, one message after the other, and tells them what is retained. Who brings what is to be on
/// the disk is told by way of `to_keeper`. Ends with the last bridge and the broker.
pub(super) async fn take_in(
    context: ServerContext,
    hub: Arc<Hub>,
    mut entering: mpsc::Receiver<Entering>,
    to_keeper: mpsc::Sender<oneshot::Sender<()>>,
) {
    while let Some(request) = entering.recv().await {
        match request {
            Entering::Message { bridge, message, yields, taken } => {
                let lasts = message.retain && message.qos != Qos::AtMostOnce;
                if !yields || retained(&context, &bridge, &[message.topic.to_string()]).await.is_empty() {
                    publish(&context, &hub, &bridge, message).await;
                }
                // In either case a bridge that has gone meanwhile needs no word.
                if lasts {
                    drop(to_keeper.send(taken).await);
                } else {
                    taken.send(()).ok();
                }
            }
            Entering::Retained { bridge, filters, reply } => {
                // A bridge that has gone meanwhile needs no answer.
                drop(reply.send(retained(&context, &bridge, &filters).await));
            }
        }
    }
}

async fn publish(context: &ServerContext, hub: &Hub, bridge: &str, message: Crossing) {
    if let Err(why) = check(hub, &message) {
        return hub.refuse(format_args!("bridge {bridge}"), why);
    }
    let publish = Publish::from(packet(message));
    let id = Id::new(context.node.id(), 0, None, None, ClientId::from(format!("{SENDER}{bridge}")), None);
    let from = From::from_bridge(id);
    if publish.retain {
        let retain = Retain { msg_id: None, from: from.clone(), publish: publish.clone() };
        if let Err(error) = context.extends.retain().await.set(&publish.topic, retain, None).await {
            tracing::debug!(%error, "a bridge's message is not retained");
        }
    }
    // Whom it does not reach has too much waiting already, which is counted.
    drop(context.extends.shared().await.forwards(None, from, publish).await);
}

/// What holds for clients holds for bridges.
fn check(hub: &Hub, message: &Crossing) -> Result<(), String> {
    let (size, limit) = (message.topic.len() + message.payload.len(), hub.max_message());
    if limit < size {
        return Err(format!("a message of {size} bytes is larger than the {limit} allowed"));
    }
    if is_publishable(&message.topic) { Ok(()) } else { Err("an impossible topic".to_owned()) }
}

async fn retained(context: &ServerContext, bridge: &str, filters: &[String]) -> Vec<Crossing> {
    let mut messages = Vec::new();
    // Filters may overlap.
    let mut known = HashSet::new();
    for filter in filters {
        let found = context.extends.retain().await.get(&TopicFilter::from(filter.as_str())).await;
        for (topic, retain) in found.unwrap_or_default() {
            if came_by(&retain.from) != Some(bridge) && known.insert(topic) {
                messages.push(Crossing { retain: true, ..crossing(&retain.from, &retain.publish) });
            }
        }
    }
    messages
}

/// The bridge a message came by.
pub(super) fn came_by(from: &From) -> Option<&str> {
    from.id.client_id.strip_prefix(SENDER)
}

/// Whether a client sends a message that was here before, by way of other brokers. Bridges look for themselves, before
/// they add the mark of this one.
pub(super) fn came_round(bridges: &Bridges, from: &From, publish: &Publish) -> bool {
    !matches!(from.typ(), FromType::Bridge) && bridges.came_round(marks(publish))
}

/// The marks of the brokers a message came through.
fn marks(publish: &Publish) -> impl Iterator<Item = &str> {
    let properties = publish.properties.iter().flat_map(|properties| &properties.user_properties);
    properties.filter(|(name, _)| name.as_ref() as &str == VIA).map(|(_, mark)| mark.as_ref())
}

/// A copy of a message for the bridges; it holds on to no read buffer.
pub(super) fn crossing(from: &From, publish: &Publish) -> Crossing {
    let mut sender = DefaultHasher::new();
    from.id.client_id.hash(&mut sender);
    Crossing {
        topic: (publish.topic.as_ref() as &str).into(),
        payload: Bytes::copy_from_slice(&publish.payload),
        qos: match publish.qos {
            QoS::AtMostOnce => Qos::AtMostOnce,
            QoS::AtLeastOnce => Qos::AtLeastOnce,
            QoS::ExactlyOnce => Qos::ExactlyOnce,
        },
        retain: publish.retain,
        properties: publish.properties.as_ref().map(properties).unwrap_or_default(),
        sender: sender.finish(),
    }
}

fn properties(of: &PublishProperties) -> Properties {
    let text = |text: &str| text.to_owned();
    Properties {
        user: of.user_properties.iter().map(|(name, value)| (text(name), text(value))).collect(),
        content_type: of.content_type.as_ref().map(|kind| text(kind)),
        response_topic: of.response_topic.as_ref().map(|topic| text(topic)),
        correlation: of.correlation_data.as_ref().map(|data| data.to_vec()),
        expiry_s: of.message_expiry_interval.map(NonZeroU32::get),
        text: of.is_utf8_payload,
    }
}

fn packet(message: Crossing) -> CodecPublish {
    let Crossing { topic, payload, qos, retain, properties, sender: _ } = message;
    let plain = properties == Properties::default();
    CodecPublish {
        dup: false,
        retain,
        qos: match qos {
            Qos::AtMostOnce => QoS::AtMostOnce,
            Qos::AtLeastOnce => QoS::AtLeastOnce,
            Qos::ExactlyOnce => QoS::ExactlyOnce,
        },
        topic: (&*topic).into(),
        packet_id: None,
        payload,
        properties: (!plain).then(|| PublishProperties {
            user_properties: properties.user.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            content_type: properties.content_type.map(Into::into),
            response_topic: properties.response_topic.map(Into::into),
            correlation_data: properties.correlation.map(Bytes::from),
            message_expiry_interval: properties.expiry_s.and_then(NonZeroU32::new),
            is_utf8_payload: properties.text,
            ..PublishProperties::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_crosses_with_all_that_mqtt_5_says_beside_it() {
        let message = Crossing {
            topic: "press/온도".into(),
            payload: Bytes::from_static(b"42"),
            qos: Qos::ExactlyOnce,
            retain: true,
            properties: Properties {
                user: vec![(VIA.to_owned(), "there".to_owned()), ("unit".to_owned(), "mm".to_owned())],
                content_type: Some("text/plain".to_owned()),
                response_topic: Some("answers".to_owned()),
                correlation: Some(vec![1, 2]),
                expiry_s: Some(60),
                text: true,
            },
            sender: 0,
        };
        let from = From::from_system(Id::from(1, ClientId::new()));
        let crossing = |publish: &Publish| Crossing { sender: 0, ..crossing(&from, publish) };
        let publish = Publish::from(packet(message.clone()));
        assert_eq!(crossing(&publish), message);
        assert_eq!(marks(&publish).collect::<Vec<_>>(), ["there"]);
        let plain = Crossing { properties: Properties::default(), ..message };
        assert!(packet(plain.clone()).properties.is_none());
        assert_eq!(crossing(&Publish::from(packet(plain.clone()))), plain);
    }
}
