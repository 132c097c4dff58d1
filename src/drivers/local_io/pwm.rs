//! `pwm`: outputs of the Linux PWM subsystem by their files (the kernel's Documentation/ABI/testing/sysfs-class-pwm; times
//! are nanoseconds). An analog output is the share of the period that is on; a digital one is all of it, or nothing.

use super::backend::{Backend, Sight, Wiring, not_open, other_kind};
use super::sysfs;
use crate::channel::settings::ChannelSettings;
use crate::channel::signal::{Input, Output};
use crate::config::module::driver::DriverConfig;
use crate::config::module::driver::pwm::PwmOutput;
use crate::tag::reading::Stamp;
use std::path::{Path, PathBuf};

/// The PWM outputs of one module.
#[derive(Debug, Default)]
pub(super) struct Pwm {
    root: PathBuf,
    outputs: Vec<Opened>,
}

#[derive(Debug)]
struct Opened {
    config: PwmOutput,
    /// The ends of an analog output's range in V or mA; `None` of a digital one.
    range: Option<(f64, f64)>,
    folder: PathBuf,
}

impl Backend for Pwm {
    fn wire(&mut self, wiring: &Wiring<'_>, _now: Stamp) -> Vec<(u8, String)> {
        let DriverConfig::Pwm(config) = wiring.driver else { return Vec::new() };
        let root = PathBuf::from(&config.root);
        if root != self.root {
            self.outputs.clear();
            self.root = root;
        }
        let mut before = std::mem::take(&mut self.outputs);
        let mut failed = Vec::new();
        for (number, settings) in wiring.channels {
            let Some(wanted) = config.outputs.iter().find(|output| output.channel == *number) else {
                failed
                    .push((*number, format!("channel {number} has no PWM output: name it in the driver's `outputs`")));
                continue;
            };
            let range = range(settings);
            let same = |open: &Opened| open.config == *wanted;
            let opened = match before.iter().position(same).map(|at| before.swap_remove(at)) {
                Some(open) => Ok(Opened { range, ..open }),
                None => open(&self.root, wanted).map(|folder| Opened { config: wanted.clone(), range, folder }),
            };
            match opened {
                Ok(open) => self.outputs.push(open),
                Err(why) => failed.push((*number, why)),
            }
        }
        failed
    }

    fn scan(&mut self, now: Stamp, seen: &mut Vec<Sight>) {
        let look = |open: &Opened| Sight { channel: open.config.channel, what: open.look(), at: now };
        let first = seen.len();
        seen.extend(self.outputs.iter().map(look));
        let failed = |number: u8| seen[first..].iter().any(|sight| sight.channel == number && sight.what.is_err());
        self.outputs.retain(|open| !failed(open.config.channel));
    }

    fn drive(&mut self, channel: u8, output: Output) -> Result<(), String> {
        let at = self.outputs.iter().position(|open| open.config.channel == channel);
        let at = at.ok_or_else(|| not_open(channel))?;
        let driven = self.outputs[at].drive(output);
        if driven.is_err() {
            self.outputs.swap_remove(at);
        }
        driven
    }
}

fn range(settings: &ChannelSettings) -> Option<(f64, f64)> {
    if settings.kind.is_digital() {
        return None;
    }
    // A disabled output has no range, and nothing is driven.
    Some(settings.range().map_or((0.0, 1.0), |(low, high, _)| (low, high)))
}

/// Makes an output ready, without a step in what it shows where it runs already.
fn open(root: &Path, config: &PwmOutput) -> Result<PathBuf, String> {
    let chip = root.join(&config.chip);
    let folder = chip.join(format!("pwm{}", config.line));
    if !folder.is_dir() {
        sysfs::write(&chip.join("export"), &config.line.to_string())?;
    }
    let number = |file: &str| sysfs::number(&folder.join(file));
    let write = |file: &str, text: &str| sysfs::write(&folder.join(file), text);
    let polarity = if config.inverted { "inversed" } else { "normal" };
    // Hardware without a choice has no such file, or does not let it be written.
    let present = sysfs::read(&folder.join("polarity"));
    if present.as_deref().unwrap_or("normal") != polarity {
        // It can be changed only while the output is off.
        write("enable", "0")?;
        write("polarity", polarity)?;
    }
    let (period, duty) = (number("period")?, number("duty_cycle")?);
    #[allow(clippy::cast_precision_loss, reason = "at most a second in nanoseconds")]
    let wanted = config.period_ns as f64;
    if (period - wanted).abs() >= 1.0 {
        let share = if 0.0 < period { duty / period } else { 0.0 };
        let duty = format!("{:.0}", share * wanted);
        // The kernel refuses a period that is shorter than the time on.
        if wanted < period {
            write("duty_cycle", &duty)?;
            write("period", &config.period_ns.to_string())?;
        } else {
            write("period", &config.period_ns.to_string())?;
            write("duty_cycle", &duty)?;
        }
    }
    Ok(folder)
}

impl Opened {
    fn look(&self) -> Result<Input, String> {
        let number = |file: &str| sysfs::number(&self.folder.join(file));
        #[allow(clippy::cast_precision_loss, reason = "at most a second in nanoseconds")]
        let period = self.config.period_ns as f64;
        let share = if 0.5 < number("enable")? { number("duty_cycle")? / period } else { 0.0 };
        Ok(match self.range {
            Some((low, high)) => Input::Field(low + share * (high - low)),
            None => Input::Level(0.5 <= share),
        })
    }

    fn drive(&self, output: Output) -> Result<(), String> {
        let share = match (output, self.range) {
            (Output::Level(on), _) => f64::from(u8::from(on)),
            (Output::Field(x), Some((low, high))) => ((x - low) / (high - low)).clamp(0.0, 1.0),
            (Output::Field(_), None) => return Err(other_kind()),
        };
        #[allow(clippy::cast_precision_loss, reason = "at most a second in nanoseconds")]
        let duty = share * self.config.period_ns as f64;
        sysfs::write(&self.folder.join("duty_cycle"), &format!("{duty:.0}"))?;
        sysfs::write(&self.folder.join("enable"), "1")
    }
}
