//! A condition over time: when it is entered and when it is left.

use super::evaluate::number_of;
use super::{Comparison, Expression, Point};
use crate::tag::def::TagDef;
use crate::tag::reading::TagState;

/// What ends a condition that was entered.
#[derive(Debug, Clone, PartialEq)]
pub enum Leave {
    /// It is no longer true.
    Untrue,
    /// Its only comparison is back by this much on the other side of the limit: `> 180` with 2 ends at `<= 178`.
    Hysteresis(f64),
    /// Another expression is true.
    When(Expression),
}

/// Numbers of a document are finite, so that each equals itself.
impl Eq for Leave {}

/// A way through the border of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// It became true.
    Enter,
    /// It ended.
    Leave,
}

/// Whether a condition is entered. What cannot be told, because a point is bad, changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switch {
    on: bool,
}

impl Switch {
    /// Whether it is entered.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Takes the present states in; `look` gives the tag of a point of the condition or of `leave`'s expression.
    pub fn look<'s>(
        &mut self,
        condition: &Expression,
        leave: &Leave,
        look: impl Fn(&Point) -> Option<(&'s TagDef, &'s TagState)>,
    ) -> Option<Edge> {
        let truth =
            |expression: &Expression| expression.evaluate(|number| look(&expression.points()[number])).is_true();
        let now = truth(condition);
        if !self.on {
            // A condition that is to be left at once is not entered: it would flutter at every look.
            let barred = matches!(leave, Leave::When(end) if truth(end) == Some(true));
            self.on = now == Some(true) && !barred;
            return self.on.then_some(Edge::Enter);
        }
        let ended = match leave {
            Leave::Untrue => now == Some(false),
            Leave::Hysteresis(width) => {
                let back = |comparison: Comparison| {
                    let point = condition.points().first()?;
                    let (def, state) = look(point)?;
                    Some(comparison.is_back(number_of(def, state, point.attribute)?, *width))
                };
                now == Some(false) && condition.comparison().and_then(back) == Some(true)
            }
            Leave::When(end) => truth(end) == Some(true),
        };
        self.on = !ended;
        ended.then_some(Edge::Leave)
    }
}
