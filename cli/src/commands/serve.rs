//! `handyman serve` and `handyman mcp`: the tools, and the agent, for other programs.

use std::io::{ErrorKind, IsTerminal};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use handyman::tools::booking::serve::serve;
use handyman::tools::mcp::serve::Serving;
use handyman::{HttpAgent, ServedAgent};
use tokio::net::TcpListener;

use asked::Asked;

use crate::approve::question;
use crate::args::services::ServeCommand;
use crate::args::{Places, RunOptions};
use crate::interrupt::{self, Interrupt};
use crate::problem::Problem;
use crate::settings::{self, Files, Shared};
use crate::show;

mod asked;

pub(crate) async fn dispatch(command: ServeCommand) -> Result<ExitCode, Problem> {
    match command {
        ServeCommand::Booking { listen, places } => booking(&listen, &places).await,
        ServeCommand::Agent { listen, origin, max_runs, options } => {
            agent((&listen, &origin, max_runs), &options).await
        }
    }
}

/// Listens at a place, and says where that is.
async fn bound(listen: &str) -> Result<(TcpListener, SocketAddr), Problem> {
    let listener = TcpListener::bind(listen).await.map_err(|error| busy(listen, &error))?;
    let address = listener.local_addr().map_err(|error| busy(listen, &error))?;
    Ok((listener, address))
}

fn busy(listen: &str, error: &std::io::Error) -> Problem {
    let problem = format!("cannot listen on {listen}: {error}");
    let problem =
        if error.kind() == ErrorKind::InvalidInput { Problem::usage(problem) } else { Problem::new(problem) };
    problem.with_hint("name another place with --listen HOST:PORT")
}

async fn booking(listen: &str, places: &Places) -> Result<ExitCode, Problem> {
    if places.no_sandbox {
        return Err(Problem::usage("--no-sandbox: it is the sandbox that is served")
            .with_hint("leave it out: handyman serve booking"));
    }
    let files = Files::of(places)?;
    let sandbox = files.open_sandbox(None).await?;
    let (listener, address) = bound(listen).await?;
    show::line(&format!("listening on http://{address}"));
    let terminated = interrupt::terminated();
    let ended = tokio::select! {
        () = terminated => Ok(()),
        served = serve(listener, &sandbox, move || files.now()) => served,
        interrupted = tokio::signal::ctrl_c() => interrupted,
    };
    ended.map_err(|error| busy(listen, &error))?;
    Ok(ExitCode::SUCCESS)
}

const KEY_HINT: &str = "put a key into HANDYMAN_SERVE_KEY, which clients then send as `Authorization: Bearer KEY`; \
    or listen on 127.0.0.1";

/// The key that clients have to send, where one is set. What is set and cannot be one is not taken for none.
fn key() -> Result<Option<String>, Problem> {
    let Some(set) = std::env::var_os("HANDYMAN_SERVE_KEY") else { return Ok(None) };
    match set.into_string() {
        Ok(key) if !key.trim_ascii().is_empty() => Ok(Some(key)),
        Ok(_) | Err(_) => Err(Problem::usage("HANDYMAN_SERVE_KEY is set, and there is no key in it")
            .with_hint("put a key there, or unset it")),
    }
}

/// The agent over HTTP. Ctrl-C, or a service manager, ends its runs well, and then the server.
async fn agent(
    (listen, origins, max_runs): (&str, &[String], u32),
    options: &RunOptions,
) -> Result<ExitCode, Problem> {
    if options.json {
        return Err(Problem::usage("--json: what is served is JSON in any case").with_hint("leave it out"));
    }
    let key = key()?;
    let (listener, address) = bound(listen).await?;
    if key.is_none() && !address.ip().is_loopback() {
        let problem =
            format!("--listen {listen}: other machines can reach the agent there, and there is no key");
        return Err(Problem::usage(problem).with_hint(KEY_HINT));
    }
    let files = Files::of(&options.places)?;
    let agent = settings::agent_elsewhere(options, &files).await?;
    let name = listen.rsplit_once(':').map_or(listen, |(name, _)| name);
    let served = HttpAgent::new(agent).host(name).runs_max(max_runs);
    let served = key.into_iter().fold(served, HttpAgent::key);
    let served = origins.iter().try_fold(served, |served, origin| served.origin(origin))?;
    let (pressed, terminated) = (Interrupt::new(), interrupt::terminated());
    let cancelled = pressed.token().cancelled_owned();
    let until = async move {
        tokio::select! {
            () = cancelled => {}
            () = terminated => interrupt::tell_stopping(),
        }
    };
    show::line(&format!("listening on http://{address}"));
    served.serve(listener, until).await.map_err(|error| busy(listen, &error))?;
    Ok(ExitCode::SUCCESS)
}

const CLIENT_HINT: &str = "an MCP client starts `handyman mcp` and talks to it over standard input and output; \
    name this command in the client's settings";

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
    let Shared { free, asked } = settings::shared(options, agent.tools()?)?;
    let serving = Serving::new(free, move || files.now());
    let asked = Asked::all(&asked)?.into_iter();
    let serving = asked.fold(serving, |serving, tool| serving.with(Arc::new(tool)));
    let serving =
        if no_agent { serving } else { serving.with(Arc::new(ServedAgent::new(agent).asking(question))) };
    if std::io::stdin().is_terminal() {
        show::note("waiting for an MCP client on standard input; Ctrl-C leaves");
    }
    serving.on_standard_io().await.map_err(|error| Problem::from(error).with_hint(CLIENT_HINT))?;
    Ok(ExitCode::SUCCESS)
}
