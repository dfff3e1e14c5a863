//! How far a call at a server has come: told to whoever hears of that call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use handyman_core::CallContext;
use rmcp::model::{ProgressNotificationParam, ProgressToken};

/// The calls that are under way over a connection, by their idempotency keys.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<HashMap<String, Call>>);

#[derive(Debug)]
struct Call {
    context: CallContext,
    /// What the server names it by, once it has gone out.
    token: Option<ProgressToken>,
}

/// A call that hears how far it has come, until this is dropped.
pub(super) struct Hears {
    calls: Arc<UnderWay>,
    key: String,
}

impl UnderWay {
    /// Lets a call hear how far it has come.
    pub(super) fn hears(self: &Arc<Self>, context: &CallContext) -> Hears {
        let key = context.key.to_string();
        self.lock().insert(key.clone(), Call { context: context.clone(), token: None });
        Hears { calls: Arc::clone(self), key }
    }

    /// Notes what the server will name a call by.
    pub(super) fn goes_out(&self, key: &str, token: ProgressToken) {
        if let Some(call) = self.lock().get_mut(key) {
            call.token = Some(token);
        }
    }

    /// Tells a call what its server says of it. One that has ended is told nothing.
    pub(super) fn tell(&self, progress: &ProgressNotificationParam) {
        let calls = self.lock();
        let is_named = |call: &&Call| call.token.as_ref() == Some(&progress.progress_token);
        let Some(context) = calls.values().find(is_named).map(|call| call.context.clone()) else { return };
        drop(calls);
        let of = progress.total.map_or_else(String::new, |total| format!(" of {total}"));
        let word = progress.message.as_ref().map_or_else(String::new, |message| format!(": {message}"));
        context.tell(format!("{}{of}{word}", progress.progress));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hears {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.key);
    }
}
