//! What HTTP clients have in common.

use std::sync::Arc;

use handyman_core::{Fault, FaultKind};

/// TLS by rustls with ring; the system says whom to trust.
///
/// # Errors
/// A [`Fault`] of kind `Backend`.
pub(crate) fn tls() -> Result<rustls::ClientConfig, Fault> {
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
