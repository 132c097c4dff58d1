//! Mutated messages, the same in every run.

/// xorshift: the same messages in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// A number from 0, less than this.
    pub(crate) fn throw(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.throw(256)).unwrap()
    }

    /// The message with one to five small wounds.
    pub(crate) fn mutate(&mut self, message: &[u8]) -> Vec<u8> {
        let mut message = message.to_vec();
        for _ in 0..=self.throw(5) {
            let at = self.throw(message.len());
            match self.throw(6) {
                0 => message[at] = self.byte(),
                1 => message[at] ^= 1 << self.throw(8),
                2 => message.truncate(at.max(1)),
                3 => message.insert(at, self.byte()),
                4 => drop(message.remove(at)),
                _ => message.extend((0..self.throw(40)).map(|_| 0xFF).collect::<Vec<u8>>()),
            }
            if message.is_empty() {
                message.push(0x30);
            }
        }
        message
    }
}
