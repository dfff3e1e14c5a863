//! llama.cpp's context, called directly.
//!
//! The binding's own context can neither change its threads nor read a saved sequence from a buffer of
//! known length, so the few functions needed are called here. Every number that crosses over is checked by
//! [`cache`](super::cache), the only caller.

use std::ptr::NonNull;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_sys_2 as sys;

/// What of a sequence is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Whole,
    /// Only what cannot be rolled back: recurrent states and sliding windows.
    Fixed,
}

impl Extent {
    fn flags(self) -> sys::llama_state_seq_flags {
        match self {
            Self::Whole => 0,
            Self::Fixed => 1,
        }
    }
}

/// One token of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) token: i32,
    pub(super) position: i32,
    pub(super) sequence: i32,
    pub(super) logits: bool,
}

/// A context and the batch that feeds it, both freed when dropped. The model must outlive it.
#[derive(Debug)]
pub(super) struct Context {
    pointer: NonNull<sys::llama_context>,
    batch: sys::llama_batch,
    batch_max: usize,
}

// SAFETY: llama.cpp ties a context to no thread, and nothing here is shared: all calls that change it
// take `&mut self`, and the type is not `Sync`.
#[expect(unsafe_code, reason = "raw pointers are never Send by themselves")]
unsafe impl Send for Context {}

impl Drop for Context {
    #[expect(unsafe_code, reason = "frees what `open` made")]
    fn drop(&mut self) {
        // SAFETY: both were made by `open` and are freed once, here.
        unsafe {
            sys::llama_batch_free(self.batch);
            sys::llama_free(self.pointer.as_ptr());
        }
    }
}

/// llama.cpp's defaults, to change.
#[expect(unsafe_code, reason = "a C function")]
pub(super) fn default_params() -> sys::llama_context_params {
    // SAFETY: returns a plain struct and reads nothing.
    unsafe { sys::llama_context_default_params() }
}

/// The model's pointer, which the binding keeps to itself.
#[expect(unsafe_code, reason = "reads the binding's only field")]
fn pointer(model: &LlamaModel) -> NonNull<sys::llama_model> {
    const { assert!(size_of::<LlamaModel>() == size_of::<NonNull<sys::llama_model>>()) };
    // SAFETY: `LlamaModel` is `repr(transparent)` over a `repr(transparent)` wrapper of
    // `NonNull<llama_model>`, in the version that Cargo.toml pins exactly; the size is checked above.
    unsafe { *std::ptr::from_ref(model).cast::<NonNull<sys::llama_model>>() }
}

/// Positions a sliding-window layer sees; zero where every layer sees everything.
#[expect(unsafe_code, reason = "a C function")]
pub(super) fn sliding_window(model: &LlamaModel) -> usize {
    // SAFETY: the pointer is that of a live model, which the call only reads.
    let window = unsafe { sys::llama_model_n_swa(pointer(model).as_ptr()) };
    usize::try_from(window).unwrap_or(0)
}

impl Context {
    /// Makes a context; `None` when llama.cpp refuses, as it does without memory. One at a time: it
    /// changes the model.
    #[expect(unsafe_code, reason = "makes a context and its batch")]
    pub(super) fn open(model: &LlamaModel, params: sys::llama_context_params) -> Option<Self> {
        let batch_max = usize::try_from(params.n_batch).ok()?;
        let rows = i32::try_from(params.n_batch).ok()?;
        // SAFETY: the model is alive, and `params` came from `default_params`, so its pointers are null.
        let context = NonNull::new(unsafe { sys::llama_init_from_model(pointer(model).as_ptr(), params) })?;
        // SAFETY: allocates room for `rows` tokens of one sequence each.
        let batch = unsafe { sys::llama_batch_init(rows, 0, 1) };
        Some(Self { pointer: context, batch, batch_max })
    }

    /// Computes rows, at most as many as the batch holds. Gives llama.cpp's code: zero is success.
    #[expect(unsafe_code, reason = "fills the batch, then calls C")]
    pub(super) fn decode(&mut self, rows: &[Row]) -> i32 {
        let Some(count) = i32::try_from(rows.len()).ok().filter(|_| rows.len() <= self.batch_max) else {
            return -1;
        };
        for (index, row) in rows.iter().enumerate() {
            // SAFETY: `index < batch_max`, for which `llama_batch_init` allocated every array, with room
            // for one sequence a token.
            unsafe {
                *self.batch.token.add(index) = row.token;
                *self.batch.pos.add(index) = row.position;
                *self.batch.n_seq_id.add(index) = 1;
                **self.batch.seq_id.add(index) = row.sequence;
                *self.batch.logits.add(index) = i8::from(row.logits);
            }
        }
        self.batch.n_tokens = count;
        // SAFETY: the batch is filled up to `n_tokens`, which is at most `n_batch`.
        unsafe { sys::llama_decode(self.pointer.as_ptr(), self.batch) }
    }

