//! An expression that is one comparison of a point with a number: such a one can have a hysteresis.

use super::tree::{Form, Node, Operator, Val};

/// `oven.temperature > 180`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// True when the point must be above the limit (`>`, `>=`).
    pub above: bool,
    /// The constant.
    pub limit: f64,
}

impl Comparison {
    /// Whether a value is back by the hysteresis, on the other side of the limit.
    pub fn is_back(self, value: f64, hysteresis: f64) -> bool {
        if self.above { value <= self.limit - hysteresis } else { self.limit + hysteresis <= value }
    }
}

pub(super) fn of(root: &Node) -> Option<Comparison> {
    let Form::Chain(first, links) = &root.form else { return None };
    let [link] = links.as_slice() else { return None };
    let above = match link.operator {
        Operator::Greater | Operator::GreaterOrEqual => true,
        Operator::Less | Operator::LessOrEqual => false,
        _ => return None,
    };
    let is_point = |node: &Node| matches!(node.form, Form::Point(_));
    let constant = |node: &Node| if let Form::Constant(Val::Number(x)) = &node.form { Some(*x) } else { None };
    match (is_point(first), constant(first), is_point(&link.right), constant(&link.right)) {
        (true, _, _, Some(limit)) => Some(Comparison { above, limit }),
        // `180 < x` says the same from the other side.
        (_, Some(limit), true, _) => Some(Comparison { above: !above, limit }),
        _ => None,
    }
}
