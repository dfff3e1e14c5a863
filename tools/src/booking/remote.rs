//! Booking and payment at a service over HTTP: the same tools, elsewhere.
//!
//! The API is the one that [`routes`] lists and `docs/booking-api.md` describes. Calls with an effect carry their
//! key as `Idempotency-Key`, so that a request whose answer was lost is sent again and makes one booking; after a
//! crash the service is asked what came of a key.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{
    CallContext, Effect, IdempotencyKey, Probe, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec,
};
use serde_json::{Map, Value};
use url::Url;

use super::routes::{LOCAL_TIME, Route, route};
use crate::web::{Answer, Client, HttpLimits, Reach, Request};

/// A booking service.
#[derive(Debug, Clone)]
pub struct BookingService {
    base: Url,
    client: Client,
    token: Option<String>,
}

impl BookingService {
    /// The service at an address.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn at(mut base: Url) -> ToolResult<Self> {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::new(Reach::of(&base), HttpLimits { attempts_max: 5, ..HttpLimits::default() })?;
        Ok(Self { base, client, token: None })
    }

    /// Shows this token with every request.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The tools, with those for booking and payment replaced by the service's; their names and schemas stay.
    #[must_use]
    pub fn in_place_of(&self, tools: Vec<Arc<dyn Tool>>) -> Vec<Arc<dyn Tool>> {
        let place = self.place();
        let replaced = |tool: Arc<dyn Tool>| match route(&tool.spec().name) {
            Some(route) => {
                let mut spec = tool.spec().clone();
                spec.safety.place = (spec.effect != Effect::ReadOnly).then(|| place.clone());
                Arc::new(Remote { spec, route, service: self.clone() }) as Arc<dyn Tool>
            }
            None => tool,
        };
        tools.into_iter().map(replaced).collect()
    }

    /// The address, without what may be secret in it.
    fn place(&self) -> String {
        let mut place = self.base.clone();
        place.set_query(None);
        // An address without a host has neither.
        let _ = (place.set_username(""), place.set_password(None));
        place.to_string()
    }

    /// The address of these segments below the service's own.
    fn address(&self, segments: &[&str]) -> ToolResult<Url> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| ToolError::internal("the service's address has no path"))?
            .pop_if_empty()
            .extend(segments);
        Ok(url)
    }

    async fn send(&self, request: Request) -> ToolResult<Answer> {
        let request = match &self.token {
            Some(token) => request.header("authorization", &format!("Bearer {token}"))?,
            None => request,
        };
        self.client.send(&request).await
    }
}

/// A tool whose work is done by the service.
#[derive(Debug)]
struct Remote {
    spec: ToolSpec,
    route: &'static Route,
    service: BookingService,
}

#[async_trait]
impl Tool for Remote {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let mut request = self.request(arguments)?.header(LOCAL_TIME, &context.now.to_string())?;
        if self.spec.effect != Effect::ReadOnly {
            request = request.keyed(context.key.as_str())?;
        }
        understood(self.service.send(request).await?)
    }

    async fn undo(&self, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
        let back = match self.spec.name.as_str() {
            "book" => "cancellation",
            "pay" => "refund",
            other => return Err(ToolError::new(ToolErrorKind::Refused, format!("{other} cannot be undone"))),
        };
        let Probe::Done(made) = self.probe(undone).await? else {
            return Err(ToolError::new(ToolErrorKind::NotFound, "there is nothing to undo"));
        };
        let booking = made["booking"].as_str().unwrap_or_default();
        let url = self.service.address(&["v1", "bookings", booking, back])?;
        let request =
            Request::post(url, Value::Object(Map::new())).header(LOCAL_TIME, &context.now.to_string())?;
        understood(self.service.send(request.keyed(context.key.as_str())?).await?)
    }

    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let url = self.service.address(&["v1", "effects", key.as_str()])?;
        let answer = self.service.send(Request::get(url)).await?;
        match answer.status.as_u16() {
            200 => Ok(Probe::Done(answer.json()?)),
            // Only the service's own word counts, not the 404 of something in between.
            404 if answer.json::<BTreeMap<String, Value>>().is_ok_and(|body| body.contains_key("error")) => {
                Ok(Probe::NotDone)
            }
            _ => answer.successful().map(|_| Probe::Unsupported),
        }
    }
}

impl Remote {
    /// Arguments of a reading call are its query; of others, the rest of them its body.
    fn request(&self, mut arguments: Map<String, Value>) -> ToolResult<Request> {
        let mut segments = Vec::new();
        for segment in self.route.path.trim_start_matches('/').split('/') {
            let Some(name) = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
                segments.push(segment.to_owned());
                continue;
            };
            let value = arguments.shift_remove(name).unwrap_or_default();
            let value = value.as_str().map(str::trim).unwrap_or_default();
            if value.is_empty() || value.starts_with('.') {
                return Err(ToolError::argument(name, format!("'{value}' is no reference")));
            }
            segments.push(value.to_owned());
        }
        let url = self.service.address(&segments.iter().map(String::as_str).collect::<Vec<_>>())?;
        if self.route.reads {
            let mut request = Request::get(url);
            for (name, value) in &arguments {
                request =
                    request.query(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            return Ok(request);
        }
        Ok(Request::post(url, Value::Object(arguments)))
    }
}

/// The service's answer; its errors keep the argument that they are about.
fn understood(answer: Answer) -> ToolResult<Value> {
    if answer.status.as_u16() == 422
        && let Ok(body) = answer.json::<Value>()
        && let (Some(error), Some(at)) = (body["error"].as_str(), body["at"].as_str())
    {
        return Err(ToolError::new(ToolErrorKind::InvalidArgument { path: at.to_owned() }, error));
    }
    // The service's own words are enough: they are those of the tools.
    let said = answer.json::<Value>().ok().and_then(|body| body["error"].as_str().map(str::to_owned));
    match (answer.successful(), said) {
        (Ok(answer), _) => answer.json(),
        // Not in these: they say what is wrong, and not that it may have been done.
        (Err(error), _) if *error.kind() == ToolErrorKind::InDoubt => Err(error),
        (Err(error), Some(said)) => {
            let told = ToolError::new(error.kind().clone(), said);
            Err(error.wait().into_iter().fold(told, ToolError::retry_after))
        }
        (Err(error), None) => Err(error),
    }
}
