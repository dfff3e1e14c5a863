//! The client for servers over HTTP. Servers often refuse a request without naming it, or say in their own way that they do
//! not know a session any more: both are told to whoever waits for that request, who would wait for ever otherwise.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId};
use rmcp::transport::common::client_side_sse::BoxedSseResponse;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};

type Headers = HashMap<HeaderName, HeaderValue>;
type Answered = Result<StreamableHttpPostResponse, StreamableHttpError<reqwest::Error>>;

/// A client that hears which request an answer is for.
#[derive(Clone)]
pub(super) struct Http(reqwest::Client);

impl Http {
    pub(super) fn new(client: reqwest::Client) -> Self {
        Self(client)
    }
}

impl StreamableHttpClient for Http {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Answered {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session_id, auth_header, custom_headers, limits)
            .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Answered {
        let asked = Asked::by(&message, session_id.is_some());
        let http = &self.0;
        let answered = http
            .post_message_with_response_limits(uri, message, session_id, auth_header, custom_headers, limits)
            .await;
        asked.heard(answered)
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<(), StreamableHttpError<reqwest::Error>> {
        self.0.delete_session(uri, session_id, auth_header, custom_headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<BoxedSseResponse, StreamableHttpError<reqwest::Error>> {
        self.0.get_stream(uri, session_id, last_event_id, auth_header, custom_headers).await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: Headers,
        max: usize,
    ) -> Result<BoxedSseResponse, StreamableHttpError<reqwest::Error>> {
        let http = &self.0;
        http.get_stream_with_max_sse_event_size(
            uri,
            session_id,
            last_event_id,
            auth_header,
            custom_headers,
            max,
        )
        .await
    }
}

/// A message that is sent.
struct Asked {
    /// The request, if it is one.
    request: Option<RequestId>,
    in_session: bool,
}

impl Asked {
    fn by(message: &ClientJsonRpcMessage, in_session: bool) -> Self {
        let request =
            if let JsonRpcMessage::Request(request) = message { Some(request.id.clone()) } else { None };
        Self { request, in_session }
    }

    /// What came of it: an error that names no request, or none that was sent, is that of this one.
    fn heard(self, answered: Answered) -> Answered {
        match answered {
            Ok(StreamableHttpPostResponse::Json(JsonRpcMessage::Error(mut error), session)) => {
                let named = error.id.as_ref().map(ToString::to_string);
                if let Some(request) = self.request
                    && named != Some(request.to_string())
                {
                    if self.in_session && tells_of_session(&error.error.message) {
                        return Err(StreamableHttpError::SessionExpired);
                    }
                    error.id = Some(request);
                }
                Ok(StreamableHttpPostResponse::Json(JsonRpcMessage::Error(error), session))
            }
            Err(StreamableHttpError::UnexpectedServerResponse(said))
                if self.in_session && said.starts_with("HTTP 400") && tells_of_session(&said) =>
            {
                Err(StreamableHttpError::SessionExpired)
            }
            other => other,
        }
    }
}

/// Whether a refusal is about the session: the protocol says so by the status 404, and many servers by 400 and in words.
fn tells_of_session(words: &str) -> bool {
    let words = words.to_lowercase();
    words.contains("session") || words.contains("not initialized")
}
