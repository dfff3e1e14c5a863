//! Tensors of random weights, in the formats of ggml.

use std::io::{Result, Write};

/// How the matrices of a model are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "tests take 32 bits, figures the others")]
pub(crate) enum Weights {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// Blocks of 32: a scale and signed bytes (`Q8_0`).
    Q8,
    /// Blocks of 32: a scale and half bytes (`Q4_0`).
    Q4,
}

impl Weights {
    /// ggml's number of the format.
    pub(crate) fn ggml(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4 => 2,
            Self::Q8 => 8,
        }
    }

    fn bytes(self, elements: u64) -> u64 {
        match self {
            Self::F32 => elements * 4,
            Self::F16 => elements * 2,
            Self::Q8 => elements / 32 * 34,
            Self::Q4 => elements / 32 * 18,
        }
    }
}

/// Numbers that are the same everywhere: `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// From -1 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    }
}

/// What a tensor is filled with.
#[derive(Clone, Copy)]
pub(crate) enum Fill {
    /// Noise of this size around zero.
    Noise(f32),
    /// Noise around one: a norm's weights.
    Ones,
    /// Negative: the decay of a recurrent state.
    Decay,
}

pub(crate) struct Tensor {
    pub(crate) name: String,
    /// Innermost size first.
    pub(crate) shape: Vec<u64>,
    pub(crate) fill: Fill,
    pub(crate) weights: Weights,
}

impl Tensor {
    fn elements(&self) -> u64 {
        self.shape.iter().product()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.weights.bytes(self.elements())
    }

    pub(crate) fn write(&self, out: &mut impl Write, random: &mut Random) -> Result<()> {
        match self.weights {
            // A scale of 2⁻¹² or 2⁻⁸ as a 16-bit float, then bits as they come.
            Weights::Q8 => self.write_blocks::<34>(0x0C00, out, random),
            Weights::Q4 => self.write_blocks::<18>(0x1C00, out, random),
            Weights::F16 => {
                // Of size 2⁻⁶ to 2⁻⁵ and any sign: the exponent is fixed, the other bits as they come.
                for _ in 0..self.elements() / 4 {
                    out.write_all(
                        &(random.next() & 0x83FF_83FF_83FF_83FF | 0x2400_2400_2400_2400).to_le_bytes(),
                    )?;
                }
                Ok(())
            }
            Weights::F32 => {
                for _ in 0..self.elements() {
                    let value = match self.fill {
                        Fill::Noise(size) => size * random.unit(),
                        Fill::Ones => 1.0 + 0.1 * random.unit(),
                        Fill::Decay => -1.5 + random.unit(),
                    };
                    out.write_all(&value.to_le_bytes())?;
                }
                Ok(())
            }
        }
    }

    fn write_blocks<const BYTES: usize>(
        &self,
        scale: u16,
        out: &mut impl Write,
        random: &mut Random,
    ) -> Result<()> {
        for _ in 0..self.elements() / 32 {
            let mut block = [0_u8; BYTES];
            block[..2].copy_from_slice(&scale.to_le_bytes());
            for eight in block[2..].chunks_exact_mut(8) {
                eight.copy_from_slice(&random.next().to_le_bytes());
            }
            out.write_all(&block)?;
        }
        Ok(())
    }
}
