//! Lessons as they are kept over a restart.

use super::{FIRST_LONG_PAUSE, FIRST_PAUSE, Gap, Illegal, Lessons, Limit, Refusal};
use crate::modbus::address::{Span, Table};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The form of [`KeptLessons`]; others are not read.
const VERSION: u32 = 1;

/// What was learnt of one device. What it belongs to, and when it ends to hold, is the keeper's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptLessons {
    version: u32,
    /// Values the device refuses.
    pub illegal: Vec<KeptRefusal>,
    /// Tables it does not know.
    pub unknown_tables: Vec<String>,
    /// What cannot be read together: the registers or bits on both sides of a hole, and the hole.
    pub holes: Vec<KeptHole>,
    /// The most registers it answers.
    pub max_registers: Option<u16>,
    /// The most bits it answers.
    pub max_bits: Option<u16>,
}

/// Where a lesson lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptSpan {
    /// Table.
    pub table: String,
    /// First address, 0-based.
    pub address: u16,
    /// Registers or bits.
    pub count: u16,
}

/// A refused value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRefusal {
    /// Where it lies.
    #[serde(flatten)]
    pub span: KeptSpan,
    /// The exception; absent where the device is silent.
    pub exception: Option<u8>,
    /// Seconds between two attempts to read it.
    pub retry_s: u64,
}

/// What is not read through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptHole {
    /// What no read contains.
    #[serde(flatten)]
    pub span: KeptSpan,
    /// The read that is tried again.
    pub pair: KeptSpan,
}

impl From<Span> for KeptSpan {
    fn from(span: Span) -> Self {
        Self { table: span.table().as_str().to_owned(), address: span.address(), count: span.count() }
    }
}

impl KeptSpan {
    fn span(&self) -> Option<Span> {
        Span::new(Table::parse(&self.table)?, self.address, self.count).ok()
    }
}

impl Lessons {
    /// What has to survive a restart.
    pub fn keep(&self) -> KeptLessons {
        let refusal = |illegal: &Illegal| KeptRefusal {
            span: illegal.span.into(),
            exception: match illegal.refusal {
                Refusal::Exception(code) => Some(code),
                Refusal::Silence => None,
            },
            retry_s: illegal.pause.as_secs(),
        };
        let unknown = Table::ALL.into_iter().zip(self.unknown).filter(|(_, pause)| pause.is_some());
        KeptLessons {
            version: VERSION,
            illegal: self.illegal.iter().map(refusal).collect(),
            unknown_tables: unknown.map(|(table, _)| table.as_str().to_owned()).collect(),
            holes: self.gaps.iter().map(|gap| KeptHole { span: gap.span.into(), pair: gap.pair.into() }).collect(),
            max_registers: self.limit(false),
            max_bits: self.limit(true),
        }
    }

    /// What was kept. A form of another version, or what makes no sense, is left out: it will be learnt again.
    pub fn recall(kept: &KeptLessons) -> Self {
        let mut lessons = Self::default();
        if kept.version != VERSION {
            return lessons;
        }
        let illegal = |one: &KeptRefusal| {
            let refusal = one.exception.map_or(Refusal::Silence, Refusal::Exception);
            let pause = Duration::from_secs(one.retry_s).clamp(FIRST_PAUSE, super::LAST_PAUSE);
            Some(Illegal { span: one.span.span()?, refusal, pause })
        };
        lessons.illegal = kept.illegal.iter().filter_map(illegal).collect();
        lessons.illegal.sort_unstable_by_key(|illegal| illegal.span);
        lessons.illegal.dedup_by_key(|illegal| illegal.span);
        let gap =
            |one: &KeptHole| Some(Gap { span: one.span.span()?, pair: one.pair.span()?, pause: FIRST_LONG_PAUSE });
        lessons.gaps = kept.holes.iter().filter_map(gap).collect();
        lessons.gaps.sort_unstable_by_key(|gap| gap.span);
        lessons.gaps.dedup_by_key(|gap| gap.span);
        for table in kept.unknown_tables.iter().filter_map(|word| Table::parse(word)) {
            lessons.unknown[table as usize] = Some(FIRST_PAUSE);
        }
        let limit = |most: u16| Limit { most, pause: FIRST_LONG_PAUSE, sure: true };
        lessons.limits = [kept.max_registers, kept.max_bits].map(|most| most.filter(|most| 0 < *most).map(limit));
        lessons
    }
}
