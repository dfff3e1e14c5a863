//! Performs what `handyman-core` plans: the driver, the model step, the journal, policies.

#[cfg(feature = "llama")]
pub mod llama;
