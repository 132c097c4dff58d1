//! `simulated`: no hardware. Inputs follow signals, outputs are remembered.

use super::per_channel;
use crate::channel::model::Model;
use crate::config::fields::Fields;
use crate::config::problem::Problems;
use std::time::Duration;

/// Characters of a replayed text.
const TEXT: usize = 65_536;
/// The member of a signal's period.
const PERIOD: &str = "period_s";
/// Periods in seconds: 10 ms .. a week.
const PERIOD_S: (f64, f64) = (0.01, 604_800.0);

/// The signals of a simulated module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SimulatedConfig {
    /// One per input at most; inputs without one stay at rest.
    pub signals: Vec<Signal>,
}

/// What an input is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The input, 0-based.
    pub channel: u8,
    /// Its course.
    pub course: Course,
}

/// The course of a signal: volt, milliampere, ohm, millivolt or degrees Celsius as the input's mode has it; digital
/// inputs are on from 0.5.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// Always this.
    Constant(f64),
    /// From low to high in one period, then from low again.
    Ramp(Span),
    /// Low at the beginning, high half a period later.
    Sine(Span),
    /// Each period one step of up to a twentieth of the span, the same steps in every run.
    RandomWalk(Span, u32),
    /// Low for half a period, then high for half a period.
    Square(Span),
    /// Replayed: seconds and value, rising; each holds until the next, behind the last it begins again.
    Csv(Vec<(f64, f64)>),
}

/// Between which values, and how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The lower end; the lower end of the input's range unless set.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// One period.
    pub period: Duration,
}

#[derive(Clone, Copy)]
enum Shape {
    Constant,
    Ramp,
    Sine,
    RandomWalk,
    Square,
    Csv,
}

const SHAPES: [(&str, Shape); 6] = [
    ("constant", Shape::Constant),
    ("ramp", Shape::Ramp),
    ("sine", Shape::Sine),
    ("random-walk", Shape::RandomWalk),
    ("square", Shape::Square),
    ("csv", Shape::Csv),
];

impl SimulatedConfig {
    pub(super) fn read(fields: &mut Fields<'_>, model: Option<Model>, problems: &mut Problems) -> Self {
        let signals = per_channel(fields, "signals", model, problems, |channel, kind, fields, problems| {
            if kind.is_output() {
                let sentence = format!("channel {channel} is an output; signals are for inputs");
                fields.error("channel", sentence, problems);
            }
            Some(Signal { channel, course: course(fields, problems)? })
        });
        Self { signals }
    }
}

fn course(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Course> {
    Some(match fields.required_word("signal", &SHAPES, problems)? {
        Shape::Constant => {
            let Some(value) = fields.float("value", problems) else {
                if fields.get("value").is_none() {
                    fields.error("value", "`value` is missing: what the input is shown", problems);
                }
                return None;
            };
            Course::Constant(value)
        }
        Shape::Ramp => Course::Ramp(span(fields, 10.0, problems)),
        Shape::Sine => Course::Sine(span(fields, 10.0, problems)),
        Shape::RandomWalk => {
            let span = span(fields, 1.0, problems);
            Course::RandomWalk(span, fields.integer("seed", 0..=u32::MAX, 1, problems))
        }
        Shape::Square => Course::Square(span(fields, 10.0, problems)),
        Shape::Csv => {
            let text = fields.required_text("csv", TEXT, problems)?;
            match replay(text) {
                Ok(rows) => Course::Csv(rows),
                Err(sentence) => {
                    fields.error("csv", sentence, problems);
                    return None;
                }
            }
        }
    })
}

fn span(fields: &mut Fields<'_>, period_s: f64, problems: &mut Problems) -> Span {
    let (low, high) = (fields.float("low", problems), fields.float("high", problems));
    if let (Some(low), Some(high)) = (low, high)
        && high <= low
    {
        fields.error("high", format!("`high` is above `low`, which is {low}; it is {high}"), problems);
    }
    let seconds = fields.float(PERIOD, problems).unwrap_or(period_s);
    let (least, most) = PERIOD_S;
    let fits = (least..=most).contains(&seconds);
    if !fits {
        fields.error(PERIOD, format!("`{PERIOD}` is {least}..{most}, not {seconds}"), problems);
    }
    Span { low, high, period: Duration::from_secs_f64(if fits { seconds } else { period_s }) }
}

/// Rows of `seconds,value`, the seconds rising from row to row; a first row of words is a heading.
fn replay(text: &str) -> Result<Vec<(f64, f64)>, String> {
    let mut rows: Vec<(f64, f64)> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row = line.split_once(',').and_then(|(at, value)| {
            let row: (f64, f64) = (at.trim().parse().ok()?, value.trim().parse().ok()?);
            (row.0.is_finite() && row.1.is_finite()).then_some(row)
        });
        let number = index + 1;
        let Some((at, value)) = row else {
            if index == 0 {
                continue;
            }
            return Err(format!("row {number} is no `seconds,value` such as `1.5,20`"));
        };
        if at < 0.0 || rows.last().is_some_and(|(before, _)| at <= *before) {
            return Err(format!("row {number} is not later than the one before: the seconds rise from 0"));
        }
        rows.push((at, value));
    }
    if rows.is_empty() {
        return Err("there is no row of `seconds,value` such as `1.5,20`".to_owned());
    }
    Ok(rows)
}
