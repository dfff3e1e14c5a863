//! Options for a model in this process.

use clap::{Args as Group, ValueEnum};

/// How a model in this process is run.
#[derive(Debug, Clone, Default, Group)]
#[command(next_help_heading = super::IN_PROCESS)]
pub(crate) struct Local {
    /// Size of the model's window in tokens [default: as many as the model was trained for, 8192 at most]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) window: Option<u32>,
    /// Threads to compute with [default: one for each physical core that other programs leave free]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) threads: Option<u32>,
    /// Layers of the model on the GPU, 0 for none [default: as many as fit into its free memory]
    #[arg(long, value_name = "N")]
    pub(crate) gpu_layers: Option<u32>,
    /// Precision of the KV cache [default: f16]
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) cache_type: Option<Cache>,
    /// Whether nothing of sessions is kept on disk: nobody goes on with them.
    #[cfg(feature = "llama")]
    #[arg(skip)]
    pub(crate) forgets: bool,
}

/// Precision of the KV cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cache {
    /// 16 bits a value
    #[value(name = "f16")]
    F16,
    /// 8 bits: half the memory, hardly any loss
    #[value(name = "q8_0")]
    Q8,
    /// 4 bits: a quarter of the memory, a visible loss
    #[value(name = "q4_0")]
    Q4,
}

#[cfg(feature = "llama")]
impl From<Cache> for handyman::CacheType {
    fn from(cache: Cache) -> Self {
        match cache {
            Cache::F16 => Self::F16,
            Cache::Q8 => Self::Q8,
            Cache::Q4 => Self::Q4,
        }
    }
}

impl Local {
    /// The first of these options that was given: it concerns no model elsewhere.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let all = [
            ("--window", self.window.is_some()),
            ("--threads", self.threads.is_some()),
            ("--gpu-layers", self.gpu_layers.is_some()),
            ("--cache-type", self.cache_type.is_some()),
        ];
        all.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
    }
}
