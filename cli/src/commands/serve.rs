//! `handyman serve booking` and `handyman mcp`: the tools for other programs.

use std::process::ExitCode;

use handyman::tools::booking::serve::serve;
use handyman::tools::mcp::serve::Serving;
use tokio::net::TcpListener;

use crate::args::Places;
use crate::args::services::ServeCommand;
use crate::problem::Problem;
use crate::settings::Files;
use crate::show;

pub(crate) async fn dispatch(command: ServeCommand) -> Result<ExitCode, Problem> {
    match command {
        ServeCommand::Booking { listen, places } => booking(&listen, &places).await,
    }
}

async fn booking(listen: &str, places: &Places) -> Result<ExitCode, Problem> {
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
        served = serve(listener, &sandbox, files.now()) => served.map_err(busy)?,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(busy)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Standard output belongs to the protocol: nothing else is printed there.
pub(crate) async fn mcp(names: &[String], places: &Places) -> Result<ExitCode, Problem> {
    let files = Files::of(places)?;
    let toolbox = files.open_toolbox().await?;
    let toolbox = if names.is_empty() { toolbox } else { toolbox.only(names)? };
    Serving::new(toolbox, move || files.now()).on_standard_io().await?;
    Ok(ExitCode::SUCCESS)
}
