//! What can be asked.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use handyman_core::{Event, Outcome, RunId, SessionId, Verdict};
use handyman_runtime::approvals;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{self, Refusal};
use super::desk::Desk;
use super::told::{self, Form};

/// Bytes of a request's body.
const BODY_BYTES_MAX: usize = 1_000_000;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Characters of an `Idempotency-Key`, and of a session's name.
const NAME_CHARS_MAX: usize = 200;

/// The name in a path: the last of it, for what it is mounted under may have names of its own.
pub(super) struct Named(String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(mut names) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|error| Refusal::of_request(format!("the path cannot be read: {error}")))?;
        let (_, name) = names.pop().ok_or_else(|| Refusal::of_request("the path names nothing"))?;
        Ok(Self(name))
    }
}

/// A message, and the session it belongs to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    message: String,
    session: Option<String>,
}

/// What a person says to the call that waits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    decision: Decision,
    digest: String,
    why: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Allow,
    Deny,
}

/// What is recorded of a run.
#[derive(Serialize)]
struct Recorded {
    run: RunId,
    events: Vec<Event>,
}

/// That the server is there.
pub(super) async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Begins a run, once under a key, and tells of it.
pub(super) async fn begin(State(desk): State<Desk>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let (key, form) = (key(&parts.headers)?, Form::of(&parts.headers));
    let Said { message, session: name } = in_body(body).await?;
    if name.as_ref().is_some_and(|name| !is_name(name)) {
        return Err(Refusal::of_request(format!("a session's name has 1 to {NAME_CHARS_MAX} characters")));
    }
    let session = desk.session(name.as_deref(), key.as_deref());
    // Whoever asks under the same key meanwhile finds the run that is begun here.
    let beginning = match &key {
        Some(_) => Some(desk.runs.beginning().await),
        None => None,
    };
    if let Some(key) = &key
        && let Some(run) = session.begun_under(key).await?
    {
        drop(beginning);
        return desk.again(run, &message, form).await;
    }
    if let Some(last) = session.last().await?
        && matches!(last.outcome, Some(Outcome::Waiting { .. }))
    {
        let run = last.run;
        return Err(Refusal::conflict(&run, format!("run {run} of this session waits for a person"))
            .hint(format!("decide with POST /runs/{run}/approval, or cancel it")));
    }
    let place = desk.runs.place()?.with(beginning);
    let session = match &key {
        Some(key) => session.under(key),
        None => session,
    };
    let heard = place.hold(session.stream(&message));
    match (told::as_it_goes(desk.clone(), heard, None, form).await, key) {
        // Another server may have begun it, in the same journal.
        (Err(refusal), Some(key)) if refusal.names_no_run() => match session.begun_under(&key).await? {
            Some(run) => desk.again(run, &message, form).await,
            None => Err(refusal),
        },
        (told, _) => told,
    }
}

/// A run as it is now.
pub(super) async fn run(State(desk): State<Desk>, Named(run): Named) -> Result<Json<Value>, Refusal> {
    Ok(Json(desk.run(&run.into()).await?))
}

/// What is recorded of a run.
pub(super) async fn events(State(desk): State<Desk>, Named(run): Named) -> Result<Response, Refusal> {
    let run = RunId::from(run);
    let events = desk.events(&run).await?;
    Ok(Json(Recorded { run, events }).into_response())
}

/// Goes on with a run that was interrupted or waits, and tells of it.
pub(super) async fn resume(
    State(desk): State<Desk>,
    Named(run): Named,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let run = RunId::from(run);
    desk.events(&run).await?;
    let place = desk.runs.place_of(&run)?;
    desk.go_on(run, place, Form::of(&headers)).await
}

