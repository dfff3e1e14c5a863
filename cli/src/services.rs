//! What the options about services mean: tools from elsewhere, and secrets from the environment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use handyman::core::catalogue::SHOW_TOOLS;
use handyman::tools::booking::BookingService;
use handyman::tools::calendar::{Calendar, CalendarFile};
use handyman::tools::mail::{Outbox, Sender, Smtp, outbox, smtp};
use handyman::tools::mcp::{Config, Launch, Listening, Server};
use handyman::tools::openapi::{self, Api, Document, Settings as ApiSettings};
use handyman::tools::weather::{OpenMeteo, Station};
use handyman::tools::web::{Engine, Pages, Reach, Url, WebSearch, read_page, search_web};
use handyman::tools::wrap::{Declared, Placed, Renamed, Wrapped};
use handyman::{Effect, Limits, Tool, ToolError, ToolResult};
use jiff::tz::TimeZone;

use crate::args::services::Services;
use crate::elicit;
use crate::problem::Problem;
use crate::settings::Candidate;
use crate::show;

/// A tool of a server or a document, with the name of where it comes from.
type Foreign = (String, Arc<dyn Tool>);

/// How long a server may take to be ready before the person is told what is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// Variables that a program needs to run, handed to MCP servers; all others stay here.
const HANDED_ON: [&str; 11] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TMPDIR", "TEMP", "SYSTEMROOT", "APPDATA"];

/// Where forecasts come from, if not from the sandbox.
pub(crate) fn weather(services: &Services) -> Result<Option<Station>, Problem> {
    let Some(named) = &services.weather else { return Ok(None) };
    let service = match named.split_once('=') {
        None if named == "open-meteo" => OpenMeteo::public()?,
        Some(("open-meteo", url)) => OpenMeteo::at(address("--weather", url)?)?,
        Some(_) | None => {
            return Err(Problem::usage(format!("there is no weather service '{named}'"))
                .with_hint("write --weather open-meteo, or --weather open-meteo=URL"));
        }
    };
    Ok(Some(Station::OpenMeteo(Arc::new(service))))
}

/// Where the calendar is, if not in the sandbox.
pub(crate) fn calendar(services: &Services) -> Result<Option<Calendar>, Problem> {
    let Some(path) = &services.calendar else { return Ok(None) };
    let file = CalendarFile::open(path, TimeZone::system()).map_err(|error| {
        let message = error.to_string();
        let problem = if path.is_file() { Problem::new(message) } else { Problem::usage(message) };
        problem.with_hint("name an iCalendar file that is there with --calendar FILE.ics")
    })?;
    Ok(Some(Calendar::File(file)))
}

/// The tool that sends mail, if a way was named.
fn mail(services: &Services) -> Result<Option<Arc<dyn Tool>>, Problem> {
    let Some(from) = &services.mail_from else { return Ok(None) };
    let sender = Sender::parse(from, TimeZone::system())
        .map_err(|error| Problem::usage(format!("--mail-from: {error}")).with_hint(FROM_HINT))?;
    if let Some(folder) = &services.outbox {
        let opened = Outbox::open(folder, sender).map_err(|error| {
            Problem::from(error).with_hint("name a folder that you can write to with --outbox FOLDER")
        })?;
        let sends = outbox::send_mail(Arc::new(opened));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        return Ok(Some(Arc::new(sends.placed(folder.display().to_string()))));
    }
    let Some(named) = &services.smtp else {
        return Err(Problem::usage("--mail-from names who mail is from, and there is no way to send it")
            .with_hint("add --smtp smtps://USER@HOST or --outbox FOLDER"));
    };
    let wrong = |problem: String| Problem::usage(format!("--smtp: {problem}")).with_hint(SMTP_HINT);
    // What was typed is not repeated: it may have a password in it.
    let url: Url = named.parse().map_err(|error| wrong(format!("this is no address: {error}")))?;
    let server =
        Smtp::at(&url, secret("HANDYMAN_SMTP_PASSWORD"), sender).map_err(|error| wrong(error.to_string()))?;
    // The address names no password: it would have been refused.
    Ok(Some(Arc::new(smtp::send_mail(Arc::new(server)).placed(url.as_str()))))
}

