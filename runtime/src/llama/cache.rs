//! The KV cache: which tokens of which sequence have been computed, and the logits they left.

use handyman_core::{Fault, FaultKind};
use llama_cpp_sys_2 as sys;

use super::backend::{backend, one_at_a_time};
use super::raw::{self, Context, Extent, Row};
use super::threads::Threads;
use super::weights::Weights;
use super::{Token, accelerator};

/// Tokens computed in one pass at most; a cancelled request waits for at most one pass.
pub(crate) const BATCH_MAX: usize = 256;
/// Parameters times tokens of a batch below which one thread computes it: some ten milliseconds of its work.
const SMALL_WORK: u64 = 100_000_000;
/// Sequences that llama.cpp can keep apart.
pub(crate) const SEQUENCES_MAX: u32 = 256;

/// How the keys and values of computed tokens are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheType {
    /// 16-bit floats: exact enough for every model.
    #[default]
    F16,
    /// 8 bits a value: half the memory, hardly a difference.
    Q8,
    /// 4 bits a value: a quarter of the memory, a visible difference.
    Q4,
}

impl CacheType {
    fn ggml(self) -> sys::ggml_type {
        match self {
            Self::F16 => sys::GGML_TYPE_F16,
            Self::Q8 => sys::GGML_TYPE_Q8_0,
            Self::Q4 => sys::GGML_TYPE_Q4_0,
        }
    }

    /// Bytes of this many values.
    pub(crate) fn bytes(self, values: u64) -> u64 {
        match self {
            Self::F16 => values.saturating_mul(2),
            Self::Q8 => (values / 32).saturating_mul(34),
            Self::Q4 => (values / 32).saturating_mul(18),
        }
    }
}

/// The size and kind of a cache.
#[derive(Debug, Clone)]
pub(crate) struct CacheSettings {
    /// Tokens over all sequences.
    pub(crate) cells: u32,
    /// Sequences at the same time.
    pub(crate) sequences: u32,
    /// Threads to compute with.
    pub(crate) threads: Threads,
    /// How keys and values are stored.
    pub(crate) kind: CacheType,
    /// Flash attention on or off; llama.cpp chooses where it is `None`.
    pub(crate) flash_attention: Option<bool>,
    /// Whether [`accelerator`] takes part.
    pub(crate) own_kernels: bool,
}

/// Which sequence, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The sequence, from 0.
    pub(crate) sequence: u32,
    /// Tokens before.
    pub(crate) position: usize,
}

/// One token to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Feed {
    /// Where it stands.
    pub(crate) place: Place,
    /// The token.
    pub(crate) token: Token,
    /// Whether the logits after it are wanted.
    pub(crate) logits: bool,
}

/// How much of a sequence can be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// Any number of tokens at its end.
    Positions,
    /// Any number, as long as the sliding window before them is still held.
    Window,
    /// All or nothing: a recurrent state has no past.
    Recurrent,
}

/// Cells that hold the windows of all sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    /// How many there are.
    pub(crate) cells: usize,
    /// How many tokens back a window reaches.
    pub(crate) window: usize,
}

/// The cache of one model and the logits of the last batch.
#[derive(Debug)]
pub(crate) struct Cache<'w> {
    context: Context,
    weights: &'w Weights,
    settings: CacheSettings,
    memory: Memory,
    /// How many tokens back a sliding window reaches; zero where there are none. A hybrid can have both.
    window: usize,
    /// Which tokens of the last batch left logits.
    wanted: Vec<bool>,
    /// Threads of the last batch.
    threads: i32,
}

impl<'w> Cache<'w> {
    /// Whether threads would wait for each other longer than a batch of so many tokens takes.
    fn is_small(&self, tokens: usize) -> bool {
        self.weights.parameters().saturating_mul(tokens as u64) < SMALL_WORK
    }

