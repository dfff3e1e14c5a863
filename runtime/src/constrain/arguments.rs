//! A tool's schema as rules of a grammar.
//!
//! Arguments come in the order of the schema. What only depends on the schema is left to llguidance's
//! own JSON rules; what depends on what was said ([`VERBATIM`], [`FROM`]) is written out here. Families that
//! do not write JSON have their arguments [`each`] by itself, with [`bare`] texts, or in [`marked`] objects.

mod bare;
mod each;
mod kinds;
mod loosen;
mod marked;
pub(crate) mod parts;
mod plain;
mod scope;

mod except;

use handyman_core::schema::{FROM, VERBATIM};
use handyman_core::{Fault, ToolSpec};
use serde_json::{Value, json};

use super::Constrainer;
use super::grammar::{Grammar, either, json_text, literal};
use super::sources::Sources;
use crate::dialect::format::Syntax;
use crate::render::json::python_json;
use except::{Rest, Writing};
use plain::{EXACT_MAX, count};
use scope::Scope;

/// Writes the rules for the arguments of tools into a grammar.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    grammar: &'a mut Grammar,
    sources: Sources<'a>,
    /// The terminal for copied spans; none when nothing was said.
    span: Option<String>,
    /// Whether an argument has needed that terminal yet.
    span_written: bool,
    /// The rule for a value of any kind in a marked object, once it has been needed.
    any: Option<String>,
    /// What is asked whether schemas compile; where nothing is, they have to.
    loosened: Option<&'a Constrainer>,
    /// The rules of this tool that a schema inside may need again.
    known: Vec<Known>,
}

/// A schema whose rule has a name, or that has no value now.
#[derive(Debug)]
struct Known {
    schema: Value,
    /// Whether it is for marked objects.
    marked: bool,
    rule: Option<String>,
}

impl<'a> Arguments<'a> {
    /// Writes into this grammar, with these sources to copy from.
    pub(crate) fn new(grammar: &'a mut Grammar, sources: Sources<'a>) -> Self {
        Self {
            grammar,
            sources,
            span: None,
            span_written: false,
            any: None,
            loosened: None,
            known: Vec::new(),
        }
    }

    /// Has schemas held to only as far as they compile.
    pub(crate) fn loosened(self, loosened: Option<&'a Constrainer>) -> Self {
        Self { loosened, ..self }
    }

    /// The grammar, to write around the arguments.
    pub(crate) fn grammar(&mut self) -> &mut Grammar {
        self.grammar
    }

