//! Where an endpoint is, and how a key travels there.

use std::fmt;

use handyman_core::{Fault, FaultKind};
use reqwest::{RequestBuilder, Url};

use crate::http;

/// What the hosts end in that take a key in a header of its own: those of Azure, and of the gateways before them.
const AZURE: [&str; 2] = [".azure.com", ".azure-api.net"];

/// The address of an endpoint.
pub(super) struct Address {
    base: Url,
    /// What follows every path: Azure is told the version of its API in it.
    query: Option<String>,
    /// For messages: without what may be secret.
    shown: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Address {
    /// # Errors
    /// A [`Fault`] of kind `Model` for an address that cannot be used.
    pub(super) fn new(url: &str) -> Result<Self, Fault> {
        let bad = |problem: String| {
            Fault::new(FaultKind::Model, problem)
                .with_hint("name it like http://127.0.0.1:8080 or https://host/v1")
        };
        let mut base =
            Url::parse(url).map_err(|error| bad(format!("the address '{url}' cannot be used: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(bad(format!("the address '{url}' is not one of HTTP")));
        }
        let path = base.path().trim_end_matches('/');
        let path = match path.strip_suffix("/chat/completions") {
            Some(before) => format!("{before}/"),
            None if path.is_empty() => "/v1/".to_owned(),
            None => format!("{path}/"),
        };
        base.set_path(&path);
        let query = base.query().filter(|query| !query.is_empty()).map(str::to_owned);
        base.set_query(None);
        base.set_fragment(None);
        let mut shown = base.clone();
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        Ok(Self { base, query, shown: shown.into() })
    }

    /// Where a path of the endpoint is.
    pub(super) fn at(&self, path: &str) -> Option<Url> {
        let mut url = self.base.join(path).ok()?;
        url.set_query(self.query.as_deref());
        Some(url)
    }

    /// A request with a key. Azure wants keys in a header of its own, and tokens as others do.
    pub(super) fn keyed(&self, request: RequestBuilder, key: &str) -> RequestBuilder {
        let host = self.base.host_str().unwrap_or_default();
        let is_azure = AZURE.iter().any(|end| host.ends_with(end));
        // So begins every JSON web token.
        let is_token = key.starts_with("eyJ");
        let request = request.bearer_auth(key);
        if is_azure && !is_token { request.header("api-key", key) } else { request }
    }

    /// Whether what is sent there can be read on the way, through a network that is not one's own.
    pub(super) fn is_open(&self) -> bool {
        http::is_open(&self.base)
    }
}
