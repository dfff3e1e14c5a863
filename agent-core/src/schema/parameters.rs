//! Builds the schema of a tool's arguments from their Rust types. `#[tool]` writes calls to it.

use std::ops::{Bound, RangeBounds};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{FROM, VERBATIM, tidy};
use crate::authoring::as_written;

/// Types whose values are numbers, so that they can have a range.
#[diagnostic::on_unimplemented(
    message = "`range` is for numbers, and `{Self}` is not one",
    note = "leave `range` out, or check the value in the tool"
)]
pub trait Number {
    /// The type of the bounds.
    type Bound: Serialize;
}

/// Types whose values are texts, so that they can be copied from what was said.
#[diagnostic::on_unimplemented(
    message = "`verbatim` is for texts, and `{Self}` is not one",
    note = "a `String`, an `Option<String>` or a `Vec<String>` can be copied from what was said"
)]
pub trait Text {}

/// Types whose values are texts or whole numbers, so that they can be taken from a result.
#[diagnostic::on_unimplemented(
    message = "`from` is for texts and whole numbers, and `{Self}` is neither",
    note = "a `String`, an `i64`, an `Option` or a `Vec` of them can be taken from a result"
)]
pub trait Taken {}

macro_rules! numbers {
    ($($number:ty),*) => { $(impl Number for $number { type Bound = $number; })* };
}
numbers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);

impl<T: Number> Number for Option<T> {
    type Bound = T::Bound;
}

impl<T: Number> Number for Vec<T> {
    type Bound = T::Bound;
}

impl Text for String {}
impl<T: Text> Text for Option<T> {}
impl<T: Text> Text for Vec<T> {}

macro_rules! taken {
    ($($kind:ty),*) => { $(impl Taken for $kind {})* };
}
taken!(String, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
impl<T: Taken> Taken for Option<T> {}
impl<T: Taken> Taken for Vec<T> {}

/// What is said of one argument beside its type.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    default: Option<Value>,
    /// Keywords for the value itself, or for each item where it is a list, or a list of lists.
    keywords: Map<String, Value>,
}

impl Rules {
    /// No rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value lies in this range.
    #[must_use]
    pub fn range<T: Number>(self, range: impl RangeBounds<T::Bound>) -> Self {
        let lower = match range.start_bound() {
            Bound::Included(value) => Some(("minimum", value)),
            Bound::Excluded(value) => Some(("exclusiveMinimum", value)),
            Bound::Unbounded => None,
        };
        let upper = match range.end_bound() {
            Bound::Included(value) => Some(("maximum", value)),
            Bound::Excluded(value) => Some(("exclusiveMaximum", value)),
            Bound::Unbounded => None,
        };
        lower
            .into_iter()
            .chain(upper)
            .filter_map(|(keyword, value)| Some((keyword, as_written(value).ok()?)))
            .fold(self, |rules, (keyword, value)| rules.keyword(keyword, value))
    }

    /// The value where the argument is left out. One that is no JSON, as a map by tuples, is not told.
    #[must_use]
    pub fn default_value<T: Serialize>(mut self, value: T) -> Self {
        self.default = as_written(&value).ok();
        self
    }

    /// The value is a span of what was said.
    #[must_use]
    pub fn verbatim<T: Text>(self) -> Self {
        self.keyword(VERBATIM, json!(true))
    }

    /// The value is one that such a result contained (`tool.field`, or `tool.items.id` with fields inside others).
    #[must_use]
    pub fn from<T: Taken>(self, sources: &[&str]) -> Self {
        self.keyword(FROM, json!(sources))
    }

    fn keyword(mut self, keyword: &str, value: Value) -> Self {
        self.keywords.insert(keyword.to_owned(), value);
        self
    }
}

/// A schema of type object that grows argument by argument, in the order the model is shown them.
#[derive(Debug)]
pub struct Parameters {
    generator: SchemaGenerator,
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Default for Parameters {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        Self { generator: settings.into_generator(), properties: Map::new(), required: Vec::new() }
    }
}

impl Parameters {
    /// No arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument that has to be given.
    #[must_use]
    pub fn required<T: JsonSchema>(mut self, name: &str, description: &str, rules: Rules) -> Self {
        self.required.push(name.to_owned());
        self.optional::<T>(name, description, rules)
    }

    /// Adds an argument that may be left out.
    #[must_use]
    pub fn optional<T: JsonSchema>(mut self, name: &str, description: &str, rules: Rules) -> Self {
        let mut schema = self.generator.subschema_for::<T>().to_value();
        tidy(&mut schema);
        if schema.is_boolean() {
            // A type that may be anything is `true`, which has no room for what is said of it.
            schema = json!({});
        }
        if let Value::Object(property) = &mut schema {
            if !description.is_empty() {
                property.insert("description".to_owned(), json!(description));
            }
            if let Some(default) = rules.default {
                property.insert("default".to_owned(), default);
            }
            extend(property, rules.keywords);
        }
        self.properties.insert(name.to_owned(), schema);
        self
    }

    /// The schema. `$defs` hold only types that contain themselves; all others are written out.
    #[must_use]
    pub fn finish(mut self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        });
        let mut definitions = self.generator.take_definitions(true);
        if !definitions.is_empty() {
            definitions.values_mut().for_each(tidy);
            schema["$defs"] = Value::Object(definitions);
        }
        schema
    }
}

/// Adds keywords to the schema of a value, or of what is in it where it is a list.
fn extend(schema: &mut Map<String, Value>, keywords: Map<String, Value>) {
    match schema.get_mut("items") {
        Some(Value::Object(items)) => extend(items, keywords),
        Some(_) | None => schema.extend(keywords),
    }
}
