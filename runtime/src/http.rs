//! What HTTP clients have in common.

use std::net::IpAddr;
use std::sync::Arc;

use handyman_core::{Fault, FaultKind};

/// A client to be built for a service at this address. One on this machine is reached directly, whatever proxy the
/// environment names.
///
/// # Errors
/// As [`tls`].
pub(crate) fn client_for(address: &str) -> Result<reqwest::ClientBuilder, Fault> {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls()?);
    Ok(if is_here(address) { builder.no_proxy() } else { builder })
}

/// Whether an address is one of this machine's own.
fn is_here(address: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether what is sent to an address can be read on the way, through a network that is not one's own.
pub(crate) fn is_open(url: &reqwest::Url) -> bool {
    url.scheme() == "http" && !is_near(url)
}

/// Whether a host is this machine or in a private network (RFC 1918).
fn is_near(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        // Names that only a private network knows: `box`, `box.local`, `host.docker.internal`.
        Err(_) => {
            let last = host.rsplit('.').next();
            !host.contains('.') || last.is_some_and(|last| ["local", "internal", "localhost"].contains(&last))
        }
    }
}

/// TLS by rustls with ring; the system says whom to trust.
///
/// # Errors
/// A [`Fault`] of kind `Backend`.
fn tls() -> Result<rustls::ClientConfig, Fault> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let fault =
        |error: rustls::Error| Fault::new(FaultKind::Backend, "TLS cannot be set up").with_source(error);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(fault)?
        .with_platform_verifier()
        .map_err(fault)?
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests;
