//! What was typed of evaluations.

use std::path::PathBuf;

#[cfg(feature = "services")]
use super::services::Services;
use super::{Places, RunOptions};

/// Which cases are tried, how often, and with what.
#[derive(Debug, Clone, clap::Args)]
#[command(mut_args = as_here)]
pub(crate) struct Evaluation {
    /// The cases: a YAML list, or one JSON object a line
    pub(crate) file: PathBuf,
    /// Try each case N times, with --temperature each time with another seed; it passes if all its tries do
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tries: u32,
    /// Try only the case of this name (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    #[command(flatten)]
    pub(crate) options: Box<RunOptions>,
}

/// Says of an option what it means here, where that is something else than for a run.
fn as_here(option: clap::Arg) -> clap::Arg {
    let help = match option.get_id().as_str() {
        "journal" => "Keep all runs in this journal, to look at afterwards [default: none is kept]",
        "world" => {
            "Begin each try in a copy of this sandbox world; nothing else may write to it meanwhile [default: a new one]"
        }
        "json" => {
            "Print one JSON object a line: for each case \
             {\"type\":\"case\",\"case\":NAME,\"passed\":…,\"tries\":[{\"unmet\":[{\"about\":…,\"why\":…}],\"runs\":[…],\"usage\":{…},\"ms\":…}]}, \
             then {\"type\":\"total\",\"passed\":…,\"of\":…,\"interval\":[…,…],\"usage\":{…},\"ms\":…}"
        }
        "approve" => {
            "What to do with calls that have an effect; --allow, --ask and --deny go first. With ask a try ends at such a call, \
             since nobody is asked [default: auto, but ask if tools on offer act on real things]"
        }
        _ => return option,
    };
    option.help(help)
}

/// The first option that was given which offers tools that act on what outlasts a try.
pub(crate) fn lasting(places: &Places) -> Option<&'static str> {
    #[cfg(feature = "services")]
    let services = of_services(&places.services);
    #[cfg(not(feature = "services"))]
    let services = [];
    let mut all = std::iter::once(("--database-write", places.database_write)).chain(services);
    all.find(|(_, is_given)| *is_given).map(|(option, _)| option)
}

/// The same of services. All of them are named, so that one that is new is thought of here.
#[cfg(feature = "services")]
fn of_services(services: &Services) -> [(&'static str, bool); 7] {
    let Services {
        booking,
        calendar,
        smtp,
        outbox,
        mcp,
        mcp_config,
        openapi,
        weather: _,
        search: _,
        mail_from: _,
        openapi_base: _,
        reads: _,
        private_pages: _,
    } = services;
    [
        ("--booking", booking.is_some()),
        ("--calendar", calendar.is_some()),
        ("--smtp", smtp.is_some()),
        ("--outbox", outbox.is_some()),
        ("--mcp", !mcp.is_empty()),
        ("--mcp-config", mcp_config.is_some()),
        ("--openapi", !openapi.is_empty()),
    ]
}