const FROM_HINT: &str = "for example --mail-from 'Ann Example <ann@example.org>'";
const SMTP_HINT: &str = "write --smtp smtps://USER@HOST (or smtp://…, with %40 for an @ in USER), and put the password into HANDYMAN_SMTP_PASSWORD";

/// The tools, with those for booking and payment at the service that was named, if one was.
pub(crate) fn booked(services: &Services, tools: Vec<Arc<dyn Tool>>) -> Result<Vec<Arc<dyn Tool>>, Problem> {
    let Some(url) = &services.booking else { return Ok(tools) };
    let service = BookingService::at(address("--booking", url)?)?;
    let token = secret("HANDYMAN_BOOKING_TOKEN");
    Ok(token.into_iter().fold(service, BookingService::with_token).in_place_of(tools))
}

/// This program's own tools with those that the services add. `asks` says whether a person may be asked.
pub(crate) async fn tools(
    services: &Services,
    mut own: Vec<Arc<dyn Tool>>,
    asks: bool,
) -> Result<Vec<Candidate>, Problem> {
    if let Some(named) = &services.search {
        own.push(Arc::new(search_web(Arc::new(WebSearch::new(engine(named)?)?))));
        let reach = if services.private_pages { Reach::Anywhere } else { Reach::Public };
        own.push(Arc::new(read_page(Arc::new(Pages::within(reach)?))));
    }
    own.extend(mail(services)?);
    let mut all: Vec<Candidate> = own.into_iter().map(Candidate::own).collect();
    let foreign = Box::pin(foreign(services, asks)).await?;
    let called: Vec<(&str, &str)> =
        foreign.iter().map(|(from, tool)| (from.as_str(), tool.spec().name.as_str())).collect();
    let names = offered(&called, &all.iter().map(Candidate::name).collect::<Vec<_>>());
    let reads = services.reads.iter().map(|declared| meant(declared, &called, &names));
    let reads: Vec<usize> = reads.collect::<Result<_, Problem>>()?;
    for (place, ((from, tool), name)) in foreign.into_iter().zip(names).enumerate() {
        let tool: Arc<dyn Tool> = if reads.contains(&place) {
            Arc::new(Declared::new(tool, Effect::ReadOnly))
        } else {
            Arc::new(Placed::new(tool, &from))
        };
        let keeps_its_name = tool.spec().name == name;
        let tool: Arc<dyn Tool> = if keeps_its_name { tool } else { Arc::new(Renamed::new(tool, name)) };
        all.push(Candidate { tool, from: Some(from) });
    }
    Ok(all)
}

/// The names that tools of servers and documents are offered under, each told by where it comes from and what it is called
/// there. `own` are the names of this program's own tools.
fn offered(called: &[(&str, &str)], own: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (from, name) in called {
        let free = free_name(name, from, |free| {
            free == SHOW_TOOLS || own.contains(&free) || names.iter().any(|known| known == free)
        });
        names.push(free);
    }
    names
}

/// Which tool `--reads` means by a name: the one that is offered under it; where there is none, the one that is called so
/// where it comes from, if there are not several.
fn meant(declared: &str, called: &[(&str, &str)], offered: &[String]) -> Result<usize, Problem> {
    if let Some(place) = offered.iter().position(|name| name == declared) {
        return Ok(place);
    }
    let places: Vec<usize> = (0..called.len()).filter(|place| called[*place].1 == declared).collect();
    match places.as_slice() {
        [place] => Ok(*place),
        [] => Err(Problem::usage(format!("--reads: no server and no document has a tool '{declared}'"))
            .with_hint("handyman tools list, with the same options, shows what there is")),
        several => {
            let names: Vec<&str> = several.iter().map(|place| offered[*place].as_str()).collect();
            Err(Problem::usage(format!("--reads: there are {} tools '{declared}'", several.len()))
                .with_hint(format!("name the one that only reads as it is offered: {}", names.join(", "))))
        }
    }
}

