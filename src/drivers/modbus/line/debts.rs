//! Requests whose reply may still come: a late reply must never be taken for the reply to something else.
//!
//! RTU replies carry no transaction number. A reply to an earlier request can be told from the present one only by its
//! form, so before a request whose reply could be confused with one still owed, the line asks the device something
//! whose reply looks different (`resync`). Devices answer in order: once that reply is here, nothing older can follow.

use crate::modbus::shape::ReplyShape;

/// Owed replies of one form kept per unit: more than a device can have waiting.
const KEPT_ALIKE: usize = 4;
/// Owed replies kept per unit in all; only writes to a silent device, each with another echo, come near it.
const KEPT: usize = 64;

#[derive(Debug)]
struct Debt {
    unit: u8,
    shape: ReplyShape,
    request: Vec<u8>,
}

/// All replies owed, oldest first.
#[derive(Debug, Default)]
pub(super) struct Debts(Vec<Debt>);

impl Debts {
    /// A request was sent.
    pub(super) fn sent(&mut self, unit: u8, shape: ReplyShape, request: &[u8]) {
        self.cap(KEPT_ALIKE, |debt| debt.unit == unit && debt.shape == shape);
        self.cap(KEPT, |debt| debt.unit == unit);
        self.0.push(Debt { unit, shape, request: request.to_vec() });
    }

    /// Makes room for one more of these by letting go of the oldest.
    fn cap(&mut self, most: usize, of_these: impl Fn(&Debt) -> bool) {
        if most <= self.0.iter().filter(|debt| of_these(debt)).count()
            && let Some(oldest) = self.0.iter().position(&of_these)
        {
            self.0.remove(oldest);
        }
    }

    /// Whether the reply to this request could be confused with one owed for a different request.
    pub(super) fn confuse(&self, unit: u8, shape: ReplyShape, request: &[u8]) -> bool {
        self.0.iter().any(|debt| debt.unit == unit && debt.shape == shape && debt.request != request)
    }

    /// Whether a reply of this form is owed.
    pub(super) fn owes(&self, unit: u8, shape: ReplyShape) -> bool {
        self.0.iter().any(|debt| debt.unit == unit && debt.shape == shape)
    }

    /// A frame came while we waited for the newest request's reply and was taken for it. If nothing older could have
    /// sent it, nothing older can follow.
    ///
    /// False: an older request's reply has the same form, so the newest one is still owed.
    pub(super) fn answered(&mut self, unit: u8, pdu: &[u8]) -> bool {
        let mut of_unit = self.0.iter().enumerate().filter(|(_, debt)| debt.unit == unit);
        let newest = of_unit.clone().next_back().map(|(at, _)| at);
        let paid = of_unit.find(|(_, debt)| debt.shape.accepts(pdu)).map(|(at, _)| at);
        match paid {
            Some(at) if paid != newest => {
                self.0.remove(at);
                false
            }
            _ => {
                self.0.retain(|debt| debt.unit != unit);
                true
            }
        }
    }

    /// A frame came that we did not wait for: true if it was owed, so it is late and not foreign.
    pub(super) fn late(&mut self, unit: u8, pdu: &[u8]) -> bool {
        match self.0.iter().position(|debt| debt.unit == unit && debt.shape.accepts(pdu)) {
            Some(at) => {
                self.0.remove(at);
                true
            }
            None => false,
        }
    }

    /// The newest request's reply came and was broken: the oldest reply of its form is paid.
    pub(super) fn broken(&mut self, unit: u8, shape: ReplyShape) {
        if let Some(at) = self.0.iter().position(|debt| debt.unit == unit && debt.shape == shape) {
            self.0.remove(at);
        }
    }

