//! A subscriber that remembers what it is told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Metadata, Subscriber};

/// A span or an event as the subscriber was told of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) is_span: bool,
    pub(super) is_closed: bool,
    /// The number of the span above, from 1, where it was named.
    pub(super) above: Option<u64>,
    fields: BTreeMap<&'static str, String>,
}

impl Seen {
    pub(super) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    pub(super) fn json(&self, field: &str) -> Value {
        serde_json::from_str(self.get(field)).unwrap()
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// Remembers everything, in the order it came: the number of a span is its place, from 1.
#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Seen>>>);

impl Recorder {
    /// Listens to this thread until the guard is dropped.
    pub(super) fn listens() -> (Self, DefaultGuard) {
        let recorder = Self::default();
        let guard = tracing::subscriber::set_default(recorder.clone());
        (recorder, guard)
    }

    pub(super) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn spans(&self, name: &str) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| seen.is_span && seen.name == name).collect()
    }

    pub(super) fn events(&self, name: &str) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| !seen.is_span && seen.name == name).collect()
    }

    fn keep(&self, seen: Seen) -> u64 {
        let mut all = self.0.lock().unwrap();
        all.push(seen);
        all.len() as u64
    }

    fn change(&self, span: &Id, change: impl FnOnce(&mut Seen)) {
        let place = usize::try_from(span.into_u64()).unwrap() - 1;
        change(&mut self.0.lock().unwrap()[place]);
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == super::super::attributes::TARGET
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let name = span.metadata().name().to_owned();
        let above = span.parent().map(|above| above.into_u64());
        let mut seen = Seen { name, above, is_span: true, ..Seen::default() };
        span.record(&mut Fields(&mut seen.fields));
        Id::from_u64(self.keep(seen))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.change(span, |seen| values.record(&mut Fields(&mut seen.fields)));
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let above = event.parent().map(|above| above.into_u64());
        let mut seen = Seen { above, ..Seen::default() };
        event.record(&mut Fields(&mut seen.fields));
        seen.name = seen.fields.remove("message").unwrap_or_default();
        self.keep(seen);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}

    fn try_close(&self, span: Id) -> bool {
        self.change(&span, |seen| seen.is_closed = true);
        true
    }
}
