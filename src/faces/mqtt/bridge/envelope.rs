//! A message with what MQTT 5 says beside it, as one payload for the queue.

use crate::runtime::bridges::Properties;
use bytes::Bytes;

/// Bytes that say how long the properties are.
const HEAD: usize = 4;

/// Closes one: the length of the properties, the properties in JSON, the payload.
pub(super) fn close(properties: &Properties, payload: &[u8]) -> Vec<u8> {
    let text = match properties {
        none if *none == Properties::default() => Vec::new(),
        some => serde_json::to_vec(some).unwrap_or_default(),
    };
    let mut envelope = Vec::with_capacity(HEAD + text.len() + payload.len());
    envelope.extend(u32::try_from(text.len()).unwrap_or_default().to_be_bytes());
    envelope.extend(text);
    envelope.extend(payload);
    envelope
}

/// Opens one. What is no envelope has an empty payload.
pub(super) fn open(envelope: &Bytes) -> (Properties, Bytes) {
    let length = envelope.first_chunk::<HEAD>().map(|head| u32::from_be_bytes(*head));
    let end = length.and_then(|length| usize::try_from(length).ok()?.checked_add(HEAD));
    let Some((end, text)) = end.and_then(|end| Some((end, envelope.get(HEAD..end)?))) else {
        return (Properties::default(), Bytes::new());
    };
    (serde_json::from_slice(text).unwrap_or_default(), envelope.slice(end..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(user: Vec<(String, String)>, text: bool, expiry_s: Option<u32>,
                correlation: Option<Vec<u8>>, content_type: Option<String>, payload: Vec<u8>) {
            let properties = Properties { user, content_type, response_topic: None, correlation, expiry_s, text };
            let opened = open(&close(&properties, &payload).into());
            prop_assert_eq!(opened, (properties, Bytes::from(payload)));
        }

        #[test]
        fn any_bytes_can_be_opened(bytes: Vec<u8>) {
            open(&bytes.into());
        }
    }
}
