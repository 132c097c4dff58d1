//! Computed tags: the driver whose field is the image itself.
//!
//! It follows the changes of the tags its expressions name, and works out what depends on them, each behind those it
//! needs, on states of one moment; so no tag is ever worked out on a mixture of before and after. The time of a result
//! is that of the newest of its inputs, not that of the work. Level-triggered: of inputs that change faster than this runs, the
//! newest counts.

mod plan;

use crate::config::computed::ComputedConfig;
use crate::config::tags::COMPUTED;
use crate::runtime::changes::Interest;
use crate::runtime::image::{Image, Reader, Writer};
use crate::runtime::unit::{Health, UnitContext};
use crate::tag::pattern::TagPattern;
use plan::Plan;
use std::collections::HashSet;
use std::convert::Infallible;
use tokio::sync::watch;

/// Beyond this many names the image is not asked to tell them apart: it would do so while other drivers wait.
const MANY_NAMES: usize = 64;

/// The unit of all computed tags.
#[derive(Debug)]
pub struct Computed {
    config: watch::Receiver<Vec<ComputedConfig>>,
    reader: Reader,
    writer: Writer,
}

impl Computed {
    /// The unit over these tags.
    pub fn new(config: watch::Receiver<Vec<ComputedConfig>>, image: &Image) -> Self {
        Self { config, reader: image.reader(), writer: image.writer(COMPUTED) }
    }

    /// Runs until asked to stop; nothing it does can fail.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        let mut tags = self.config.borrow_and_update().clone();
        let mut changes = self.reader.subscribe(interest(&tags));
        let mut plan = Plan::default();
        ctx.set_health(Health::Up);
        loop {
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => return Ok(()),
                // Cancel-safe: the newest configuration stays in the watch.
                changed = self.config.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    tags.clone_from(&self.config.borrow_and_update());
                    // Answered by a change of the schema, which makes the plan anew.
                    changes.set_interest(interest(&tags));
                }
                // Cancel-safe: nothing is taken unless it is returned.
                changed = changes.next() => {
                    if changed.schema {
                        plan = Plan::new(&tags, &self.reader, &self.writer);
                        plan.work_all(&self.reader, &self.writer);
                    } else {
                        plan.work(&changed.cells, &self.reader, &self.writer);
                    }
                }
            }
        }
    }
}

fn interest(tags: &[ComputedConfig]) -> Interest {
    let names: HashSet<_> = tags.iter().flat_map(|tag| tag.expression.points()).map(|point| &point.tag).collect();
    if MANY_NAMES < names.len() {
        return Interest::All;
    }
    Interest::Matching(names.into_iter().cloned().map(TagPattern::Literal).collect())
}

#[cfg(test)]
mod tests;
