//! What clients are told: runs, messages, and why something is not done.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use handyman_core::{CallResult, Fault, FaultKind, Message, Run, RunId, ToolCall};
use handyman_runtime::Approval;
use serde_json::{Value, json};

/// Why something is not done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
    hint: Option<String>,
    run: Option<RunId>,
    /// Seconds after which it may be done.
    after: Option<u16>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), hint: None, run: None, after: None }
    }

    /// The request is none of this API's.
    pub(super) fn of_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request", message)
    }

    /// There is nothing of that name.
    pub(super) fn not_there(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The state of a run, or of its session, forbids it.
    pub(super) fn conflict(run: &RunId, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message).in_run(Some(run.clone()))
    }

    /// The run is under way.
    pub(super) fn at_work(run: &RunId) -> Self {
        Self::new(StatusCode::CONFLICT, "busy", format!("run {run} is under way"))
            .hint("ask for it again when it has ended, or cancel it")
            .in_run(Some(run.clone()))
            .after_seconds(1)
    }

    /// A fault of what goes on with a run that is there: a wrong request is one that the run's state forbids.
    pub(super) fn of_run(fault: &Fault, run: &RunId) -> Self {
        let refusal = Self::from_fault(fault).in_run(Some(run.clone()));
        match fault.kind() {
            FaultKind::Request => Self { status: StatusCode::CONFLICT, kind: "conflict", ..refusal },
            FaultKind::Model
            | FaultKind::Template
            | FaultKind::Window
            | FaultKind::Schema
            | FaultKind::Backend
            | FaultKind::Busy
            | FaultKind::Journal
            | FaultKind::Tool => refusal,
        }
    }

    /// A fault that broke a run off. What is busy then is the engine, not the session. Nobody is told to come again: who
    /// says the same once more begins another run.
    pub(super) fn broke_off(fault: &Fault, run: Option<&RunId>) -> Self {
        let refusal = Self::from_fault(fault).in_run(run.cloned());
        if fault.kind() != FaultKind::Busy {
            return refusal;
        }
        let refusal = match run {
            Some(run) => refusal
                .hint(format!("go on with it: POST /runs/{run}/resume; beginning another does things twice")),
            None => refusal,
        };
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind: "engine_busy", after: None, ..refusal }
    }

    /// Whether it is about no run that is there.
    pub(super) fn names_no_run(&self) -> bool {
        self.run.is_none()
    }

    fn from_fault(fault: &Fault) -> Self {
        let (status, kind) = match fault.kind() {
            FaultKind::Request => (StatusCode::BAD_REQUEST, "request"),
            FaultKind::Window => (StatusCode::UNPROCESSABLE_ENTITY, "window"),
            FaultKind::Busy => (StatusCode::CONFLICT, "busy"),
            FaultKind::Model => (StatusCode::INTERNAL_SERVER_ERROR, "model"),
            FaultKind::Template => (StatusCode::INTERNAL_SERVER_ERROR, "template"),
            FaultKind::Schema => (StatusCode::INTERNAL_SERVER_ERROR, "schema"),
            FaultKind::Backend => (StatusCode::INTERNAL_SERVER_ERROR, "backend"),
            FaultKind::Journal => (StatusCode::INTERNAL_SERVER_ERROR, "journal"),
            FaultKind::Tool => (StatusCode::INTERNAL_SERVER_ERROR, "tool"),
        };
        let refusal = Self::new(status, kind, fault.to_string());
        let refusal = if fault.kind() == FaultKind::Busy { refusal.after_seconds(1) } else { refusal };
        match fault.hint() {
            Some(hint) => refusal.hint(hint),
            None => refusal,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn in_run(mut self, run: Option<RunId>) -> Self {
        self.run = run;
        self
    }

    pub(super) fn after_seconds(mut self, seconds: u16) -> Self {
        self.after = Some(seconds);
        self
    }

    /// It as JSON.
    pub(super) fn value(&self) -> Value {
        let mut error = json!({"kind": self.kind, "message": self.message, "hint": self.hint});
        if let Some(run) = &self.run {
            error["run"] = json!(run);
        }
        json!({"error": error})
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::from_fault(&fault)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.value())).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A run as it is now: how it ended, if it has, and what waits. `is_running` says whether it is under way here.
pub(super) fn run(run: &Run, approval: Option<&Approval>, is_running: bool) -> Value {
    let mut told =
        json!({"run": run.id(), "session": run.session(), "message": run.message(), "outcome": null});
    let outcome = run.outcome().map(|outcome| serde_json::to_value(outcome).unwrap_or_default());
    for (name, value) in outcome.as_ref().and_then(Value::as_object).into_iter().flatten() {
        told[name.as_str()] = value.clone();
    }
    told["running"] = json!(is_running && outcome.is_none());
    told["answer"] = json!(run.answer());
    told["receipts"] = json!(run.receipts());
    if !run.incomplete().is_empty() {
        told["incomplete"] = json!(run.incomplete());
    }
    told["usage"] = json!(run.usage());
    if let Some(approval) = approval {
        told["approval"] = json!(approval);
    }
    told
}

/// A message of a session: who speaks, what is said, calls and results.
pub(super) fn message(message: &Message) -> Value {
    let mut told = json!({"role": message.role});
    let (calls, results): (Vec<&ToolCall>, Vec<&CallResult>) =
        (message.calls().collect(), message.results().collect());
    let text = message.text();
    if !text.is_empty() {
        told["text"] = json!(text);
    }
    if !calls.is_empty() {
        told["calls"] = json!(calls);
    }
    if !results.is_empty() {
        told["results"] = json!(results);
    }
    told
}

#[cfg(test)]
mod tests;
