//! TLS for all connections, and the client for streams.

use std::sync::Arc;

use handyman_core::{ToolError, ToolResult};
#[cfg(feature = "mcp")]
use reqwest::redirect::{Action, Attempt, Policy};

/// Redirects one after the other.
#[cfg(feature = "mcp")]
const REDIRECTS_MAX: usize = 5;

/// A client for streams that stay open, to a service that a person configured: no time-out for the whole, and no
/// redirects to another address, which could carry secrets there.
#[cfg(feature = "mcp")]
pub(crate) fn streaming(service: &str) -> ToolResult<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .connect_timeout(super::client::HttpLimits::default().connect)
        .redirect(Policy::custom(within_address));
    let is_here =
        reqwest::Url::parse(service).is_ok_and(|service| super::reach::Reach::of(&service).is_here());
    // A proxy cannot reach what is on this machine.
    let builder = if is_here { builder.no_proxy() } else { builder };
    builder.build().map_err(ToolError::internal)
}

/// Goes to another path of the same scheme, host and port, such as one that ends with `/`, where the same request is to be
/// sent there: it was not taken before.
#[cfg(feature = "mcp")]
fn within_address(attempt: Attempt<'_>) -> Action {
    let is_same = matches!(attempt.status().as_u16(), 307 | 308);
    let is_near = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
    if is_same && is_near && attempt.previous().len() <= REDIRECTS_MAX {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

/// TLS by rustls with ring; the system says whom to trust.
pub(crate) fn tls() -> ToolResult<rustls::ClientConfig> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ToolError::internal)?
        .with_platform_verifier()
        .map_err(ToolError::internal)?
        .with_no_client_auth();
    Ok(config)
}
