//! What a call comes to that got no answer, and how that is told: without the types of the transport, and without the
//! address, in which a secret may stand.

use std::error::Error;
use std::io;

use handyman_core::{Effect, ToolError, ToolErrorKind};
use rmcp::ErrorData;
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

use super::delivery::was_not_read;
use super::server::unavailable;
use super::tool::LOST;

type HttpError = StreamableHttpError<reqwest::Error>;
type Cause = dyn Error + 'static;

/// What a call comes to: whether it was done is open, unless the server did not take it.
pub(super) fn of_call(server: &str, effect: Effect, error: &ServiceError) -> ToolError {
    let why = why(error);
    match not_taken(error) {
        Some(kind) => ToolError::new(kind, format!("the MCP server '{server}' did not take the call: {why}")),
        None if effect == Effect::ReadOnly => unavailable(server, why),
        None => ToolError::in_doubt(format!("the MCP server '{server}' gave no answer: {why}")),
    }
}

/// Whether a failure says that the connection takes nothing more, and did not take this: a program that no longer reads, or
/// a session that the server does not know any more.
pub(super) fn is_spent(error: &ServiceError) -> bool {
    let ServiceError::TransportSend(error) = error else { return false };
    let cause: &Cause = error.error.as_ref();
    was_not_read(cause) || matches!(cause.downcast_ref::<HttpError>(), Some(HttpError::SessionExpired))
}

/// The kind of a failure that says that nothing was done.
fn not_taken(error: &ServiceError) -> Option<ToolErrorKind> {
    let ServiceError::TransportSend(error) = error else { return None };
    let cause: &Cause = error.error.as_ref();
    if cause.is::<io::Error>() {
        return was_not_read(cause).then_some(ToolErrorKind::Unavailable);
    }
    match cause.downcast_ref::<HttpError>()? {
        HttpError::AuthRequired(_) | HttpError::InsufficientScope(_) => Some(ToolErrorKind::Refused),
        // Its status is told in words. One of the request's faults says that it was not taken, but for a time-out.
        HttpError::UnexpectedServerResponse(said)
            if said.starts_with("HTTP 4") && !said.starts_with("HTTP 408") =>
        {
            Some(ToolErrorKind::Refused)
        }
        HttpError::HttpStatus(answer) if matches!(answer.status, 429 | 503) => {
            Some(ToolErrorKind::Unavailable)
        }
        HttpError::SessionExpired => Some(ToolErrorKind::Unavailable),
        HttpError::Client(error) if error.is_connect() => Some(ToolErrorKind::Unavailable),
        _ => None,
    }
}

/// What is behind an error.
pub(super) fn why(error: &Cause) -> String {
    let mut last = error;
    while let Some(cause) = cause(last) {
        last = cause;
    }
    if matches!(last.downcast_ref(), Some(ServiceError::TransportClosed)) {
        return "the connection has ended".to_owned();
    }
    if let Some(ServiceError::McpError(ErrorData { code: LOST, message, .. })) = last.downcast_ref() {
        return message.to_string();
    }
    match last.downcast_ref::<reqwest::Error>() {
        // Its own words end with the whole address.
        Some(error) if error.is_timeout() => "no answer in time".to_owned(),
        Some(_) => "the connection failed".to_owned(),
        None => last.to_string(),
    }
}

/// What caused an error; some of the transport's do not tell it by themselves.
fn cause(error: &Cause) -> Option<&Cause> {
    if let Some(ClientInitializeError::TransportError { error, .. }) = error.downcast_ref() {
        return Some(error.error.as_ref());
    }
    if let Some(error) = error.downcast_ref::<DynamicTransportError>() {
        return Some(error.error.as_ref());
    }
    match error.downcast_ref::<HttpError>() {
        Some(HttpError::Client(error)) => Some(error),
        Some(_) | None => error.source(),
    }
}
