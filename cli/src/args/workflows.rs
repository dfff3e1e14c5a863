//! What was typed of workflows.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Places, RunOptions};

#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Run a workflow: its steps are one run, which is resumed like any other
    Run {
        /// The workflow: a YAML or JSON file
        file: PathBuf,
        /// Value of one input (may be repeated)
        #[arg(long = "input", short, value_name = "NAME=VALUE")]
        inputs: Vec<String>,
        #[command(flatten)]
        options: Box<RunOptions>,
    },
    /// Check a workflow against the tools on offer and list its steps; nothing is called
    Check {
        /// The workflow: a YAML or JSON file
        file: PathBuf,
        #[command(flatten)]
        places: Box<Places>,
    },
}
