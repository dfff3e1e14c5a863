//! Values that a program gives to the tools of its runs.

use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Values of a program's own, one of each type: who the person is, a connection, a tenant's settings.
///
/// A journal has none of them: whoever resumes a run gives them again.
#[derive(Clone, Default)]
pub struct Given(BTreeMap<TypeId, Value>);

#[derive(Clone)]
struct Value {
    /// What its type is called, to say what there is without showing it.
    name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

impl Given {
    /// These and one more, in place of one of its type.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        let value = Value { name: type_name::<T>(), value: Arc::new(value) };
        self.0.insert(TypeId::of::<T>(), value);
        self
    }

    /// The value of a type, if there is one.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.value.downcast_ref()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These, and those others of whose type there is none here.
    #[must_use]
    pub fn over(mut self, others: &Self) -> Self {
        for (of_type, value) in &others.0 {
            self.0.entry(*of_type).or_insert_with(|| value.clone());
        }
        self
    }
}

/// The types, and never the values: they may be private.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.values().map(|value| value.name)).finish()
    }
}

#[cfg(test)]
mod tests;
