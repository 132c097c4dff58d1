//! Lessons as the status tells them.

use crate::modbus::lessons::KeptLessons;
use crate::runtime::status::{HoleStatus, LessonsStatus, RefusedStatus};

/// What a device taught; of each kind at most so many.
pub(super) fn lessons_status(kept: &KeptLessons, most: usize) -> LessonsStatus {
    let refused = kept.illegal.iter().take(most).map(|one| RefusedStatus {
        table: one.span.table.clone(),
        address: one.span.address,
        count: one.span.count,
        exception: one.exception,
        retry_s: one.retry_s,
    });
    let holes = kept.holes.iter().take(most).map(|one| HoleStatus {
        table: one.span.table.clone(),
        address: one.span.address,
        count: one.span.count,
    });
    LessonsStatus {
        refused: kept.illegal.len(),
        illegal: refused.collect(),
        unknown_tables: kept.unknown_tables.clone(),
        max_registers: kept.max_registers,
        max_bits: kept.max_bits,
        apart: kept.holes.len(),
        holes: holes.collect(),
    }
}