/// The tools of servers and documents, each with the name of where it comes from.
async fn foreign(services: &Services, asks: bool) -> Result<Vec<Foreign>, Problem> {
    let mut foreign: Vec<Foreign> = Vec::new();
    for (name, (launch, hint)) in servers(services)? {
        let tools = patiently(&name, Box::pin(tools_of(&name, &launch, asks))).await;
        let tools = tools.map_err(|error| Problem::from(error).with_hint(hint))?;
        foreign.extend(tools.into_iter().map(|tool| (name.clone(), tool)));
    }
    foreign.extend(operations(services)?);
    Ok(foreign)
}

/// The operations of documents. All documents are read first: whose a secret is depends on what others have.
fn operations(services: &Services) -> Result<Vec<Foreign>, Problem> {
    let base = services.openapi_base.as_deref().map(|url| address("--openapi-base", url)).transpose()?;
    let mut documents = Vec::new();
    for file in &services.openapi {
        let wrong = |error: ToolError| {
            let told = with_base(&error.to_string());
            Problem::usage(format!("{}: {told}", file.display())).with_hint(OPENAPI_HINT)
        };
        let document = Document::parse(&read("--openapi", file)?).map_err(wrong)?;
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        documents.push((name, document, wrong));
    }
    let named: Vec<(&str, &Document)> =
        documents.iter().map(|(name, document, _)| (name.as_str(), document)).collect();
    let secrets = openapi::credentials(&named, &variables().collect())?;
    let mut found = Vec::new();
    for ((name, document, wrong), credentials) in documents.iter().zip(secrets) {
        let settings = ApiSettings { base: base.clone(), credentials, ..ApiSettings::default() };
        let api = Api::new(document, settings).map_err(wrong)?;
        for left_out in api.left_out() {
            show::note_once(&format!("{name}: left out: {}", with_base(&left_out.to_string())));
        }
        found.extend(api.tools().into_iter().map(|tool| (name.clone(), tool)));
    }
    Ok(found)
}

const OPENAPI_HINT: &str = "name an OpenAPI document of version 3.0 or 3.1 with --openapi FILE";

/// What is wrong with a document, with the option that says where its service is.
fn with_base(told: &str) -> String {
    told.replace("name one in the settings", "name one with --openapi-base URL")
}

/// The tools of a server, which is started or reached for that.
async fn tools_of(name: &str, launch: &Launch, asks: bool) -> ToolResult<Vec<Arc<dyn Tool>>> {
    let listening = Listening { person: elicit::person(asks) };
    let server = Arc::new(Server::connect(name, launch, listening).await?);
    let limit = Limits::default().tool_time;
    let tools = tokio::time::timeout(limit, server.tools()).await.unwrap_or_else(|_| {
        let seconds = limit.as_secs();
        let late = format!("the MCP server '{name}' has not said within {seconds} s what tools it has");
        Err(ToolError::unavailable(late))
    })?;
    for left_out in server.left_out() {
        show::note_once(&format!("{name}: left out: {left_out}"));
    }
    Ok(tools)
}

/// Waits for a server, and tells the person so where that takes long.
async fn patiently<T>(name: &str, ready: impl Future<Output = T>) -> T {
    let mut ready = std::pin::pin!(ready);
    if let Ok(done) = tokio::time::timeout(PATIENCE, &mut ready).await {
        return done;
    }
    show::note(&format!("waiting for the MCP server {name} …"));
    ready.await
}

/// A tool's name; where it is taken, with that of its server before it, and where that is taken too, with a number.
fn free_name(name: &str, server: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u32..).map(|number| format!("{server}_{name}_{number}"));
    let mut names = [name.to_owned(), format!("{server}_{name}")].into_iter().chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

