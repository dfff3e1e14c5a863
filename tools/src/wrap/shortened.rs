//! Long results, a piece at a time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use handyman_core::{CallContext, SessionId, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec, tool};
use serde_json::{Map, Value, json};

/// Results whose rest is kept at the same time.
const KEPT_MAX: usize = 16;
/// Bytes that one more piece shows.
const PIECE_BYTES: usize = 1_500;

/// The rests of long results, until newer ones take their place. Each is its session's alone.
#[derive(Debug, Default)]
pub struct Kept(Mutex<VecDeque<(Place, String)>>);

/// A session, and the handle that it knows a result by.
type Place = (SessionId, String);

/// A tool whose long results are cut: the head is shown, with how much is missing and a handle for the rest.
pub struct Shortened {
    inner: Arc<dyn Tool>,
    bytes_max: usize,
    kept: Arc<Kept>,
}

impl Kept {
    fn keep(&self, place: Place, text: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != place);
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((place, text));
    }

    fn find(&self, place: &Place) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == place).map(|(_, text)| text.clone())
    }
}

impl Shortened {
    /// The tool with results of at most so many bytes of JSON. Offer [`read_more`] on the same `kept` beside it: what that
    /// shows counts as strangers' words, unless [`Declared::trusted`](super::Declared::trusted) says otherwise.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, bytes_max: usize, kept: Arc<Kept>) -> Self {
        Self { inner, bytes_max, kept }
    }
}

#[async_trait]
impl Tool for Shortened {
    fn spec(&self) -> &ToolSpec {
        self.inner.spec()
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(self.inner.as_ref())
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let result = self.inner.call(arguments, context).await?;
        let text = result.to_string();
        if text.len() <= self.bytes_max {
            return Ok(result);
        }
        let handle = context.call.as_str().to_owned();
        let shown = shown_with(piece(&text, 0, self.bytes_max), &handle);
        self.kept.keep((context.session.clone(), handle), text);
        Ok(shown)
    }
}

/// Read more of a long result
// Whose words the rest holds is not kept: what is read here may be a stranger's.
#[tool(read_only, untrusted)]
pub async fn read_more(
    #[state] kept: &Kept,
    context: &CallContext,
    /// From the cut result
    handle: String,
    /// Byte to begin at
    start: usize,
) -> ToolResult<Value> {
    let text = kept.find(&(context.session.clone(), handle.clone())).ok_or_else(|| {
        ToolError::new(
            ToolErrorKind::NotFound,
            format!("nothing is kept under '{handle}'; call the tool again"),
        )
    })?;
    if start >= text.len() {
        return Err(ToolError::argument("start", format!("the result ends at {}", text.len())));
    }
    Ok(shown_with(piece(&text, start, PIECE_BYTES), &handle))
}

/// A piece of a text and where it ends: it begins and ends between two characters.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    end: usize,
    whole: usize,
}

fn piece(text: &str, start: usize, bytes: usize) -> Piece<'_> {
    let floor = |mut index: usize| {
        while !text.is_char_boundary(index) {
            index -= 1;
        }
        index
    };
    let start = floor(start.min(text.len()));
    let end = floor(start.saturating_add(bytes).min(text.len()));
    Piece { text: text.get(start..end).unwrap_or_default(), end, whole: text.len() }
}

fn shown_with(piece: Piece<'_>, handle: &str) -> Value {
    match piece.whole - piece.end {
        0 => json!({"text": piece.text, "left": 0}),
        left => json!({"text": piece.text, "left": left, "handle": handle, "next": piece.end}),
    }
}

impl fmt::Debug for Shortened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shortened({})", self.inner.spec().name)
    }
}
