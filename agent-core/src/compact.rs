//! Compaction: how a history is made to fit when the model's window is full.
//!
//! One step at a time, what is needed least first: replies that could not be read are shortened, then older
//! results, what was said before the person's last message is left out, the latest results are shortened, and
//! last the run's own earlier turns are left out: in a workflow, what its earlier steps came to, and after everything
//! else what it was begun with. Else the person's last message always stays, as do the instructions and the last turn.
//! What is no longer shown is kept in [`Run::record`]: policies, receipts and the search for repeats still know of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::message::{Message, Part, Role};
use crate::run::Run;

/// Bytes of a reply that could not be read which are kept: one that never ended may fill a window.
const UNREADABLE_BYTES: usize = 240;
/// Bytes of JSON that an older result is shortened to.
const OLDER_BYTES: usize = 240;
/// Bytes that the latest results are shortened to, a step each.
const LATEST_BYTES: [usize; 2] = [1_024, 240];
/// How much of lists, maps and texts is kept, from generous to scant: items, and characters.
const KEPT: [(usize, usize); 3] = [(8, 200), (3, 80), (1, 40)];
/// Bytes that a shortened result may have beyond what it is shortened to: the note that it was.
const NOTE_BYTES: usize = 64;

/// Characters that texts keep at least where lists are shortened first.
const TEXT_MIN: usize = 200;
/// Items that lists keep, from all to the first; and maps, which keep a few more.
const ITEMS: [usize; 10] = [usize::MAX, 256, 128, 64, 32, 16, 8, 4, 2, 1];
/// Fields that objects keep at least: one with more is a map.
const FIELDS_MIN: usize = 32;
/// Levels of a result that are kept: JSON that is nested deeper is not read back everywhere.
const LEVELS_MAX: usize = 64;

/// One step of compaction. Messages are counted from the first that the model is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Compaction {
    /// Replies that could not be read are shortened.
    RepliesShortened {
        /// To at most this many bytes each.
        bytes: usize,
        /// How many replies that are.
        replies: usize,
    },
    /// Results are shortened.
    ResultsShortened {
        /// Those of the messages before this one.
        until: usize,
        /// To about this many bytes of JSON each.
        bytes: usize,
        /// How many results that are.
        results: usize,
        /// Messages of instructions that came before; unknown in journals of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        system: Option<usize>,
    },
    /// Messages are left out.
    MessagesLeftOut {
        /// The first of them.
        from: usize,
        /// How many.
        messages: usize,
        /// Messages of instructions that came before; unknown in journals of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        system: Option<usize>,
    },
}

/// The next step for a run whose history does not fit; `None` where nothing can be spared any more.
#[must_use]
pub fn next(run: &Run) -> Option<Compaction> {
    let history = run.history();
    let asked = history.iter().rposition(Message::asks)?;
    let begun = begun(run).unwrap_or(asked);
    let system = Some(instructions(history));
    let latest = history.iter().rposition(|message| message.role == Role::Tool).unwrap_or(history.len());
    let shorten = |until: usize, bytes: usize| {
        let long =
            |message: &Message| message.results().filter(|result| is_long(&result.result, bytes)).count();
        let results = history[..until.min(history.len())].iter().map(long).sum();
        (results > 0).then_some(Compaction::ResultsShortened { until, bytes, results, system })
    };
    shorten_replies(history)
        .or_else(|| shorten(latest, OLDER_BYTES))
        .or_else(|| leave_out_before(history, begun))
        .or_else(|| LATEST_BYTES.into_iter().find_map(|bytes| shorten(history.len(), bytes)))
        .or_else(|| leave_out_steps(history, begun, asked))
        .or_else(|| leave_out_turn(history, asked))
        .or_else(|| leave_out_before(history, asked))
}

/// The message that began a workflow. Its steps ask about what the run has found out since: that was not said before.
fn begun(run: &Run) -> Option<usize> {
    run.progress()?;
    let is_persons = |message: &Message| message.role == Role::User && !message.text().is_empty();
    run.history().iter().rposition(is_persons)
}

