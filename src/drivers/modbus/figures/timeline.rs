//! The latest transactions of a line, in a ring.

use crate::drivers::modbus::line::{Answer, Failure};
use crate::modbus::rtu::EXCEPTION_BIT;
use crate::platform::clock;
use crate::runtime::lines::{Timeline, Transaction, TransactionResult};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Some seconds of a busy line, and 40 KiB.
const KEPT: usize = 500;

#[derive(Debug, Default)]
pub(in crate::drivers::modbus) struct Ring {
    kept: VecDeque<Transaction>,
    last: u64,
}

impl Ring {
    pub(in crate::drivers::modbus) fn push(
        &mut self,
        device: Arc<str>,
        unit_id: u8,
        request: &[u8],
        answer: &Answer,
        ours: Duration,
    ) {
        self.last += 1;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        let us = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let (function, address, count) = head(request);
        self.kept.push_back(Transaction {
            number: self.last,
            unix_ms: clock::stamp_of(answer.at).unix_ms,
            device,
            unit_id,
            function,
            address,
            count,
            result: result(answer),
            silence_us: us(answer.timing.silence),
            request_us: us(answer.timing.request),
            device_us: us(answer.timing.device),
            reply_us: us(answer.timing.reply),
            ours_us: us(ours),
        });
    }

    /// Those behind number `after`.
    pub(in crate::drivers::modbus) fn behind(&self, after: u64) -> Timeline {
        let fresh = self.kept.partition_point(|kept| kept.number <= after);
        Timeline { transactions: self.kept.range(fresh..).cloned().collect(), last: self.last }
    }
}

/// Function, address and count of a request (Modbus application protocol V1.1b3, section 6).
fn head(request: &[u8]) -> (u8, Option<u16>, Option<u16>) {
    let two = |at: usize| request.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
    let function = request.first().copied().unwrap_or(0);
    match function {
        1..=4 | 15 | 16 | 23 => (function, two(1), two(3)),
        5 | 6 | 22 => (function, two(1), Some(1)),
        _ => (function, None, None),
    }
}

fn result(answer: &Answer) -> TransactionResult {
    match &answer.reply {
        Ok(pdu) => match pdu[..] {
            [function, code] if function & EXCEPTION_BIT != 0 => TransactionResult::Exception(code),
            _ => TransactionResult::Ok,
        },
        Err(Failure::NoAnswer) => TransactionResult::NoAnswer,
        Err(Failure::Crc) => TransactionResult::Crc,
        Err(Failure::Unfit) => TransactionResult::Unfit,
        Err(Failure::NeverSilent) => TransactionResult::NeverSilent,
        Err(Failure::NotARequest) => TransactionResult::NotARequest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::modbus::line::{Seen, Timing};

    fn answer(reply: Result<Vec<u8>, Failure>) -> Answer {
        Answer { reply, timing: Timing::default(), seen: Seen::default(), at: std::time::Instant::now() }
    }

    #[test]
    fn the_newest_are_kept_and_told_from_a_number_on() {
        let mut ring = Ring::default();
        for _ in 0..KEPT + 7 {
            ring.push("d1".into(), 1, &[3, 0, 5, 0, 2], &answer(Ok(vec![3, 0])), Duration::ZERO);
        }
        ring.push("d1".into(), 1, &[6, 0, 9, 0, 1], &answer(Ok(vec![0x86, 2])), Duration::from_micros(30));
        ring.push("d2".into(), 2, &[0x41, 1], &answer(Err(Failure::NoAnswer)), Duration::ZERO);
        let all = ring.behind(0);
        assert_eq!((all.transactions.len(), all.last), (KEPT, 509));
        assert_eq!(all.transactions[0].number, 10);
        let new = ring.behind(507);
        let said = |at: usize| {
            let one: &Transaction = &new.transactions[at];
            (one.function, one.address, one.count, one.result)
        };
        assert_eq!(said(0), (6, Some(9), Some(1), TransactionResult::Exception(2)));
        assert_eq!(said(1), (0x41, None, None, TransactionResult::NoAnswer));
        assert_eq!(new.transactions[0].ours_us, 30);
        assert_eq!(ring.behind(509).transactions, []);
    }
}