const SERVER_HINT: &str = "--mcp takes a command line or a URL; run the command by hand to see what it says";

const URL_HINT: &str = "see that the server of --mcp runs, and that this is its address";

/// A server's name, how it is reached, and what helps where it cannot be used.
type Reached = (String, (Launch, String));

/// The MCP servers: those of the file in its order, then those of the command line. Where two have a tool of the same name,
/// the first one's keeps it.
fn servers(services: &Services) -> Result<Vec<Reached>, Problem> {
    let mut servers: Vec<Reached> = Vec::new();
    if let Some(file) = &services.mcp_config {
        let config = Config::parse(&read("--mcp-config", file)?).map_err(|problem| {
            Problem::usage(format!("{}: {problem}", file.display())).with_hint(CONFIG_HINT)
        })?;
        let enabled = config.servers.into_iter().filter(|(_, launch)| !launch.disabled);
        servers.extend(enabled.map(|(name, launch)| {
            let see =
                if launch.url.is_some() { "see that its URL answers" } else { "run its command by hand" };
            let hint = format!("look at \"{name}\" in {}; {see}", file.display());
            (name, (launch, hint))
        }));
    }
    for command in &services.mcp {
        if command.trim().is_empty() {
            return Err(Problem::usage("--mcp: it names no server").with_hint(SERVER_HINT));
        }
        let launch = Launch::of_command_line(command)
            .map_err(|problem| Problem::usage(format!("--mcp: {problem}")).with_hint(SERVER_HINT))?;
        let hint = if launch.url.is_some() { URL_HINT } else { SERVER_HINT };
        let name = launch.short_name();
        let is_taken = |name: &String| servers.iter().any(|(known, _)| known == name);
        let numbered = (servers.len()..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let name = names.find(|name| !is_taken(name)).unwrap_or_default();
        servers.push((name, (launch, hint.to_owned())));
    }
    for (_, (launch, _)) in &mut servers {
        launch.environment = Some(environment());
    }
    Ok(servers)
}

const CONFIG_HINT: &str =
    r#"for example {"mcpServers": {"files": {"command": "npx", "args": ["-y", "PACKAGE"]}}}"#;

/// The variables that every started server gets.
fn environment() -> BTreeMap<String, String> {
    let handed_on = |name: &str| {
        HANDED_ON.contains(&name) || name.starts_with("LC_") || name.to_lowercase().ends_with("_proxy")
    };
    variables().filter(|(name, _)| handed_on(name)).collect()
}

/// The environment's variables that are text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn engine(named: &str) -> Result<Engine, Problem> {
    let key = |name: &str| {
        secret(name).ok_or_else(|| {
            Problem::usage(format!("{name} is not set")).with_hint("put the service's key there")
        })
    };
    match named.split_once('=') {
        Some(("searxng", url)) => Ok(Engine::Searxng(address("--search", url)?)),
        None if named == "brave" => Ok(Engine::Brave(key("HANDYMAN_BRAVE_KEY")?)),
        None if named == "tavily" => Ok(Engine::Tavily(key("HANDYMAN_TAVILY_KEY")?)),
        Some(_) | None => Err(Problem::usage(format!("there is no search service '{named}'"))
            .with_hint("write --search searxng=URL, --search brave or --search tavily")),
    }
}

/// A key or a password, where one is set.
fn secret(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn address(option: &str, text: &str) -> Result<Url, Problem> {
    text.parse::<Url>().map_err(|error| {
        Problem::usage(format!("{option}: '{text}' is no address: {error}"))
            .with_hint("for example http://127.0.0.1:8080")
    })
}

fn read(option: &str, file: &std::path::Path) -> Result<String, Problem> {
    std::fs::read_to_string(file).map_err(|error| {
        Problem::unread(format!("{option}: {} cannot be read: {error}", file.display()), &error)
            .with_hint("name a file that is there")
    })
}

#[cfg(test)]
mod tests;