/// Replies that could not be read, where shortening them is worth a step.
fn shorten_replies(history: &[Message]) -> Option<Compaction> {
    let long = |at: &usize| is_unreadable(history, *at) && history[*at].text().len() > 2 * UNREADABLE_BYTES;
    let replies = (0..history.len()).filter(long).count();
    (replies > 0).then_some(Compaction::RepliesShortened { bytes: UNREADABLE_BYTES, replies })
}

/// Whether a message is a reply of text alone that was answered with nothing but a note.
fn is_unreadable(history: &[Message], at: usize) -> bool {
    let told = |next: &Message| {
        next.role == Role::User && next.parts.iter().all(|part| matches!(part, Part::Note(_)))
    };
    let reply = &history[at];
    reply.role == Role::Assistant
        && matches!(reply.parts.as_slice(), [Part::Text(_)])
        && history.get(at + 1).is_some_and(told)
}

/// The older half of what was said before a message, in whole exchanges; the instructions stay.
fn leave_out_before(history: &[Message], asked: usize) -> Option<Compaction> {
    let from = instructions(history);
    let exchanges: Vec<usize> = (from..=asked).filter(|&at| history[at].asks()).collect();
    let half = exchanges.len().checked_sub(1)?.div_ceil(2);
    let until = *exchanges.get(half).filter(|_| half > 0)?;
    let (messages, system) = (until.saturating_sub(from), Some(from));
    (messages > 0).then_some(Compaction::MessagesLeftOut { from, messages, system })
}

/// The older half of what a workflow did before the step that asks now; the message that began it stays.
fn leave_out_steps(history: &[Message], begun: usize, asked: usize) -> Option<Compaction> {
    let from = begun + 1;
    let steps: Vec<usize> = (from + 1..=asked).filter(|&at| history[at].asks()).collect();
    let until = *steps.get(steps.len().checked_sub(1)? / 2)?;
    Some(Compaction::MessagesLeftOut { from, messages: until - from, system: Some(instructions(history)) })
}

/// The oldest turn after a message, unless it is the last one.
fn leave_out_turn(history: &[Message], asked: usize) -> Option<Compaction> {
    let turns: Vec<usize> =
        (asked + 1..history.len()).filter(|&at| history[at].role == Role::Assistant).collect();
    match turns.as_slice() {
        [first, second, ..] => {
            let (from, messages) = (*first, second - first);
            Some(Compaction::MessagesLeftOut { from, messages, system: Some(instructions(history)) })
        }
        [] | [_] => None,
    }
}

/// How many messages of instructions a history begins with.
fn instructions(history: &[Message]) -> usize {
    history.iter().take_while(|message| message.role == Role::System).count()
}

impl Compaction {
    /// Does the step. Instructions are the agent's, not the journal's: where there are more or fewer now than when the
    /// messages were counted, the same messages have other places.
    pub(crate) fn apply(&self, history: &mut Vec<Message>) {
        let now = instructions(history);
        let placed =
            |at: usize, then: Option<usize>| at.saturating_sub(then.unwrap_or(now)).saturating_add(now);
        match self {
            Self::RepliesShortened { bytes, .. } => {
                let unreadable: Vec<usize> =
                    (0..history.len()).filter(|at| is_unreadable(history, *at)).collect();
                for at in unreadable {
                    if let [Part::Text(text)] = history[at].parts.as_mut_slice() {
                        text.truncate(text.floor_char_boundary(*bytes));
                    }
                }
            }
            Self::ResultsShortened { until, bytes, system, .. } => {
                let until = placed(*until, *system).min(history.len());
                for part in history[..until].iter_mut().flat_map(|message| &mut message.parts) {
                    if let Part::Result(result) = part
                        && is_long(&result.result, *bytes)
                    {
                        result.result = shortened(&result.result, *bytes);
                    }
                }
            }
            Self::MessagesLeftOut { from, messages, system } => {
                let from = placed(*from, *system).min(history.len());
                let until = from.saturating_add(*messages).min(history.len());
                history.drain(from..until);
                let told = "(What was said or done before was left out here to make room.)";
                let gap = history.get(from).is_some_and(|next| next.role == Role::User);
                // Before a person's message the gap is told in it, else in the one before.
                let at = if gap { from } else { from.saturating_sub(1) };
                if let Some(message) = history.get_mut(at).filter(|message| message.role == Role::User) {
                    let note = Part::Note(told.to_owned());
                    if !message.parts.contains(&note) {
                        message.parts.insert(if gap { 0 } else { message.parts.len() }, note);
                    }
                }
            }
        }
    }
}

