//! Options for a model in this process.

use clap::Args as Group;

/// How a model in this process is run.
#[derive(Debug, Clone, Default, Group)]
#[command(next_help_heading = "Model in this process")]
pub(crate) struct Local {
    /// Tokens a session may have [default: as many as the model was trained for, 8192 at most]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) window: Option<u32>,
    /// Threads to compute with [default: one for each physical core that other programs leave free]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) threads: Option<u32>,
    /// Layers of the model on the GPU, 0 for none [default: as many as fit into its free memory]
    #[arg(long, value_name = "N")]
    pub(crate) gpu_layers: Option<u32>,
}

impl Local {
    /// The first of these options that was given: it concerns no model elsewhere.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let all = [("--window", self.window), ("--threads", self.threads), ("--gpu-layers", self.gpu_layers)];
        all.into_iter().find(|(_, value)| value.is_some()).map(|(option, _)| option)
    }
}
