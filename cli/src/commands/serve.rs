//! `handyman serve booking` and `handyman mcp`: the tools, and the agent, for other programs.

use std::process::ExitCode;
use std::sync::Arc;

use handyman::ServedAgent;
use handyman::tools::booking::serve::serve;
use handyman::tools::mcp::serve::Serving;
use tokio::net::TcpListener;

use crate::args::services::ServeCommand;
use crate::args::{Places, RunOptions};
use crate::problem::Problem;
use crate::settings::{self, Files};
use crate::show;

pub(crate) async fn dispatch(command: ServeCommand) -> Result<ExitCode, Problem> {
    match command {
        ServeCommand::Booking { listen, places } => booking(&listen, &places).await,
    }
}

async fn booking(listen: &str, places: &Places) -> Result<ExitCode, Problem> {
    if places.no_sandbox {
        return Err(Problem::usage("--no-sandbox: it is the sandbox that is served")
            .with_hint("leave it out: handyman serve booking"));
    }
    let files = Files::of(places)?;
    let sandbox = files.open_sandbox(None).await?;
    let busy = |error: std::io::Error| {
        Problem::new(format!("cannot listen on {listen}: {error}"))
            .with_hint("name another place with --listen HOST:PORT")
    };
    let listener = TcpListener::bind(listen).await.map_err(busy)?;
    let address = listener.local_addr().map_err(busy)?;
    show::line(&format!("listening on http://{address}"));
    tokio::select! {
        served = serve(listener, &sandbox, move || files.now()) => served.map_err(busy)?,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(busy)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Standard output belongs to the protocol: nothing else is printed there.
pub(crate) async fn mcp(no_agent: bool, options: &RunOptions) -> Result<ExitCode, Problem> {
    if options.json {
        return Err(Problem::usage("--json: standard output belongs to the protocol")
            .with_hint("`handyman runs show RUN --json` shows the events of a run afterwards"));
    }
    let files = Files::of(&options.places)?;
    let agent = if no_agent {
        settings::agent_without_model(options, &files).await?
    } else {
        settings::agent(options, &files).await?
    };
    let serving = Serving::new(agent.tools()?.clone(), move || files.now());
    let serving = if no_agent { serving } else { serving.with(Arc::new(ServedAgent::new(agent))) };
    serving.on_standard_io().await?;
    Ok(ExitCode::SUCCESS)
}