    /// The logits after one row of the last batch, if it asked for them.
    #[expect(unsafe_code, reason = "reads llama.cpp's buffer")]
    pub(super) fn logits(&self, row: usize, vocabulary: usize) -> Option<&[f32]> {
        let row = i32::try_from(row).ok()?;
        // SAFETY: an index that has no logits gives null.
        let start = NonNull::new(unsafe { sys::llama_get_logits_ith(self.pointer.as_ptr(), row) })?;
        // SAFETY: llama.cpp keeps one number for each token of the vocabulary there, until the next call
        // that takes `&mut self`.
        Some(unsafe { std::slice::from_raw_parts(start.as_ptr(), vocabulary) })
    }

    #[expect(unsafe_code, reason = "a C function")]
    fn memory(&self) -> sys::llama_memory_t {
        // SAFETY: the context is alive; its memory lives as long.
        unsafe { sys::llama_get_memory(self.pointer.as_ptr()) }
    }

    /// Forgets a sequence from a position on; false when the model can only forget everything.
    #[expect(unsafe_code, reason = "a C function")]
    pub(super) fn forget(&mut self, sequence: i32, from: i32) -> bool {
        // SAFETY: the caller checked that the sequence is one of this context.
        unsafe { sys::llama_memory_seq_rm(self.memory(), sequence, from, -1) }
    }

    /// Lets another sequence share the first tokens of this one.
    #[expect(unsafe_code, reason = "a C function")]
    pub(super) fn share(&mut self, from: i32, to: i32, length: i32) {
        // SAFETY: the caller checked both sequences.
        unsafe { sys::llama_memory_seq_cp(self.memory(), from, to, 0, length) };
    }

    /// The first position that all layers still hold of a sequence.
    #[expect(unsafe_code, reason = "a C function")]
    pub(super) fn first_position(&self, sequence: i32) -> i32 {
        // SAFETY: the caller checked the sequence; the call only reads.
        unsafe { sys::llama_memory_seq_pos_min(self.memory(), sequence) }
    }

    /// Bytes that a copy of a sequence takes.
    #[expect(unsafe_code, reason = "a C function")]
    pub(super) fn size(&mut self, sequence: i32, extent: Extent) -> usize {
        // SAFETY: the caller checked the sequence; the call only measures.
        unsafe { sys::llama_state_seq_get_size_ext(self.pointer.as_ptr(), sequence, extent.flags()) }
    }

    /// Copies a sequence out; empty when llama.cpp refuses.
    #[expect(unsafe_code, reason = "llama.cpp writes into a buffer")]
    pub(super) fn save(&mut self, sequence: i32, extent: Extent) -> Vec<u8> {
        let size = self.size(sequence, extent);
        let (context, flags) = (self.pointer.as_ptr(), extent.flags());
        let mut bytes = vec![0; size];
        // SAFETY: the buffer has the `size` bytes that are passed along, beyond which nothing is written.
        let written =
            unsafe { sys::llama_state_seq_get_data_ext(context, bytes.as_mut_ptr(), size, sequence, flags) };
        if written == size { bytes } else { Vec::new() }
    }

    /// Copies a sequence in, in place of what it held; false when the bytes do not fit this context.
    #[expect(unsafe_code, reason = "llama.cpp reads from a buffer")]
    pub(super) fn load(&mut self, sequence: i32, extent: Extent, bytes: &[u8]) -> bool {
        let context = self.pointer.as_ptr();
        // SAFETY: never reads beyond the length that is passed along; bytes of another shape are refused
        // by checks that throw inside the call and are caught there.
        let read = unsafe {
            sys::llama_state_seq_set_data_ext(context, bytes.as_ptr(), bytes.len(), sequence, extent.flags())
        };
        read == bytes.len() && !bytes.is_empty()
    }

    /// Computes with this many threads from now on.
    #[expect(unsafe_code, reason = "a C function")]
    pub(super) fn set_threads(&mut self, threads: i32) {
        // SAFETY: only stores the numbers, which are positive.
        unsafe { sys::llama_set_n_threads(self.pointer.as_ptr(), threads, threads) };
    }
}