    /// Allocates a cache.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when there is not enough memory; its hint names a smaller window.
    pub(crate) fn open(weights: &'w Weights, settings: CacheSettings) -> Result<Self, Fault> {
        backend()?;
        let batch_max = u32::try_from(BATCH_MAX).unwrap_or(u32::MAX);
        let threads = settings.threads.now();
        let params = sys::llama_context_params {
            n_ctx: settings.cells,
            n_batch: batch_max,
            n_ubatch: batch_max,
            n_seq_max: settings.sequences.clamp(1, SEQUENCES_MAX),
            n_threads: threads,
            n_threads_batch: threads,
            type_k: settings.kind.ggml(),
            type_v: settings.kind.ggml(),
            flash_attn_type: settings.flash_attention.map_or(-1, i32::from),
            kv_unified: true,
            swa_full: false,
            no_perf: true,
            ..raw::default_params()
        };
        let open = || Context::open(&weights.model, params).ok_or(());
        let context = one_at_a_time(open).map_err(|((), why)| {
            let problem = format!("a KV cache of {} tokens cannot be made: {why}", settings.cells);
            let smaller = (settings.cells / 2).max(256);
            Fault::new(FaultKind::Backend, problem).with_hint(if settings.kind == CacheType::F16 {
                format!("use a smaller window, such as {smaller}, or 8-bit keys and values")
            } else {
                format!("keep keys and values in 16 bits, or use a smaller window, such as {smaller}")
            })
        })?;
        let window = raw::sliding_window(&weights.model);
        let memory = match window {
            _ if weights.is_recurrent() => Memory::Recurrent,
            0 => Memory::Positions,
            _ => Memory::Window,
        };
        Ok(Self { context, weights, settings, memory, window, wanted: Vec::new(), threads })
    }

    /// Computes up to [`BATCH_MAX`] tokens of any sequences; each goes on where it ends.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend`. The sequences then hold an unknown part of the tokens.
    pub(crate) fn decode(&mut self, batch: &[Feed]) -> Result<(), Fault> {
        self.wanted.clear();
        if batch.is_empty() || batch.len() > BATCH_MAX {
            return Err(Fault::new(
                FaultKind::Backend,
                format!("cannot compute {} tokens at once", batch.len()),
            ));
        }
        let rows = batch.iter().map(|feed| self.row(feed)).collect::<Result<Vec<Row>, Fault>>()?;
        self.settings.threads.adapt();
        let threads = if self.is_small(rows.len()) { 1 } else { self.settings.threads.now() };
        if threads != self.threads {
            self.context.set_threads(threads);
            self.threads = threads;
        }
        let helping = if self.settings.own_kernels { threads } else { 0 };
        match accelerator::with_threads(helping, || self.context.decode(&rows)) {
            0 => self.wanted.extend(batch.iter().map(|feed| feed.logits)),
            1 => return Err(Fault::new(FaultKind::Backend, "the KV cache has no room for the tokens")),
            -1 => return Err(Fault::new(FaultKind::Backend, "llama.cpp refused the batch")),
            code => {
                let problem = format!("llama.cpp failed while it computed (code {code})");
                return Err(Fault::new(FaultKind::Backend, problem));
            }
        }
        Ok(())
    }

    fn row(&self, feed: &Feed) -> Result<Row, Fault> {
        let known = self.weights.checked(feed.token).ok_or_else(|| {
            Fault::new(FaultKind::Backend, format!("token {} is not in the vocabulary", feed.token))
        })?;
        let position = i32::try_from(feed.place.position)
            .map_err(|error| Fault::new(FaultKind::Window, "the sequence is too long").with_source(error))?;
        let sequence = self.sequence(feed.place.sequence).ok_or_else(|| {
            Fault::new(FaultKind::Backend, format!("there is no sequence {}", feed.place.sequence))
        })?;
        Ok(Row { token: known.0, position, sequence, logits: feed.logits })
    }

    /// The logits after one token of the last batch, one for each token of the vocabulary.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when that token left none.
    pub(crate) fn logits(&self, index: usize) -> Result<&[f32], Fault> {
        let there = self.wanted.get(index).copied().unwrap_or(false);
        let logits = there.then(|| self.context.logits(index, self.weights.vocabulary() as usize)).flatten();
        logits.ok_or_else(|| Fault::new(FaultKind::Backend, "there are no logits to read"))
    }

