//! What operators do with values.

use super::MAX_TEXT;
use super::functions::finite;
use super::kind::of_operator;
use super::tree::{Operator, Unable, Val};
use crate::tag::quality::Reason;
use std::cmp::Ordering;

/// Works one operator out; the kinds are judged here.
pub(super) fn operate(operator: Operator, left: &Val, right: &Val) -> Result<Val, Unable> {
    of_operator(operator, left.kind(), right.kind())?;
    match (left, right) {
        (Val::Number(a), Val::Number(b)) => numbers(operator, *a, *b),
        (Val::Text(a), Val::Text(b)) if operator == Operator::Add => {
            if MAX_TEXT < a.len() + b.len() {
                return Err(Unable::kind(format!("the text becomes longer than {MAX_TEXT} bytes")));
            }
            Ok(Val::Text(format!("{a}{b}").into()))
        }
        (Val::Text(a), Val::Text(b)) => Ok(Val::Bool(holds(operator, Some(a.cmp(b))))),
        // Left are questions of equality.
        (a, b) => Ok(Val::Bool((a == b) == (operator == Operator::Equal))),
    }
}

fn numbers(operator: Operator, a: f64, b: f64) -> Result<Val, Unable> {
    match operator {
        Operator::Divide | Operator::Modulo if b == 0.0 => {
            Err(Unable { reason: Reason::DivisionByZero, sentence: "division by zero".to_owned() })
        }
        Operator::Add => finite(a + b),
        Operator::Subtract => finite(a - b),
        Operator::Multiply => finite(a * b),
        Operator::Divide => finite(a / b),
        Operator::Modulo => finite(a % b),
        _ => Ok(Val::Bool(holds(operator, a.partial_cmp(&b)))),
    }
}

fn holds(operator: Operator, order: Option<Ordering>) -> bool {
    match operator {
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::NotEqual => order != Some(Ordering::Equal),
        _ => order == Some(Ordering::Equal),
    }
}