    /// A request that surely gets no reply looking like its shape: one whose reply's form is not owed. `None` when
    /// every form tried is owed.
    pub(super) fn resync(&self, unit: u8, request: &[u8]) -> Option<(ReplyShape, Vec<u8>)> {
        let address = |pdu: &[u8]| pdu.get(1..3).map_or([0, 0], |two| [two[0], two[1]]);
        let [high, low] = address(request);
        let function = match request.first() {
            Some(1 | 5 | 15) => 1,
            Some(2) => 2,
            Some(4) => 4,
            _ => 3,
        };
        // One item where the request itself reads is legal wherever the request is; if not, an exception says as much.
        let quantities: [u8; 3] = if function <= 2 { [1, 9, 17] } else { [1, 2, 3] };
        let functions = [function, 3, 4, 1];
        functions.iter().flat_map(|function| quantities.map(|quantity| (*function, quantity))).find_map(
            |(function, quantity)| {
                let pdu = vec![function, high, low, 0, quantity];
                let shape = ReplyShape::of(&pdu)?;
                (!self.owes(unit, shape)).then_some((shape, pdu))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 5] = [3, 0, 0, 0, 2];
    const B: [u8; 5] = [3, 0, 9, 0, 2];
    const WIDE: [u8; 5] = [3, 0, 0, 0, 4];
    const REPLY: [u8; 6] = [3, 4, 0, 0, 0, 0];
    const WIDE_REPLY: [u8; 10] = [3, 8, 0, 0, 0, 0, 0, 0, 0, 0];

    fn shape(pdu: &[u8]) -> ReplyShape {
        ReplyShape::of(pdu).unwrap()
    }

    fn owing(requests: &[&[u8]]) -> Debts {
        let mut debts = Debts::default();
        for request in requests {
            debts.sent(1, shape(request), request);
        }
        debts
    }

    #[test]
    fn the_reply_of_a_retry_leaves_one_owed() {
        let mut debts = owing(&[&A, &A]);
        assert!(!debts.answered(1, &REPLY));
        assert!(debts.confuse(1, shape(&B), &B));
        assert!(!debts.confuse(1, shape(&A), &A));
        assert!(!debts.confuse(2, shape(&B), &B));
        assert!(!debts.confuse(1, shape(&WIDE), &WIDE));
        assert!(debts.late(1, &REPLY));
        assert!(!debts.confuse(1, shape(&B), &B));
        assert!(!debts.late(1, &REPLY));
    }

    #[test]
    fn a_reply_of_another_form_ends_all_older_ones() {
        let mut debts = owing(&[&A, &A, &WIDE]);
        assert!(debts.answered(1, &WIDE_REPLY));
        assert!(!debts.confuse(1, shape(&B), &B));
    }

    #[test]
    fn a_late_exception_does_not_pay_for_the_newest() {
        let mut debts = owing(&[&A, &WIDE]);
        assert!(!debts.answered(1, &[0x83, 4]));
        assert!(debts.owes(1, shape(&WIDE)));
    }

    #[test]
    fn a_broken_reply_pays_the_oldest() {
        let mut debts = owing(&[&A]);
        debts.broken(1, shape(&A));
        assert!(!debts.owes(1, shape(&A)));
    }

    #[test]
    fn resync_asks_for_what_is_not_owed() {
        let one = [3, 0, 9, 0, 1];
        let debts = owing(&[&A, &one]);
        let (form, pdu) = debts.resync(1, &B).unwrap();
        assert_eq!(pdu, [3, 0, 9, 0, 3]);
        assert!(!debts.owes(1, form));
        assert_eq!(debts.resync(1, &[5, 0, 7, 0, 0]).unwrap().1, [1, 0, 7, 0, 1]);
    }

    #[test]
    fn a_silent_unit_does_not_fill_the_memory() {
        let many: Vec<&[u8]> = std::iter::repeat_n(&A[..], 1000).collect();
        assert_eq!(owing(&many).0.len(), KEPT_ALIKE);
        let mut debts = Debts::default();
        for value in 0..=255 {
            let write = [6, 0, 0, 0, value];
            debts.sent(1, shape(&write), &write);
        }
        assert_eq!(debts.0.len(), KEPT);
    }
}
