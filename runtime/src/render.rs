//! Render: the history as the text a model was trained on, by the template in its GGUF.
//!
//! Templates are Jinja as Hugging Face's `transformers` runs it: Python methods, loop controls, trimmed
//! blocks, `tojson` with Python's spacing, `raise_exception`, `strftime_now`.

pub(crate) mod json;
pub(crate) mod messages;
pub(crate) mod protect;
pub(crate) mod python;
pub(crate) mod transcript;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use handyman_core::catalogue::Index;
use handyman_core::{Fault, FaultKind, ToolSpec, jinja};
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;

use crate::dialect::Conversation;

const NAME: &str = "chat";
/// What a message of the person has the names of fitting tools under.
pub(crate) const FITTING: &str = "fitting";
/// Bytes a template may have; the longest of usual ones have some 17,000.
const SOURCE_MAX: usize = 256 << 10;
/// Steps after which a template is taken to go on for ever. The longest prompts of usual ones take some ten thousand.
const STEPS_MAX: u64 = 50_000_000;
/// Bytes of a JSON text that a template may read, and of a format of the time.
const JSON_MAX: usize = 4 << 20;
const FORMAT_MAX: usize = 1 << 10;

/// A model's chat template.
#[derive(Debug)]
pub(crate) struct Template {
    environment: Environment<'static>,
    source: String,
    /// Text of the token that begins a prompt.
    begins: String,
    /// Text of the token that ends a reply.
    ends: String,
    /// Writes the time in a format.
    clock: fn(String) -> String,
    /// The tools that were last searched.
    indexed: Mutex<Option<(Vec<ToolSpec>, Arc<Index>)>>,
}

impl Template {
    /// Compiles a template; `begins` and `ends` are its `bos_token` and `eos_token`.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Template` that says where it cannot be understood.
    pub(crate) fn new(source: String, begins: String, ends: String) -> Result<Self, Fault> {
        let mut environment = jinja::environment(STEPS_MAX);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_unknown_method_callback(|state, value, name, args| {
            jinja::method(unknown_method_callback, state, (value, name), args)
        });
        environment.set_formatter(print_as_python);
        environment.add_filter("tojson", to_json);
        environment.add_filter("indent", indent);
        environment.add_filter("from_json", from_json);
        environment.add_filter("length", length);
        environment.add_filter("count", length);
        environment.add_function("raise_exception", raise_exception);
        add_clock(&mut environment, strftime_now);
        let compiled = jinja::template(&python::portable(&source), SOURCE_MAX)
            .and_then(|source| jinja::guarded(|| environment.add_template_owned(NAME, source)));
        compiled.map_err(|error| {
            Fault::new(
                FaultKind::Template,
                format!("the model's chat template cannot be understood: {error}"),
            )
            .with_hint("name another file of the model, or download it again")
            .with_source(error)
        })?;
        Ok(Self { environment, source, begins, ends, clock: strftime_now, indexed: Mutex::default() })
    }

    /// The same template without a clock: it writes the format of a time in its place, and so the same on every day.
    pub(crate) fn timeless(&self) -> Self {
        let clock: fn(String) -> String = |format| format;
        let mut environment = self.environment.clone();
        add_clock(&mut environment, clock);
        let (begins, ends) = (self.begins.clone(), self.ends.clone());
        Self { environment, source: self.source.clone(), begins, ends, clock, indexed: Mutex::default() }
    }

    /// The template's text.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// These tools made ready to be searched, if the template names those that may fit a request, as the built-in model's does.
    pub(crate) fn index(&self, tools: &[ToolSpec]) -> Option<Arc<Index>> {
        if !self.source.contains("message.fitting") {
            return None;
        }
        // One set of tools is usually rendered many times.
        let mut last = self.indexed.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(of, _)| of != tools) {
            *last = Some((tools.to_vec(), Arc::new(Index::of(tools))));
        }
        last.as_ref().map(|(_, index)| Arc::clone(index))
    }

    /// The conversation as a prompt; with `reply`, up to where the model begins to write.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Template`; the template may refuse a conversation on purpose.
    pub(crate) fn render(&self, conversation: &Conversation, reply: bool) -> Result<String, Fault> {
        let tools = if conversation.tools.is_null() || conversation.tools == serde_json::json!([]) {
            Value::from(())
        } else {
            Value::from_serialize(&conversation.tools)
        };
        let given = context! {
            messages => Value::from_serialize(&conversation.messages),
            tools => tools,
            add_generation_prompt => reply,
            functions => json::python_json_indented(&conversation.tools, 4),
            date_string => (self.clock)("%d %b %Y".to_owned()),
            datetime => (self.clock)("%a %d %b %Y, %H:%M".to_owned()),
            bos_token => self.begins,
            eos_token => self.ends,
        };
        let template = self.environment.get_template(NAME).map_err(fault)?;
        let mut page = Page(Vec::new());
        jinja::guarded(|| template.render_captured_to(given, &mut page).map(drop)).map_err(fault)?;
        String::from_utf8(page.0).map_err(|error| {
            Fault::new(FaultKind::Template, "the model's chat template writes what is no text")
                .with_source(error)
        })
    }
}

