//! TLS for all connections, and the client for streams.

use std::sync::Arc;

use handyman_core::{ToolError, ToolResult};

/// A client for streams that stay open, to a service that a person configured: no time-out for the whole, and no
/// redirects, which could carry secrets elsewhere.
#[cfg(feature = "mcp")]
pub(crate) fn streaming(service: &str) -> ToolResult<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .connect_timeout(super::client::HttpLimits::default().connect)
        .redirect(reqwest::redirect::Policy::none());
    let is_here =
        reqwest::Url::parse(service).is_ok_and(|service| super::reach::Reach::of(&service).is_here());
    // A proxy cannot reach what is on this machine.
    let builder = if is_here { builder.no_proxy() } else { builder };
    builder.build().map_err(ToolError::internal)
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