    /// Whether a sequence of this length can be cut back to a position.
    pub(crate) fn can_truncate(&self, place: Place, length: usize) -> bool {
        if place.position == 0 || place.position == length {
            return true;
        }
        match self.memory {
            Memory::Positions => true,
            Memory::Recurrent => false,
            Memory::Window => self.sequence(place.sequence).is_some_and(|sequence| {
                let first = self.context.first_position(sequence);
                usize::try_from(first).is_ok_and(|first| first <= place.position.saturating_sub(self.window))
            }),
        }
    }

    /// Forgets a sequence from a position on; false when what is left of it is of no use.
    pub(crate) fn truncate(&mut self, place: Place) -> bool {
        let (Some(sequence), Ok(from)) = (self.sequence(place.sequence), i32::try_from(place.position))
        else {
            return false;
        };
        // Forgetting a whole sequence cannot fail.
        self.context.forget(sequence, if from == 0 { -1 } else { from })
    }

    /// Lets an empty sequence begin with the first tokens of another.
    pub(crate) fn share(&mut self, from: u32, to: u32, length: usize) {
        if let (Some(from), Some(to), Ok(length)) =
            (self.sequence(from), self.sequence(to), i32::try_from(length))
        {
            self.context.share(from, to, length);
        }
    }

    /// Whether sequences can have a beginning in common. llama.cpp ends the process when a part of a sequence of
    /// DeepSeek-V4 is shared.
    pub(crate) fn shares(&self) -> bool {
        !self.weights.is_of("deepseek4")
    }

    /// Whether every token of a sequence can be forgotten one by one.
    pub(crate) fn rolls_back(&self) -> bool {
        self.memory == Memory::Positions
    }

    /// The room for sliding windows, where the model has such: as many cells as llama.cpp takes for them.
    pub(crate) fn windows(&self) -> Option<Windows> {
        let window = self.window;
        if window == 0 {
            return None;
        }
        let sequences = self.settings.sequences.clamp(1, SEQUENCES_MAX) as usize;
        let cells = (window * sequences + BATCH_MAX).min(self.settings.cells as usize);
        Some(Windows { cells, window })
    }

    /// Whether the last few tokens of a sequence can be forgotten, as a wrong draft is.
    pub(crate) fn undoes(&self) -> bool {
        self.memory != Memory::Recurrent
    }

    /// Bytes that a copy of a whole sequence takes; none of a sequence that there is not.
    pub(crate) fn size(&mut self, sequence: u32) -> usize {
        self.sequence(sequence).map_or(0, |sequence| self.context.size(sequence, Extent::Whole))
    }

    /// Copies a sequence out.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when llama.cpp refuses.
    pub(crate) fn save(&mut self, sequence: u32, extent: Extent) -> Result<Vec<u8>, Fault> {
        let bytes = self.sequence(sequence).map(|sequence| self.context.save(sequence, extent));
        bytes
            .filter(|bytes| !bytes.is_empty())
            .ok_or_else(|| Fault::new(FaultKind::Backend, "a sequence cannot be copied out of the KV cache"))
    }

    /// Copies a sequence in, in place of what it held.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the bytes are not of this model and kind of cache, or there is no
    /// room. The sequence is empty then, except for an [`Extent::Fixed`] part that did not fit.
    pub(crate) fn load(&mut self, sequence: u32, extent: Extent, bytes: &[u8]) -> Result<(), Fault> {
        let known = self.sequence(sequence);
        if known.is_some_and(|known| self.context.load(known, extent, bytes)) {
            return Ok(());
        }
        self.truncate(Place { sequence, position: 0 });
        Err(Fault::new(FaultKind::Backend, "a saved sequence does not fit the KV cache"))
    }

    fn sequence(&self, sequence: u32) -> Option<i32> {
        i32::try_from(sequence).ok().filter(|_| sequence < self.settings.sequences.min(SEQUENCES_MAX))
    }
}
