//! What was typed of workflows.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Places, RunOptions};

#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Follow a workflow: its steps are one run, which is resumed like any other
    Run {
        /// The workflow: a YAML or JSON file
        file: PathBuf,
        /// What it is to work on, once for each of its inputs
        #[arg(long = "input", short, value_name = "NAME=VALUE")]
        inputs: Vec<String>,
        #[command(flatten)]
        options: Box<RunOptions>,
    },
    /// Hold a workflow against the tools there are, and show what it does
    Check {
        /// The workflow: a YAML or JSON file
        file: PathBuf,
        #[command(flatten)]
        places: Box<Places>,
    },
}
