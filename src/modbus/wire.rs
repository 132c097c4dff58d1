//! The time of characters on a serial line.

use std::fmt;
use std::time::Duration;

/// The parity bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

impl Parity {
    /// All, as offered.
    pub const ALL: [Self; 3] = [Self::None, Self::Even, Self::Odd];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Even => "even",
            Self::Odd => "odd",
        }
    }

    /// The parity of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parity| parity.as_str() == word)
    }
}

impl fmt::Display for Parity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Above this speed the silence is fixed (Modbus over serial line V1.02, 2.5.1.1).
pub const FIXED_SILENCE_ABOVE: u32 = 19_200;
/// 3.5 characters above [`FIXED_SILENCE_ABOVE`].
pub const FIXED_SILENCE: Duration = Duration::from_micros(1_750);

/// Speed and character of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wire {
    /// Bits per second; not 0.
    pub baud: u32,
    /// 7 or 8.
    pub data_bits: u8,
    /// The parity bit.
    pub parity: Parity,
    /// 1 or 2.
    pub stop_bits: u8,
}

impl Wire {
    /// Bits of one character, start bit included: 10 for 8N1, 11 for 8E1 and 8N2.
    pub fn char_bits(&self) -> u32 {
        1 + u32::from(self.data_bits) + u32::from(self.parity != Parity::None) + u32::from(self.stop_bits)
    }

    /// The time `chars` characters take back to back.
    pub fn chars(&self, chars: usize) -> Duration {
        let bits = u64::try_from(chars).unwrap_or(u64::MAX).saturating_mul(u64::from(self.char_bits()));
        Duration::from_nanos(bits.saturating_mul(1_000_000_000) / u64::from(self.baud.max(1)))
    }

    /// The silence before each frame: 3.5 characters, fixed 1.75 ms above 19200 baud.
    pub fn silence(&self) -> Duration {
        if FIXED_SILENCE_ABOVE < self.baud { FIXED_SILENCE } else { self.chars(7) / 2 }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        write!(f, "{} {}{parity}{}", self.baud, self.data_bits, self.stop_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baud: u32, parity: Parity, stop_bits: u8, char_us: u64, silence_us: u64) {
        let wire = Wire { baud, data_bits: 8, parity, stop_bits };
        assert_eq!(wire.chars(1000).as_micros() / 1000, u128::from(char_us));
        assert_eq!(wire.silence().as_micros(), u128::from(silence_us));
    }

    #[test]
    fn a_character_has_start_parity_and_stop() {
        check(9600, Parity::None, 1, 1041, 3645);
        check(9600, Parity::Even, 1, 1145, 4010);
        check(19200, Parity::None, 2, 572, 2005);
        check(115_200, Parity::None, 1, 86, 1750);
    }
}
