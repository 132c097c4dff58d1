//! Packets of MQTT as the benches' own brokers read them.

/// First byte, body and whole length of the packet at the front, when it is whole.
pub(crate) fn packet(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (first, mut length, mut at) = (*bytes.first()?, 0usize, 1);
    loop {
        let byte = *bytes.get(at)?;
        length |= usize::from(byte & 0x7F) << (7 * (at - 1));
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((first, bytes.get(at..at + length)?, at + length))
}