/// Ends a run, whether it is under way, was interrupted or waits.
pub(super) async fn cancel(State(desk): State<Desk>, Named(run): Named) -> Result<Json<Value>, Refusal> {
    let run = RunId::from(run);
    desk.events(&run).await?;
    desk.runs.cancel(&run).await;
    // Where it was about to go on here, somebody else may be at work on it.
    if matches!(desk.outcome(&run).await?, None | Some(Outcome::Waiting { .. })) {
        desk.agent.cancel(&run).await.map_err(|fault| Refusal::of_run(&fault, &run))?;
    }
    Ok(Json(desk.run(&run).await?))
}

/// The call that a run waits with.
pub(super) async fn approval(State(desk): State<Desk>, Named(run): Named) -> Result<Response, Refusal> {
    let run = RunId::from(run);
    desk.events(&run).await?;
    match desk.agent.waiting(&run).await? {
        Some(approval) => Ok(Json(approval).into_response()),
        None => Err(Refusal::not_there(format!("no call of run {run} waits")).in_run(Some(run))),
    }
}

/// Decides on the call that a run waits with, goes on with the run, and tells of it.
pub(super) async fn decide(
    State(desk): State<Desk>,
    Named(run): Named,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let Decided { decision, digest, why } = in_body(body).await?;
    let decision = match decision {
        Decision::Allow => Verdict::Allow,
        Decision::Deny => Verdict::Deny,
    };
    let run = RunId::from(run);
    desk.events(&run).await?;
    let place = desk.runs.place_of(&run)?;
    let Some(waiting) = desk.agent.waiting(&run).await? else {
        return Err(Refusal::conflict(&run, format!("no call of run {run} waits")));
    };
    if waiting.digest != digest {
        return Err(Refusal::conflict(&run, "what waits is not what the digest was given for")
            .hint(format!("look at it again: GET /runs/{run}/approval")));
    }
    match waiting.decision {
        // The answer to the first request may have been lost.
        Some(earlier) if earlier == decision => {}
        Some(_) => return Err(Refusal::conflict(&run, "the call was decided on otherwise before")),
        None => {
            let journal = desk.agent.opened_journal().await?;
            approvals::decide_because(journal.as_ref(), &run, decision, Some(&digest), why.as_deref())
                .await
                .map_err(|fault| Refusal::of_run(&fault, &run))?;
        }
    }
    desk.go_on(run, place, Form::of(&parts.headers)).await
}

/// What was said in a session.
pub(super) async fn messages(State(desk): State<Desk>, Named(name): Named) -> Result<Json<Value>, Refusal> {
    let session = SessionId::from(name);
    let said = desk.agent.session_named(session.clone()).history().await?;
    if said.is_empty() {
        return Err(Refusal::not_there(format!("there is no session {session}")));
    }
    let messages: Vec<Value> = said.iter().map(answer::message).collect();
    Ok(Json(json!({"session": session, "messages": messages})))
}

pub(super) async fn nowhere() -> Refusal {
    Refusal::not_there("there is nothing here").hint("docs/agent-api.md lists what can be asked")
}

pub(super) async fn not_so() -> Refusal {
    let message = "this cannot be asked with that method";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "request", message)
        .hint("docs/agent-api.md lists what can be asked")
}

/// The key that a run is begun under, if there is one.
fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(given) = headers.get("idempotency-key") else { return Ok(None) };
    let given = given.to_str().map(str::trim).unwrap_or_default();
    if is_name(given) {
        return Ok(Some(given.to_owned()));
    }
    Err(Refusal::of_request(format!("an Idempotency-Key has 1 to {NAME_CHARS_MAX} characters")))
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NAME_CHARS_MAX
}

async fn in_body<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let bytes = tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES_MAX)).await.map_err(|_| {
        let message = format!("the body did not come within {} s", BODY_TIME.as_secs());
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "request", message)
    })?;
    let bytes = bytes.map_err(|error| {
        let message = format!("the body cannot be read, or has more than {BODY_BYTES_MAX} bytes: {error}");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request", message)
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::of_request(format!("the body is not what is asked for: {error}")))
}
