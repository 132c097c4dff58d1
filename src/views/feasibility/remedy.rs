//! What would mend a line that is asked too much.

use super::{Line, Load};
use crate::config::link::LinkConfig;
use crate::modbus::wire::Wire;

/// Above this a line is asked too much.
const ALL: f64 = 1.0;
/// A remedy leaves this much free: for writes, retries and devices slower than assumed.
const MENDED: f64 = 0.9;
/// Speeds that nearly every device can be set to.
const BAUDS: [u32; 8] = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];
/// Periods people like, times a power of ten.
const NICE: [u32; 10] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];
/// The longest period there is, an hour.
const LONGEST_MS: u32 = 3_600_000;

impl Line<'_> {
    /// One sentence for a line that needs more time than there is.
    pub(super) fn advice(&self) -> Option<String> {
        let share = self.share();
        if share <= ALL {
            return None;
        }
        let (port, percent) = (&self.port.identity.name, (100.0 * share).round());
        Some(match (self.slower(), self.faster()) {
            (Some(period), Some(baud)) => {
                let period = period.sentence();
                format!("{port} needs {percent} % of its time: {period}, or raise the line to {baud} baud")
            }
            (Some(period), None) => format!("{port} needs {percent} % of its time: {}", period.sentence()),
            (None, Some(baud)) => format!("{port} needs {percent} % of its time: raise the line to {baud} baud"),
            (None, None) => {
                format!("{port} needs {percent} % of its time: move devices to another port, or read fewer tags")
            }
        })
    }

    /// The shortest period that mends it: of the device that needs most, or of all.
    fn slower(&self) -> Option<Period> {
        let room = MENDED * self.lanes();
        let share = |load: &&Load<'_>| load.share(&load.cost, 0);
        let most = self.loads.iter().max_by(|a, b| share(a).total_cmp(&share(b)))?;
        let others: f64 = self.loads.iter().map(|load| share(&load)).sum::<f64>() - share(&most);
        let one = nice_periods().find(|least| others + most.share(&most.cost, *least) <= room);
        let all = |least: u32| self.loads.iter().map(|load| load.share(&load.cost, least)).sum::<f64>();
        let all = nice_periods().find(|least| all(*least) <= room)?;
        // One device should not pay for what many need.
        Some(match one.filter(|one| *one <= 2 * all) {
            Some(ms) => Period { device: Some(most.device.identity.name.clone()), ms },
            None => Period { device: None, ms: all },
        })
    }

    /// The lowest usual speed that mends it.
    fn faster(&self) -> Option<u32> {
        let LinkConfig::Serial(serial) = &self.port.link else { return None };
        let at = |baud: u32| {
            let wire = Wire { baud, ..serial.wire };
            let mut port = self.port.clone();
            let mut serial = serial.clone();
            serial.wire = wire;
            port.link = LinkConfig::Serial(serial);
            self.loads.iter().map(|load| load.share(&port.cost(load.device, None), 0)).sum::<f64>()
        };
        BAUDS.into_iter().filter(|baud| serial.wire.baud < *baud).find(|baud| at(*baud) <= MENDED)
    }
}

/// A period that mends a line.
struct Period {
    /// Of this device; of every device without.
    device: Option<String>,
    ms: u32,
}

impl Period {
    fn sentence(&self) -> String {
        match &self.device {
            Some(device) => format!("poll {device} every {} ms", self.ms),
            None => format!("poll every device every {} ms", self.ms),
        }
    }
}

/// 10, 12, 15, 20 ... an hour.
fn nice_periods() -> impl Iterator<Item = u32> {
    let powers = std::iter::successors(Some(1u32), |power| power.checked_mul(10));
    powers.flat_map(|power| NICE.map(|number| number.saturating_mul(power))).take_while(|period| *period <= LONGEST_MS)
}
