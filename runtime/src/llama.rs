//! The wrapper around llama.cpp: the only module that names the binding.
//!
//! Several of the binding's safe calls abort the process when given a wrong token, sequence or batch
//! length, so everything is checked here before it crosses over. Map: `backend` the process-wide
//! library and what it complains about · [`gguf`] a model file's header, read by us first ·
//! [`weights`] a loaded model and its vocabulary · [`cache`] the KV cache, the batch and the logits ·
//! [`threads`] how many threads to compute with.

pub(crate) mod backend;
pub(crate) mod cache;
pub(crate) mod gguf;
pub(crate) mod threads;
pub(crate) mod weights;

/// A token's number in the vocabulary.
pub(crate) type Token = u32;
