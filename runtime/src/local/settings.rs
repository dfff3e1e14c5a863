//! How a model is run, and what there is to know about it once it runs.

use handyman_core::{ModelInfo, Sampling};

use super::states::StateFolder;
use crate::decode::Shortcuts;
use crate::llama::cache::CacheType;
use crate::render::transcript::EarlierReasoning;

/// How a model is run.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSettings {
    /// Tokens a session may have; by default what the model was trained for, up to 8,192.
    pub window: Option<u32>,
    /// Threads to compute with; by default one for each physical core that other programs leave free,
    /// which is looked at again every half second.
    pub threads: Option<u32>,
    /// Layers on the GPU; by default as many as fit into its free memory with the KV cache, and a margin.
    pub gpu_layers: Option<u32>,
    /// Sessions whose tokens are kept computed in the KV cache at the same time, and so replies that are
    /// written at the same time; at most 256.
    pub sessions_max: u32,
    /// Tokens that all sessions together may have in the KV cache; by default as many as the window, but at
    /// least 8,192. Sessions that begin alike share the tokens they have in common.
    pub cache_tokens: Option<u32>,
    /// How keys and values are stored.
    pub cache_type: CacheType,
    /// Flash attention on or off; llama.cpp chooses by default.
    pub flash_attention: Option<bool>,
    /// Whether kernels of this crate compute on the CPU, where the processor has AVX2: flash attention, if keys and values have
    /// 16 bits and the model's attention is of the usual form, and without a GPU also products of several tokens with
    /// weights of 8 bits (`Q8_0`). They come to the same as llama.cpp's, up to rounding, and take less time.
    pub own_kernels: bool,
    /// Bytes of the host's memory for sessions that have to leave the KV cache. Beyond that the one idle for
    /// longest is forgotten and computed again when it comes back (`recomputed` in the usage figures).
    pub host_bytes_max: usize,
    /// Where sequences are kept for a later process, so that a run that was interrupted goes on without
    /// computing its tokens again; by default nowhere.
    pub states: Option<StateFolder>,
    /// Requests that may wait for their turn; more are refused with a fault of kind `Busy`.
    pub queue_max: usize,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// What becomes of reasoning that the template leaves out of later prompts.
    pub earlier_reasoning: EarlierReasoning,
    /// What is not computed that could be.
    pub shortcuts: Shortcuts,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            window: None,
            threads: None,
            gpu_layers: None,
            sessions_max: 16,
            cache_tokens: None,
            cache_type: CacheType::default(),
            flash_attention: None,
            own_kernels: true,
            host_bytes_max: 512 << 20,
            states: None,
            queue_max: 1_000,
            sampling: Sampling::default(),
            earlier_reasoning: EarlierReasoning::default(),
            shortcuts: Shortcuts::default(),
        }
    }
}

/// What there is to know about a loaded model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// Name and hash of the file.
    pub info: ModelInfo,
    /// The architecture, as llama.cpp names it.
    pub architecture: String,
    /// Parameters of the model.
    pub parameters: u64,
    /// Tokens in its vocabulary.
    pub vocabulary: u32,
    /// Tokens it was trained to see at once.
    pub window_trained: u32,
    /// Tokens a session may have.
    pub window: u32,
    /// Threads it computes with at most.
    pub threads: u32,
    /// Layers on the GPU; `None` where there is none to choose for.
    pub gpu_layers: Option<u32>,
    /// What was not done as asked, and why: layers that did not fit.
    pub notes: Vec<String>,
    /// How it writes calls: a family's way (`hermes`, `llama3`, …), `inferred` or `generic`.
    pub dialect: &'static str,
    /// Why that dialect was chosen.
    pub dialect_why: String,
}
