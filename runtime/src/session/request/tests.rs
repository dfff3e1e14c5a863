//! Which requests are begun.

use async_trait::async_trait;
use handyman_core::testing::MemoryJournal;
use handyman_core::{DeltaSink, Fault, FaultKind, Model, ModelInfo, ModelReply, ModelRequest};

use super::check;
use crate::Agent;

/// A model with a window of 100 tokens, each of four bytes. It never replies.
struct Small;

#[async_trait]
impl Model for Small {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    fn window(&self) -> Option<u64> {
        Some(100)
    }

    fn tokens(&self, text: &str) -> u64 {
        assert!(text.len() < 30_000, "what is much too long is not cut into tokens");
        text.len() as u64 / 4
    }

    async fn reply(&self, _request: ModelRequest<'_>, _sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        std::future::pending().await
    }
}

#[test]
fn a_request_that_the_window_cannot_hold_is_refused() {
    let said = |length: usize| check(&"a".repeat(length), &Small).map_err(|fault| fault.to_string());
    assert_eq!((said(99), said(399)), (Ok(()), Ok(())));
    let refused =
        |length: &str| Err(format!("the request has {length}; the model's window holds 100 tokens"));
    assert_eq!((said(400), said(20_000_000)), (refused("100 tokens"), refused("20000000 bytes")));
    assert_eq!(check(" \n", &Small).unwrap_err().kind(), FaultKind::Request);
}

#[tokio::test]
async fn what_is_refused_leaves_no_run_behind() {
    let journal = std::sync::Arc::new(MemoryJournal::default());
    let agent = Agent::new(Small).journal_with(journal.clone());
    assert_eq!(agent.run(&"a".repeat(1_000)).await.unwrap_err().kind(), FaultKind::Request);
    assert!(journal.all().is_empty());
}
