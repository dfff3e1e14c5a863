//! Chance that is the same every time: numbers that follow from the world's seed and a subject.

/// A stream of numbers for one subject (a train on a day, the weather of a city, …).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream for a subject; equal seeds and subjects give equal streams (FNV-1a, then `SplitMix64`).
    #[must_use]
    pub fn of(seed: u64, subject: &[&str]) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
        for part in subject {
            for byte in part.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self(hash)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` to `to`, both included; `from` if the range is empty.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = u64::try_from(to.saturating_sub(from)).unwrap_or_default() + 1;
        from + i64::try_from(self.draw() % width).unwrap_or_default()
    }

    /// A number from 0 to 1, in steps of a thousandth.
    pub fn share(&mut self) -> f64 {
        let thousandths = u16::try_from(self.draw() % 1001).unwrap_or_default();
        f64::from(thousandths) / 1000.0
    }

    /// A factor from `from` to `to`.
    pub fn factor(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    /// Whether something of this likelihood happens.
    pub fn percent(&mut self, likelihood: u64) -> bool {
        self.draw() % 100 < likelihood
    }

    /// One of several, or nothing of none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(choices.len()).ok().filter(|count| *count > 0)?;
        choices.get(usize::try_from(self.draw() % count).unwrap_or_default())
    }
}
