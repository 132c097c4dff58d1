//! What a reply to a given request must look like: the test every received frame has to pass.

use super::rtu::{EXCEPTION_BIT, EXCEPTION_FRAME};

/// The form of the right reply to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplyShape {
    function: u8,
    body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Body {
    /// A byte count and so many bytes.
    Counted(u16),
    /// These bytes of the request again: address and value, or address and quantity.
    Echo { bytes: [u8; 6], length: u8 },
    /// A function whose reply has a form we do not know: any.
    Open,
}

impl ReplyShape {
    /// The shape of the reply to a request PDU; `None` for bytes that are no request.
    pub fn of(request: &[u8]) -> Option<Self> {
        let (&function, data) = request.split_first()?;
        if function == 0 || EXCEPTION_BIT <= function {
            return None;
        }
        let quantity = || data.get(2..4).map(|two| u16::from_be_bytes([two[0], two[1]]));
        let echo = |length: u8| {
            let mut bytes = [0; 6];
            let part = data.get(..usize::from(length))?;
            bytes.get_mut(..part.len())?.copy_from_slice(part);
            Some(Body::Echo { bytes, length })
        };
        let body = match function {
            1 | 2 => Body::Counted(quantity()?.div_ceil(8)),
            3 | 4 | 23 => Body::Counted(quantity()?.saturating_mul(2)),
            5 | 6 | 15 | 16 => echo(4)?,
            22 => echo(6)?,
            _ => Body::Open,
        };
        Some(Self { function, body })
    }

    /// The function code asked for.
    pub fn function(&self) -> u8 {
        self.function
    }

    /// Whether a reply of this shape cannot be told by its bytes, only by the silence after it.
    pub fn is_open(&self) -> bool {
        self.body == Body::Open
    }

    /// Bytes of the PDU of the normal reply.
    pub fn pdu_length(&self) -> Option<usize> {
        self.frame_length().map(|frame| frame - 3)
    }

    /// Bytes of the whole serial frame of the normal reply.
    pub fn frame_length(&self) -> Option<usize> {
        match self.body {
            Body::Counted(bytes) => Some(5 + usize::from(bytes)),
            Body::Echo { length, .. } => Some(4 + usize::from(length)),
            Body::Open => None,
        }
    }

    /// Whether this whole PDU is a reply to the request: the same function and the byte count or echo it must have, or
    /// that function's exception.
    pub fn accepts(&self, reply: &[u8]) -> bool {
        let Some((&function, data)) = reply.split_first() else { return false };
        if function == self.function | EXCEPTION_BIT {
            return data.len() == 1;
        }
        function == self.function
            && match self.body {
                Body::Counted(bytes) => {
                    data.first().is_some_and(|count| u16::from(*count) == bytes) && data.len() == 1 + usize::from(bytes)
                }
                Body::Echo { bytes, length } => bytes.get(..usize::from(length)) == Some(data),
                Body::Open => true,
            }
    }

    /// The length of the serial frame that begins with these bytes, if it may become the reply of `unit`:
    /// `None` as soon as a byte contradicts.
    pub fn candidate(&self, unit: u8, head: &[u8]) -> Option<usize> {
        let fits = |at: usize, byte: u8| head.get(at).is_none_or(|seen| *seen == byte);
        if !fits(0, unit) {
            return None;
        }
        if head.get(1) == Some(&(self.function | EXCEPTION_BIT)) {
            return Some(EXCEPTION_FRAME);
        }
        if !fits(1, self.function) {
            return None;
        }
        let count_fits = match self.body {
            Body::Counted(bytes) => u8::try_from(bytes).is_ok_and(|bytes| fits(2, bytes)),
            Body::Echo { bytes, length } => (0..usize::from(length)).all(|at| fits(2 + at, bytes[at])),
            Body::Open => false,
        };
        if count_fits { self.frame_length() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &[u8], reply: &[u8], expect: bool) {
        let shape = ReplyShape::of(request).unwrap();
        assert_eq!(shape.accepts(reply), expect, "{request:02X?} <- {reply:02X?}");
        if !shape.is_open() {
            let framed = crate::modbus::rtu::frame(9, reply);
            assert_eq!(shape.candidate(9, &framed) == Some(framed.len()), expect);
        }
    }

    #[test]
    fn only_the_right_reply_is_accepted() {
        let read = [3, 0, 0, 0, 2];
        check(&read, &[3, 4, 1, 2, 3, 4], true);
        check(&read, &[3, 2, 1, 2], false);
        check(&read, &[3, 4, 1, 2], false);
        check(&read, &[4, 4, 1, 2, 3, 4], false);
        check(&read, &[0x83, 2], true);
        check(&read, &[0x84, 2], false);
        check(&[1, 0, 0, 0, 9], &[1, 2, 0xFF, 1], true);
        check(&[1, 0, 0, 0, 9], &[1, 1, 0xFF], false);
        check(&[5, 0, 1, 0xFF, 0], &[5, 0, 1, 0xFF, 0], true);
        check(&[5, 0, 1, 0xFF, 0], &[5, 0, 2, 0xFF, 0], false);
        check(&[6, 0, 1, 0, 7], &[6, 0, 1, 0, 8], false);
        check(&[16, 0, 1, 0, 1, 2, 0, 7], &[16, 0, 1, 0, 1], true);
        check(&[16, 0, 1, 0, 1, 2, 0, 7], &[16, 0, 1, 0, 2], false);
        check(&[0x41, 1, 2], &[0x41], true);
    }

    #[test]
    fn what_is_no_request_has_no_shape() {
        assert_eq!(ReplyShape::of(&[]), None);
        assert_eq!(ReplyShape::of(&[3, 0]), None);
        assert_eq!(ReplyShape::of(&[0x83, 1]), None);
    }

    #[test]
    fn a_contradicting_byte_ends_the_hope_early() {
        let shape = ReplyShape::of(&[3, 0, 0, 0, 2]).unwrap();
        assert_eq!(shape.candidate(9, &[]), Some(9));
        assert_eq!(shape.candidate(9, &[9]), Some(9));
        assert_eq!(shape.candidate(9, &[8]), None);
        assert_eq!(shape.candidate(9, &[9, 4]), None);
        assert_eq!(shape.candidate(9, &[9, 3, 2]), None);
        assert_eq!(shape.candidate(9, &[9, 0x83]), Some(5));
    }
}