    /// The rule for a tool's arguments, or `None` when a required one has no value it could take now, or no
    /// call is left that has not been made in vain.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` when a reference leads nowhere.
    pub(crate) fn of(&mut self, spec: &ToolSpec, syntax: &Syntax) -> Result<Option<String>, Fault> {
        let definitions = spec.parameters.get("$defs").cloned().unwrap_or(Value::Null);
        let scope = Scope { tool: &spec.name, definitions: &definitions, depth: 0 };
        let writing = match syntax {
            Syntax::Json => Writing::Json,
            Syntax::Each { argument, between, bare } => {
                Writing::Each(each::Style { argument, between, bare: *bare })
            }
            Syntax::Marked(mark) => Writing::Marked(mark),
        };
        // The definitions of another tool may have the same names.
        self.known.clear();
        let shapes = parts::shapes(&spec.parameters, &definitions);
        let spent = self.sources.spent(&spec.name);
        // What may have any names cannot be told apart here: the planner settles such calls.
        if let [parameters] = shapes.as_slice()
            && !spent.is_empty()
            && !is_open(parameters)
            && let Rest::Rule(rule) = self.object_except(parameters, scope, writing, &spent)?
        {
            return Ok(rule);
        }
        let mut rules = Vec::new();
        for parameters in &shapes {
            rules.extend(match writing {
                Writing::Json if is_open(parameters) => self.value(parameters, scope)?,
                Writing::Json => self.object(parameters, scope)?,
                Writing::Each(style) => self.each(parameters, scope, &style)?,
                Writing::Marked(mark) => self.marked_object(parameters, scope, mark)?,
            });
        }
        Ok(match rules.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            rules => Some(self.grammar.rule(&either(rules))),
        })
    }

    /// The rule for an answer of a shape.
    pub(crate) fn shape(&mut self, schema: &Value) -> String {
        let scope = Scope { tool: "", definitions: &schema["$defs"], depth: 0 };
        self.json(schema, scope)
    }

    /// The rule for JSON of a schema that depends on nothing else.
    fn json(&mut self, schema: &Value, scope: Scope<'_>) -> String {
        let mut plain = scope.plain(schema);
        if let Some(constrainer) = self.loosened {
            let compiles = |plain: &Value| constrainer.compiles(&format!("start: %json {plain}"));
            plain = loosen::loosened(&plain, &compiles);
        }
        self.grammar.rule(&format!("%json {plain}"))
    }

    fn value(&mut self, schema: &Value, scope: Scope<'_>) -> Result<Option<String>, Fault> {
        if parts::is_nothing(schema) {
            return Ok(None);
        }
        if let Some(given) = given_beyond(schema) {
            return Ok(Some(self.grammar.rule(&either(&given))));
        }
        if !scope.mentions_sources(schema) {
            return Ok(Some(self.json(schema, scope)));
        }
        if parts::joins(schema) {
            let whole = parts::whole(schema, scope.definitions);
            return self.once(schema, false, |arguments| arguments.value(&whole, scope));
        }
        if let Some((target, _)) = scope.follow(schema)? {
            return self.once(schema, false, |arguments| arguments.value(target, scope));
        }
        if let Some(options) = parts::alternatives(schema) {
            let rules =
                options.iter().map(|option| self.value(option, scope)).collect::<Result<Vec<_>, _>>()?;
            let rules: Vec<String> = rules.into_iter().flatten().collect();
            return Ok(if rules.is_empty() { None } else { Some(self.grammar.rule(&either(&rules))) });
        }
        if schema.get(VERBATIM).is_some() || schema.get(FROM).is_some() {
            return Ok(self.copied(schema, &[]));
        }
        if schema.get("items").is_some() {
            return self.array(schema, scope);
        }
        self.object(schema, scope)
    }

    /// The rule for a schema, which is written once: it is named before, since the schema may contain itself.
    fn once(
        &mut self,
        schema: &Value,
        marked: bool,
        write: impl FnOnce(&mut Self) -> Result<Option<String>, Fault>,
    ) -> Result<Option<String>, Fault> {
        let is_this = |known: &&Known| known.marked == marked && known.schema == *schema;
        if let Some(known) = self.known.iter().find(is_this) {
            return Ok(known.rule.clone());
        }
        let (before, name) = (self.known.len(), self.grammar.forward());
        self.known.push(Known { schema: schema.clone(), marked, rule: Some(name.clone()) });
        let body = write(self)?;
        self.grammar.finish(&name, body.as_ref().unwrap_or(&literal("")));
        if body.is_some() {
            return Ok(Some(name));
        }
        // What was written inside may count on a value here, and is written anew where it is needed again.
        let inside = self.known.split_off(before);
        self.known.extend(inside.into_iter().filter(|known| known.rule.is_none()));
        self.known.push(Known { schema: schema.clone(), marked, rule: None });
        Ok(None)
    }

    /// A value that must be copied and is none of these: one of the named values, or a span.
    fn copied(&mut self, schema: &Value, except: &[&Value]) -> Option<String> {
        let named = self.sources.named(schema).into_iter().filter(|value| !except.contains(value));
        let values: Vec<String> = named.map(|value| literal(&python_json(value))).collect();
        let verbatim = schema.get(VERBATIM).and_then(Value::as_bool) == Some(true);
        let mut span = if verbatim { self.span() } else { None };
        if let (Some(any), false) = (&span, except.is_empty()) {
            let except: Vec<String> = except.iter().map(|value| literal(&python_json(value))).collect();
            span = Some(self.grammar.terminal(&format!("{any} & ~{}", either(&except))));
        }
        match (values.as_slice(), span) {
            ([], span) => span,
            (_, None) => Some(self.grammar.terminal(&either(&values))),
            (_, Some(span)) => Some(self.grammar.terminal(&format!("{} | {span}", either(&values)))),
        }
    }

    /// The terminal for a span of what was said, in quotes.
    fn span(&mut self) -> Option<String> {
        if !self.span_written {
            self.span_written = true;
            self.span = self.write_span();
        }
        self.span.clone()
    }

    fn write_span(&mut self) -> Option<String> {
        let span = self.spans(json_inside)?;
        let quote = literal("\"");
        Some(self.grammar.terminal(&format!("{quote} {span} {quote}")))
    }

    /// The terminal for a copied span, written in this way; `None` when nothing was said.
    fn spans(&mut self, written: impl Fn(&str) -> String) -> Option<String> {
        let mut texts = Vec::new();
        for pieces in self.sources.spans() {
            let pieces: Vec<String> = pieces.iter().map(|piece| written(piece)).collect();
            texts.push(self.grammar.terminal(&format!("%regex {}", json!({"substring_chunks": pieces}))));
        }
        if texts.is_empty() {
            return None;
        }
        // Spans are neither empty nor do they begin or end with a blank.
        Some(self.grammar.terminal(&format!("{} & /[^ ](.*[^ ])?/", either(&texts))))
    }

    fn array(&mut self, schema: &Value, scope: Scope<'_>) -> Result<Option<String>, Fault> {
        let item = match schema.get("items") {
            Some(items) => self.value(items, scope)?,
            None => None,
        };
        Ok(self.list(schema, item, &literal(", ")))
    }

    /// A list of as many items as the schema allows; `None` when it needs some and there are none.
    fn list(&mut self, schema: &Value, item: Option<String>, comma: &str) -> Option<String> {
        let least = schema.get("minItems").and_then(count).unwrap_or(0);
        let most = schema.get("maxItems").and_then(count);
        let Some(item) = item else {
            return (least == 0).then(|| self.grammar.rule(&literal("[]")));
        };
        let more_least = least.saturating_sub(1);
        let range = match most.map(|most| most.saturating_sub(1)) {
            Some(more_most) => format!("~{more_least}..{more_most}"),
            None if more_least == 0 => "*".to_owned(),
            None => format!("~{more_least}..{}", i32::MAX),
        };
        let filled = format!("{} {item} ({comma} {item}){range} {}", literal("["), literal("]"));
        let rule = match (least, most) {
            (_, Some(0)) => literal("[]"),
            (0, _) => either(&[literal("[]"), filled]),
            (_, _) => filled,
        };
        Some(self.grammar.rule(&rule))
    }

    /// An object's properties in order: optional ones may be left out, and commas stand between the rest.
    fn object(&mut self, schema: &Value, scope: Scope<'_>) -> Result<Option<String>, Fault> {
        let mut members = Vec::new();
        for (name, property, needed) in properties(schema) {
            match self.value(&property, scope)? {
                Some(value) => {
                    members.push(Member { ways: vec![(format!("{}: ", json_text(name)), value)], needed });
                }
                None if needed => return Ok(None),
                None => {}
            }
        }
        let body = self.members(&members, ", ", &literal("}"));
        Ok(Some(self.grammar.rule(&format!("{} {body}", literal("{")))))
    }

    /// Written from the last member to the first: after each point there are two rules, one for when
    /// nothing has been written yet and one for when a comma is due. Comma and key are one lexical unit, so
    /// that a comma of blanks is not taken for what follows the last member.
    fn members(&mut self, members: &[Member], comma: &str, end: &str) -> String {
        let (mut first, mut later) = (end.to_owned(), end.to_owned());
        for member in members.iter().rev() {
            let written = |grammar: &Grammar, comma: &str| {
                let ways = member.ways.iter();
                let ways = ways.map(|(key, value)| {
                    format!("{} {value} {later}", grammar.written(&format!("{comma}{key}")))
                });
                either(&ways.collect::<Vec<_>>())
            };
            let mut beginning = written(self.grammar, "");
            let mut following = written(self.grammar, comma);
            if !member.needed {
                beginning = either(&[beginning, first]);
                following = either(&[following, later]);
            }
            first = self.grammar.rule(&beginning);
            later = self.grammar.rule(&following);
        }
        first
    }
}

