//! The wrapper around llama.cpp: the only module that names the binding.
//!
//! Several of the binding's safe calls abort the process when given a wrong token, sequence or batch
//! length, so everything is checked here before it crosses over. Map: `backend` the process-wide
//! library and what it complains about · [`gguf`] a model file's header, read by us first ·
//! [`accelerator`] the part of a pass that is computed here · [`weights`] a loaded model and its vocabulary · [`cache`] the KV cache, the batch and the logits ·
//! [`raw`] the calls of its
//! context · [`threads`] how many threads to compute with ·
//! [`devices`] what there is to compute on · [`fit`] what fits into their memory ·
//! [`bare`] the loop ours is measured against.

#[cfg_attr(not(target_arch = "x86_64"), path = "llama/accelerator/elsewhere.rs")]
mod accelerator;
pub(crate) mod backend;
pub(crate) mod bare;
pub(crate) mod cache;
mod cpu;
pub(crate) mod devices;
pub(crate) mod fit;
pub(crate) mod gguf;
pub(crate) mod raw;
pub(crate) mod threads;
pub(crate) mod weights;

/// The version pinned in Cargo.toml. The format in which llama.cpp copies sequences out changes with it.
pub(crate) const STATE_VERSION: &str = "llama-cpp-sys-2 0.1.161";

/// A token's number in the vocabulary.
pub(crate) type Token = u32;
