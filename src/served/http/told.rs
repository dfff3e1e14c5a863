//! How a client hears of a run: as it happens, in Server-Sent Events, or once it has ended or waits.

use std::convert::Infallible;

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use handyman_core::{Delta, Event, Fault, RunId};
use handyman_runtime::Told;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::desk::Desk;
use super::running::{Heard, gone};

/// How a client wants to hear of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Once, when it has ended or waits.
    Whole,
    /// As it happens.
    Streamed,
}

impl Form {
    /// What the request's headers ask for.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
        if accepted.any(|accept| accept.contains("text/event-stream")) { Self::Streamed } else { Self::Whole }
    }
}

/// Tells of a run that is under way; `run` is it, where it had begun before.
pub(super) async fn as_it_goes(
    desk: Desk,
    mut heard: Heard,
    run: Option<RunId>,
    form: Form,
) -> Result<Response, Refusal> {
    // What cannot even begin is told by the status, in either form.
    let first = match (heard.recv().await.unwrap_or_else(|| Err(gone())), &run) {
        (Ok(first), _) => first,
        (Err(fault), Some(run)) => return Err(Refusal::of_run(&fault, run)),
        (Err(fault), None) => return Err(fault.into()),
    };
    let telling = Telling { desk, heard, next: Some(Ok(first)), run };
    match form {
        Form::Whole => telling.whole().await,
        Form::Streamed => Ok(telling.streamed()),
    }
}

/// Tells of a run that has ended or waits, from what is recorded of it.
pub(super) async fn from_record(desk: &Desk, run: &RunId, form: Form) -> Result<Response, Refusal> {
    let ended = desk.run(run).await?;
    if form == Form::Whole {
        return Ok(Json(ended).into_response());
    }
    let events = desk.events(run).await?;
    let mut frames: Vec<sse::Event> = events.iter().map(|event| frame("event", event)).collect();
    frames.push(frame("ended", &ended));
    Ok(Sse::new(stream::iter(frames.into_iter().map(Ok::<_, Infallible>))).into_response())
}

/// A client that is told of a run.
struct Telling {
    desk: Desk,
    heard: Heard,
    /// What has been heard, and not been told yet.
    next: Option<Result<Told, Fault>>,
    run: Option<RunId>,
}

impl Telling {
    async fn whole(mut self) -> Result<Response, Refusal> {
        loop {
            match self.hear().await.unwrap_or_else(|| Err(gone())) {
                Ok(Told::Ended(run)) => return from_record(&self.desk, run.id(), Form::Whole).await,
                Ok(_) => {}
                Err(fault) => return Err(Refusal::broke_off(&fault, self.run.as_ref())),
            }
        }
    }

    fn streamed(self) -> Response {
        let frames = stream::unfold(self, |mut telling| async move {
            let frame = telling.frame().await?;
            Some((Ok::<_, Infallible>(frame), telling))
        });
        Sse::new(frames).keep_alive(KeepAlive::default()).into_response()
    }

    /// What is told next; `None` after the last.
    async fn frame(&mut self) -> Option<sse::Event> {
        loop {
            return Some(match self.hear().await? {
                Ok(Told::Event(event)) => frame("event", &event),
                Ok(Told::Delta(delta)) => frame("delta", &piece(&delta)),
                Ok(Told::Ended(run)) => match self.desk.run(run.id()).await {
                    Ok(run) => frame("ended", &run),
                    Err(refusal) => frame("fault", &refusal.value()),
                },
                Err(fault) => frame("fault", &Refusal::broke_off(&fault, self.run.as_ref()).value()),
                Ok(_) => continue,
            });
        }
    }

    /// What is heard next. That a run has begun is where its name is heard first.
    async fn hear(&mut self) -> Option<Result<Told, Fault>> {
        let heard = match self.next.take() {
            Some(heard) => heard,
            None => self.heard.recv().await?,
        };
        if let Ok(Told::Event(event)) = &heard
            && let Event::Started { run, .. } = event.as_ref()
        {
            self.run = Some(run.clone());
        }
        Some(heard)
    }
}

/// A piece of a reply, or how far a call has come.
fn piece(delta: &Delta) -> Value {
    match delta {
        Delta::Text(text) => json!({"text": text}),
        Delta::Reasoning(text) => json!({"reasoning": text}),
        Delta::Progress { call, text } => json!({"call": call, "progress": text}),
    }
}

/// One of the stream's events: what kind it is, and its JSON.
fn frame(name: &str, data: &impl Serialize) -> sse::Event {
    sse::Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

#[cfg(test)]
mod tests;
