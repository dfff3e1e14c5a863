//! The booking API, served from the sandbox world.
//!
//! Every effect is recorded under its `Idempotency-Key` in the transaction that makes it: a request that is sent
//! again gets the first answer back, from this process or from one that was started after a crash. Another request
//! under the same key, or one with other arguments, is refused. Arguments are checked as they are for a model.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Query, RawPathParams, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, body};
use handyman_core::{
    CallContext, Fault, IdempotencyKey, Probe, ToolCall, ToolError, ToolErrorKind, ToolResult, Toolbox,
    Toolset,
};
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use super::routes::{LOCAL_TIME, ROUTES, Route};
use crate::Sandbox;
use crate::world::World;

const BODY_BYTES_MAX: usize = 64_000;
/// Characters of an `Idempotency-Key`.
const KEY_CHARS_MAX: usize = 200;

/// A server of bookings.
#[derive(Clone)]
struct Desk {
    world: Arc<World>,
    tools: Arc<Toolbox>,
    /// Held while an effect is made: of two requests under one key, the second one finds what the first was for.
    effects: Arc<Mutex<()>>,
    now: Arc<Clock>,
}

/// Tells the local time.
type Clock = dyn Fn() -> DateTime + Send + Sync;

/// Serves the booking API on a listener until the process ends. `now` tells the local time for requests that do
/// not say the person's.
///
/// # Errors
/// If the listener fails, or a tool has a schema that cannot be checked.
pub async fn serve(
    listener: TcpListener,
    sandbox: &Sandbox,
    now: impl Fn() -> DateTime + Send + Sync + 'static,
) -> std::io::Result<()> {
    let router = router(sandbox, Arc::new(now)).map_err(std::io::Error::other)?;
    axum::serve(listener, router).await
}

fn router(sandbox: &Sandbox, now: Arc<Clock>) -> Result<Router, Fault> {
    let tools = Toolbox::new().with_all(sandbox.tools())?;
    let desk =
        Desk { world: Arc::clone(sandbox.world()), tools: Arc::new(tools), effects: Arc::default(), now };
    let mut router = Router::new().route("/v1/effects/{key}", get(effect));
    for route in &ROUTES {
        let handler = move |State(desk): State<Desk>, request: Request| async move {
            desk.answer(route, request).await
        };
        router = router.route(route.path, if route.reads { get(handler) } else { post(handler) });
    }
    Ok(router.fallback(nowhere).with_state(desk))
}

/// What came of a key.
async fn effect(State(desk): State<Desk>, Path(key): Path<String>) -> Response {
    match desk.world.effect(&IdempotencyKey::from(key.as_str())).await {
        Ok(Probe::Done(result)) => Json(result).into_response(),
        Ok(Probe::NotDone | Probe::Unsupported) => problem(
            StatusCode::NOT_FOUND,
            &json!({"error": format!("nothing was done under the key '{key}'")}),
        ),
        Err(error) => refusal(&error),
    }
}

async fn nowhere() -> Response {
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    // What is listed and what is made have one path, and stand side by side.
    paths.dedup();
    problem(
        StatusCode::NOT_FOUND,
        &json!({"error": format!("there is nothing here; there are {}", paths.join(", "))}),
    )
}

impl Desk {
    async fn answer(&self, route: &Route, request: Request) -> Response {
        match self.done(route, request).await {
            Ok(result) => Json(result).into_response(),
            Err(response) => *response,
        }
    }

