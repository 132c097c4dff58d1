//! The functions there are: those of CEL and its `math` library, and a few of ours in it that field values need.

use super::kind::Kind;
use super::tree::{Unable, Val};
use crate::tag::quality::Reason;
use Function::{
    Abs, BitAnd, BitOr, BitXor, Ceil, Contains, Double, EndsWith, Exp, Floor, Greatest, Int, Least, Ln, Log10, Pow,
    Round, ShiftLeft, ShiftRight, Sign, Size, Sqrt, StartsWith, StringOf, Trunc,
};

/// Beyond 2^53 doubles skip whole numbers, so bits mean nothing there.
const WHOLE: f64 = 9_007_199_254_740_992.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Double,
    Int,
    StringOf,
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Greatest,
    Least,
    Abs,
    Ceil,
    Floor,
    Round,
    Trunc,
    Sign,
    Sqrt,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    /// Not in CEL.
    Pow,
    /// Not in CEL.
    Exp,
    /// Not in CEL.
    Ln,
    /// Not in CEL.
    Log10,
}

impl Function {
    pub(super) const ALL: [Self; 25] = [
        Double, Int, StringOf, Size, Contains, StartsWith, EndsWith, Greatest, Least, Abs, Ceil, Floor, Round, Trunc,
        Sign, Sqrt, BitAnd, BitOr, BitXor, ShiftLeft, ShiftRight, Pow, Exp, Ln, Log10,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Double => "double",
            Int => "int",
            StringOf => "string",
            Size => "size",
            Contains => "contains",
            StartsWith => "startsWith",
            EndsWith => "endsWith",
            Greatest => "math.greatest",
            Least => "math.least",
            Abs => "math.abs",
            Ceil => "math.ceil",
            Floor => "math.floor",
            Round => "math.round",
            Trunc => "math.trunc",
            Sign => "math.sign",
            Sqrt => "math.sqrt",
            BitAnd => "math.bitAnd",
            BitOr => "math.bitOr",
            BitXor => "math.bitXor",
            ShiftLeft => "math.bitShiftLeft",
            ShiftRight => "math.bitShiftRight",
            Pow => "math.pow",
            Exp => "math.exp",
            Ln => "math.ln",
            Log10 => "math.log10",
        }
    }

    /// Called on its first argument: `text.contains("x")`.
    pub(super) fn is_method(self) -> bool {
        matches!(self, Contains | StartsWith | EndsWith)
    }

    /// How many arguments it takes; none where it takes any number from one.
    pub(super) fn count(self) -> Option<usize> {
        match self {
            Greatest | Least => None,
            Contains | StartsWith | EndsWith | BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight | Pow => Some(2),
            _ => Some(1),
        }
    }

    /// What each of its arguments may be.
    pub(super) fn takes(self) -> &'static [Kind] {
        match self {
            Double | Int | StringOf => &[Kind::Number, Kind::Bool, Kind::Text],
            Size => &[Kind::Text, Kind::Words],
            Contains | StartsWith | EndsWith => &[Kind::Text],
            _ => &[Kind::Number],
        }
    }

    pub(super) fn gives(self) -> Kind {
        match self {
            StringOf => Kind::Text,
            Contains | StartsWith | EndsWith => Kind::Bool,
            _ => Kind::Number,
        }
    }

    /// Works it out; the arguments are of the kinds it takes.
    pub(super) fn call(self, arguments: &[Val]) -> Result<Val, Unable> {
        let number = match (self, arguments) {
            (Double, [value]) => as_number(value)?,
            (Int, [value]) => as_number(value)?.trunc(),
            (Size, [Val::Text(text)]) => count(text.chars().count()),
            (Size, [Val::Words(words)]) => count(words.len()),
            (StringOf, [value]) => return Ok(Val::Text(as_text(value).into())),
            (Contains, [Val::Text(text), Val::Text(part)]) => return Ok(Val::Bool(text.contains(&**part))),
            (StartsWith, [Val::Text(text), Val::Text(part)]) => return Ok(Val::Bool(text.starts_with(&**part))),
            (EndsWith, [Val::Text(text), Val::Text(part)]) => return Ok(Val::Bool(text.ends_with(&**part))),
            (_, [Val::Number(x)]) => self.of_one(*x),
            (_, [Val::Number(x), Val::Number(y)]) if !matches!(self, Greatest | Least) => self.of_two(*x, *y)?,
            (_, numbers) => {
                let numbers =
                    numbers.iter().filter_map(|value| if let Val::Number(x) = value { Some(*x) } else { None });
                if self == Greatest {
                    numbers.fold(f64::NEG_INFINITY, f64::max)
                } else {
                    numbers.fold(f64::INFINITY, f64::min)
                }
            }
        };
        finite(number)
    }

    fn of_one(self, x: f64) -> f64 {
        match self {
            Abs => x.abs(),
            Ceil => x.ceil(),
            Floor => x.floor(),
            Round => x.round(),
            Trunc => x.trunc(),
            Sign if x == 0.0 => 0.0,
            Sign => x.signum(),
            Sqrt => x.sqrt(),
            Exp => x.exp(),
            Ln => x.ln(),
            Log10 => x.log10(),
            _ => x,
        }
    }

    fn of_two(self, x: f64, y: f64) -> Result<f64, Unable> {
        if self == Pow {
            return Ok(x.powf(y));
        }
        let (a, b) = (whole(x)?, whole(y)?);
        let bits = match self {
            BitAnd => a & b,
            BitOr => a | b,
            BitXor => a ^ b,
            // More places than there are leave nothing.
            ShiftLeft => u32::try_from(b).ok().filter(|b| *b < 64).map_or(0, |b| a << b),
            _ => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)).unwrap_or(0),
        };
        #[allow(clippy::cast_precision_loss)] // What a shift makes larger than 2^53 is refused right here.
        let result = bits as f64;
        whole(result).map(|_| result)
    }
}

#[allow(clippy::cast_precision_loss)] // Lengths of texts of at most 1,000 bytes.
fn count(length: usize) -> f64 {
    length as f64
}

/// What is no number any more is no result.
pub(super) fn finite(number: f64) -> Result<Val, Unable> {
    if number.is_finite() {
        return Ok(Val::Number(number));
    }
    Err(Unable {
        reason: Reason::InvalidValue,
        sentence: "the result is not a number, or too large for one".to_owned(),
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Behind the range it needs.
fn whole(x: f64) -> Result<u64, Unable> {
    if (0.0..=WHOLE).contains(&x) && x.fract() == 0.0 {
        Ok(x as u64)
    } else {
        Err(Unable::kind("bits are those of a whole number from 0 to 2^53"))
    }
}

fn as_number(value: &Val) -> Result<f64, Unable> {
    match value {
        Val::Number(x) => Ok(*x),
        Val::Bool(on) => Ok(f64::from(u8::from(*on))),
        Val::Text(text) => {
            text.trim().parse().map_err(|_| Unable::kind(format!("the text `{}` is not a number", shown(text))))
        }
        Val::Null | Val::Words(_) => Err(Unable::kind("this is not a number")),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

fn as_text(value: &Val) -> String {
    match value {
        Val::Text(text) => text.to_string(),
        Val::Number(x) => x.to_string(),
        Val::Bool(on) => on.to_string(),
        Val::Null | Val::Words(_) => String::new(),
    }
}
