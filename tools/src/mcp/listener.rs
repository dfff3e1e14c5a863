//! What a server says by itself, and who hears it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationCapability,
    FormElicitationCapability, Implementation, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use rmcp::{ClientHandler, ErrorData};
use serde_json::Value;

use super::delivery::Delivery;
use super::person::{self, Answer, Person};

/// Who hears what a server says by itself while a call runs.
#[derive(Clone, Default)]
pub struct Listening {
    /// Answers what a server asks. Without a person a server is told that nobody can be asked.
    pub person: Option<Arc<dyn Person>>,
}

/// Hears what the server says over one connection.
pub(super) struct Listener {
    name: String,
    to: Listening,
    delivery: Arc<Delivery>,
    /// How often the server said that its list of tools has changed.
    changes: AtomicU64,
    /// What was asked since the last call ended.
    asked: Mutex<Vec<Value>>,
}

impl Listener {
    pub(super) fn new(name: &str, to: &Listening) -> Self {
        let (name, delivery) = (name.to_owned(), Arc::default());
        Self { name, to: to.clone(), delivery, changes: AtomicU64::new(0), asked: Mutex::default() }
    }

    /// What goes out over the connection.
    pub(super) fn delivery(&self) -> Arc<Delivery> {
        Arc::clone(&self.delivery)
    }

    /// How often the server said that its list of tools has changed.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// What the server asked since this was last looked at, and what it was told.
    pub(super) fn take_asked(&self) -> Vec<Value> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("handyman", env!("CARGO_PKG_VERSION"));
        let mut able = ClientCapabilities::default();
        if self.to.person.is_some() {
            able.elicitation =
                Some(ElicitationCapability::new().with_form(FormElicitationCapability::default()));
        }
        ClientConfig::new(able, us)
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let (answer, message) = match (&self.to.person, person::question(&self.name, &request)) {
            (Some(person), Some(question)) => (person.answer(&question).await, question.message),
            (_, _) => (Answer::Declined, "something that is not asked here".to_owned()),
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(person::told(&message, &answer));
        Ok(person::result(&answer))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.delivery.under_way().tell(&params);
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").field("person", &self.person.is_some()).finish()
    }
}