    async fn done(&self, route: &Route, request: Request) -> Result<Value, Box<Response>> {
        let Some(spec) = self.tools.specs().iter().find(|spec| spec.name == route.tool) else {
            return Err(Box::new(nowhere().await));
        };
        let (mut parts, body) = request.into_parts();
        let key = key(&parts.headers, route)?;
        let in_path = RawPathParams::from_request_parts(&mut parts, &())
            .await
            .map_err(|error| Box::new(error.into_response()))?;
        let mut arguments: Map<String, Value> =
            in_path.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        if route.reads {
            let query: Query<BTreeMap<String, String>> =
                Query::try_from_uri(&parts.uri).map_err(|error| {
                    Box::new(problem(StatusCode::BAD_REQUEST, &json!({"error": error.to_string()})))
                })?;
            arguments.extend(query.0.into_iter().map(|(name, text)| {
                let value = typed(&spec.parameters["properties"][&name], text);
                (name, value)
            }));
        } else {
            arguments.extend(in_body(body).await?);
        }
        let now = local_time(&parts.headers)?.unwrap_or_else(|| (self.now)());
        let context = CallContext::new(now).of_call("http", key.as_str()).in_session("http").under(key);
        let call = ToolCall { id: context.call.clone(), tool: route.tool.to_owned(), arguments };
        let result = if route.reads {
            self.tools.attempt(&call, &context).await
        } else {
            self.made(&call, &context).await
        };
        result.map_err(|error| Box::new(refusal(&error)))
    }

    /// Makes an effect, or gives back what was made under the key if it was asked for with the same arguments.
    async fn made(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Value> {
        let asked = digest(call);
        let _held = self.effects.lock().await;
        self.world.check_asked(&context.key, &call.tool, &asked).await?;
        let result = self.tools.attempt(call, context).await?;
        // The effect is made: that its arguments could not be noted takes nothing back.
        let _ = self.world.note_asked(&context.key, &asked).await;
        Ok(result)
    }
}

/// A digest of what is asked for, in whatever order its arguments stand.
fn digest(call: &ToolCall) -> String {
    let sorted: BTreeMap<&String, &Value> =
        call.arguments.iter().filter(|(_, value)| !value.is_null()).collect();
    hex::encode(Sha256::digest(json!([call.tool, sorted]).to_string()))
}

/// The key of the effect; a request that reads needs none.
fn key(headers: &HeaderMap, route: &Route) -> Result<IdempotencyKey, Box<Response>> {
    let given =
        headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::trim).unwrap_or_default();
    if !route.reads && (given.is_empty() || given.len() > KEY_CHARS_MAX) {
        let error =
            format!("the header Idempotency-Key is missing or longer than {KEY_CHARS_MAX} characters");
        return Err(Box::new(problem(StatusCode::BAD_REQUEST, &json!({"error": error}))));
    }
    Ok(given.into())
}

/// The person's local time, where the request says it. One that cannot be read is not taken for none: `tomorrow` would be
/// another day.
fn local_time(headers: &HeaderMap) -> Result<Option<DateTime>, Box<Response>> {
    let Some(said) = headers.get(LOCAL_TIME) else { return Ok(None) };
    let time = said.to_str().ok().and_then(|text| text.parse().ok());
    time.map(Some).ok_or_else(|| {
        let error = "the header Local-Time is no local time such as 2026-11-23T09:00:00";
        Box::new(problem(StatusCode::BAD_REQUEST, &json!({"error": error})))
    })
}

async fn in_body(body: body::Body) -> Result<Map<String, Value>, Box<Response>> {
    let wrong = |status, error: String| Box::new(problem(status, &json!({"error": error})));
    let bytes = body::to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|error| wrong(StatusCode::PAYLOAD_TOO_LARGE, format!("the body cannot be read: {error}")))?;
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| wrong(StatusCode::BAD_REQUEST, format!("the body is not a JSON object: {error}")))
}

/// A text of the query as the type that the tool's schema asks for.
fn typed(schema: &Value, text: String) -> Value {
    match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().map_or(Value::String(text), Value::from),
        Some("boolean") => text.parse::<bool>().map_or(Value::String(text), Value::from),
        _ => Value::String(text),
    }
}

fn refusal(error: &ToolError) -> Response {
    let status = match error.kind() {
        ToolErrorKind::InvalidArgument { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ToolErrorKind::NotFound => StatusCode::NOT_FOUND,
        ToolErrorKind::Conflict | ToolErrorKind::Changed { .. } => StatusCode::CONFLICT,
        ToolErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ToolErrorKind::Refused => StatusCode::FORBIDDEN,
        ToolErrorKind::InDoubt | ToolErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    problem(status, &error.to_value())
}

fn problem(status: StatusCode, body: &Value) -> Response {
    (status, Json(body.clone())).into_response()
}

#[cfg(test)]
mod tests;
