//! Commands on what the journal holds.

use std::time::Duration;

use clap::Subcommand;
use jiff::civil::Date;

use super::{Places, Record, RunOptions, Today};

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List runs, oldest first, one a line
    List {
        /// Only the newest N runs [default: all]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        last: Option<u32>,
        #[command(flatten)]
        record: Record,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show one run: what was asked, called, decided and answered, and where each argument came from
    Show {
        /// The run, as `handyman runs list` shows it
        run: String,
        #[command(flatten)]
        record: Record,
        /// The journal's events, one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// End runs that were interrupted or wait for a person. No model is asked; tools are asked what became of calls in doubt
    Cancel {
        /// The runs, as `handyman runs list` shows them
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<String>,
        #[command(flatten)]
        record: Record,
        #[command(flatten)]
        places: Box<Places>,
    },
    /// Check the journal: every event can be read, none is missing, none was changed
    Verify {
        #[command(flatten)]
        record: Record,
    },
    /// Print runs with all their events, one JSON object a line
    Export {
        /// Only these runs [default: all]
        runs: Vec<String>,
        #[command(flatten)]
        record: Record,
    },
    /// Drop old sessions, except those with a run that has not ended or a call in doubt
    Prune {
        /// Drop sessions all of whose runs began longer ago than this: 30d, 12h
        #[arg(long, value_name = "AGE", value_parser = time)]
        older_than: Duration,
        #[command(flatten)]
        record: Record,
        #[command(flatten)]
        today: Today,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// List the calls that wait, and what each would do
    List {
        #[command(flatten)]
        record: Record,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Allow the call that a run waits for; it runs when the run is resumed
    ///
    /// Takes all options of `handyman resume` and puts them into the command it prints for going on.
    Allow {
        #[command(flatten)]
        which: Which,
    },
    /// Deny the call that a run waits for
    ///
    /// Takes all options of `handyman resume` and puts them into the command it prints for going on.
    Deny {
        /// The reason, which the model is told
        #[arg(long, value_name = "REASON")]
        why: Option<String>,
        #[command(flatten)]
        which: Which,
    },
}

/// The call that is decided on.
#[derive(Debug, Clone, clap::Args)]
#[command(mut_args = left_out)]
pub(crate) struct Which {
    /// The run, as `handyman approvals list` shows it
    pub(crate) run: String,
    /// Decide only if the waiting call still has this digest (`handyman approvals list` shows it)
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// What the run goes on with afterwards, and the journal that it is in.
    #[command(flatten)]
    pub(crate) options: Box<RunOptions>,
}

/// Leaves an option out of the help that only the next command does something with.
fn left_out(option: clap::Arg) -> clap::Arg {
    let is_own = matches!(option.get_id().as_str(), "run" | "digest" | "journal" | "why");
    option.hide(!is_own)
}

/// Reads `2026-11-30`.
pub(super) fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("'{text}' is no date; write one like 2026-11-30"))
}

/// Reads `30d`, `12h`, `45m`, `10s`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no time; write a number and d, h, m or s, like 30d or 30s");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}