fn is_long(result: &Value, bytes: usize) -> bool {
    result.to_string().len() > bytes + NOTE_BYTES
}

/// A result with its structure, and less of its lists and texts. It says that it was shortened.
fn shortened(result: &Value, bytes: usize) -> Value {
    let text = result.to_string();
    let cut = format!("shortened from {} bytes to make room", text.len());
    for (items, characters) in KEPT {
        let less = less(result, items, characters, LEVELS_MAX);
        if less.to_string().len() <= bytes {
            return told(less, cut);
        }
    }
    json!({"cut": cut, "head": text.get(..text.floor_char_boundary(bytes / 2)).unwrap_or_default()})
}

/// Whether a result has been shortened by [`bounded`].
pub(crate) fn is_cut(result: &Value) -> bool {
    result.get("cut").and_then(Value::as_str).is_some_and(|cut| cut.starts_with("shortened from "))
}

/// A result in about so many bytes of JSON: one that is longer keeps its structure, so that what it names can still be
/// referred to, and has less of its lists and maps and then of its texts. It says so.
#[must_use]
pub fn bounded(result: Value, bytes: usize) -> Value {
    let length = result.to_string().len();
    if length <= bytes && levels(&result) <= LEVELS_MAX {
        return result;
    }
    let cut = format!("shortened from {length} bytes; … stands for what is left out");
    let fits = |items, characters| {
        let less = less(&result, items, characters, LEVELS_MAX);
        (less.to_string().len() <= bytes).then_some(less)
    };
    for items in ITEMS {
        let Some(mut kept) = fits(items, TEXT_MIN) else { continue };
        let (mut least, mut most) = (TEXT_MIN, 2 * bytes);
        while most.saturating_sub(least) > TEXT_MIN / 4 {
            let characters = usize::midpoint(least, most);
            match fits(items, characters) {
                Some(more) => (kept, least) = (more, characters),
                None => most = characters,
            }
        }
        return told(kept, cut);
    }
    let text = result.to_string();
    json!({"cut": cut, "head": text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()})
}

/// The result with the word that it was cut.
fn told(less: Value, cut: String) -> Value {
    let Value::Object(mut fields) = less else { return json!({"cut": cut, "value": less}) };
    fields.insert("cut".to_owned(), cut.into());
    fields.into()
}

/// How deep a value is nested.
fn levels(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(levels).max(),
        Value::Object(fields) => fields.values().map(levels).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    inner.map_or(0, |inner| inner + 1)
}

fn less(value: &Value, items: usize, characters: usize, levels: usize) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) if levels == 0 => "…".into(),
        Value::String(text) if text.chars().count() > characters => {
            format!("{}…", text.chars().take(characters).collect::<String>()).into()
        }
        Value::Array(all) => {
            let mut kept: Vec<Value> =
                all.iter().take(items).map(|item| less(item, items, characters, levels - 1)).collect();
            if all.len() > items {
                kept.push(format!("… {} more", all.len() - items).into());
            }
            kept.into()
        }
        Value::Object(fields) => {
            let less = |inner| less(inner, items, characters, levels - 1);
            let most = items.max(FIELDS_MIN);
            let kept = fields.iter().take(most).map(|(name, inner)| (name.clone(), less(inner)));
            let mut kept: Map<String, Value> = kept.collect();
            if fields.len() > most {
                kept.insert("…".to_owned(), format!("… {} more", fields.len() - most).into());
            }
            kept.into()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests;