/// A member of an object: the ways it can be written, each a key and the rule for a value.
struct Member {
    ways: Vec<(String, String)>,
    needed: bool,
}

/// The properties of an object: name, schema, and whether it has to be given.
fn properties(schema: &Value) -> Vec<(&str, Value, bool)> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let each = properties.map(|(name, property)| {
        let needed = required.contains(&name.as_str());
        (name.as_str(), if needed { property.clone() } else { without_null(property) }, needed)
    });
    each.collect()
}

/// The schema of an optional argument: leaving it out already says `null`.
fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            schema["type"] = only;
        }
    }
    for alternatives in ["anyOf", "oneOf"] {
        if let Some(Value::Array(options)) = schema.get_mut(alternatives) {
            options.retain(|option| option.get("type") != Some(&Value::from("null")));
        }
    }
    schema
}

/// The given values of a schema as they are written, where one is a number that llguidance would round.
fn given_beyond(schema: &Value) -> Option<Vec<String>> {
    let one = schema.get("const").map(std::slice::from_ref);
    let given = one.or_else(|| schema.get("enum")?.as_array().map(Vec::as_slice))?;
    let beyond = given.iter().filter_map(Value::as_f64).any(|number| number.abs() >= EXACT_MAX);
    beyond.then(|| given.iter().map(|value| literal(&python_json(value))).collect())
}

/// Whether an object may have more than the properties it lists.
fn is_open(schema: &Value) -> bool {
    let lists = schema.get("properties").and_then(Value::as_object).is_some_and(|named| !named.is_empty());
    schema.get("patternProperties").is_some()
        || match schema.get("additionalProperties") {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Bool(true)) => !lists,
            Some(_) => true,
        }
}

/// A text as it stands inside a JSON string.
fn json_inside(text: &str) -> String {
    let quoted = json_text(text);
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests;