/// A prompt, up to the most that one may be.
struct Page(Vec<u8>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > jinja::TEXT_MAX {
            return Err(io::Error::other(jinja::too_long()));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn fault(error: Error) -> Fault {
    let detail = match error.kind() {
        ErrorKind::OutOfFuel => format!("it takes more than {STEPS_MAX} steps"),
        ErrorKind::WriteFailure => jinja::too_long(),
        _ => error.detail().map_or_else(|| error.to_string(), str::to_owned),
    };
    Fault::new(FaultKind::Template, format!("the model's chat template cannot be rendered: {detail}"))
        .with_source(error)
}

/// Python prints `True`, `False` and `None`, and lists and dictionaries with quotes of its own.
fn print_as_python(out: &mut Output<'_>, state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let of_python = match value.kind() {
        ValueKind::Bool | ValueKind::None | ValueKind::Map | ValueKind::Seq => true,
        // A list that was put together of others.
        ValueKind::Iterable => value.len().is_some(),
        _ => false,
    };
    jinja::written(state, value)?;
    if of_python {
        out.write_str(&python::repr(value)?).map_err(Error::from)
    } else {
        minijinja::escape_formatter(out, state, value)
    }
}

/// Nothing has no length.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn length(value: Value) -> Result<usize, Error> {
    if value.is_none() || value.is_undefined() {
        return Ok(0);
    }
    value
        .len()
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("a {} has no length", value.kind())))
}

/// As Jinja2 indents: minijinja leaves out the line break at the end of a text.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn indent(
    state: &State<'_, '_>,
    text: String,
    width: Option<usize>,
    first: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let (named_width, named_first): (Option<usize>, Option<bool>) =
        (options.get("width")?, options.get("first")?);
    let (width, first) = (width.or(named_width).unwrap_or(4), first.or(named_first).unwrap_or(false));
    let blank: Option<bool> = options.get("blank")?;
    options.assert_all_used()?;
    if text.split('\n').count().saturating_mul(width) > jinja::TEXT_MAX {
        return Err(Error::new(ErrorKind::InvalidOperation, jinja::too_long()));
    }
    let blanks = " ".repeat(width);
    let mut indented = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        let indents = if at == 0 { first } else { blank == Some(true) || !line.is_empty() };
        indented.push_str(if at == 0 { "" } else { "\n" });
        indented.push_str(if indents { &blanks } else { "" });
        indented.push_str(line);
    }
    jinja::written(state, &Value::from(indented.as_str()))?;
    Ok(indented)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn from_json(state: &State<'_, '_>, text: String) -> Result<Value, Error> {
    if text.len() > JSON_MAX {
        let problem = format!("a JSON text of more than {} MiB", JSON_MAX >> 20);
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    }
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, "not a JSON text").with_source(error))?;
    let value = Value::from_serialize(value);
    jinja::written(state, &value)?;
    Ok(value)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn to_json(state: &State<'_, '_>, value: Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    jinja::written_as_json(state, &value, indent.unwrap_or(0))?;
    let _: Option<bool> = options.get("ensure_ascii")?;
    let sorted: Option<bool> = options.get("sort_keys")?;
    let separators: Option<Vec<String>> = options.get("separators")?;
    let value = python::json_of(value)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, "not a JSON value").with_source(error))?;
    let value = if sorted == Some(true) { python::sorted(value) } else { value };
    let compact = separators.is_some_and(|marks| marks.first().is_some_and(|comma| comma == ","));
    let text = match indent {
        Some(width) => json::python_json_indented(&value, width),
        None if compact => value.to_string(),
        None => json::python_json(&value),
    };
    Ok(Value::from_safe_string(text))
}

/// Gives templates the time, by a function that writes it in a format.
fn add_clock(environment: &mut Environment<'_>, clock: fn(String) -> String) {
    environment.add_function("strftime_now", move |format: String| {
        if format.len() > FORMAT_MAX {
            let problem = format!("a format of the time of more than {} KiB", FORMAT_MAX >> 10);
            return Err(Error::new(ErrorKind::InvalidOperation, problem));
        }
        Ok(clock(format))
    });
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a template function")]
fn strftime_now(format: String) -> String {
    jiff::ZonedDateTime::now().strftime(&format).to_string()
}

#[cfg(test)]
mod tests;
