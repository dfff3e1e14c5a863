//! Separates a streaming reply into reasoning, text and calls, so that markup is never shown.

use handyman_core::Delta;

use super::format::Format;

/// Where in a reply the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing has been said that would decide what the reply is.
    Start,
    Text,
    Reasoning,
    /// Between what can be shown: markup, and what follows it.
    Between,
    /// Calls: nothing more is shown.
    Calls,
    /// The generic envelope, before the answer's text, in it, and after it.
    Envelope,
    Quoted,
}

/// What begins and ends the parts of a reply that can be shown.
#[derive(Debug, Clone, Default)]
struct Marks {
    /// Around reasoning.
    thinking: Option<(String, String)>,
    /// Around text; empty where text stands by itself.
    answer: (String, String),
    /// Ends the text and begins the calls.
    trigger: String,
    /// Whether a reply is a call or text by its first character.
    bare: bool,
    /// Whether a part of a reply begins with whom it is for alone: what does not begin as an answer is a call.
    addressed: bool,
    /// For an answer of a given shape: what opens calls. Everything else is the answer.
    opening: Option<String>,
}

/// Takes pieces of a reply and gives what can be shown of them. What it gives, put together, is the
/// parsed reply's reasoning and text: blanks at either end are held back.
#[derive(Debug)]
pub(crate) struct Splitter {
    marks: Marks,
    place: Place,
    pending: String,
    begun: bool,
}

/// What stands before the text of an answer in the generic envelope.
const ANSWER: &str = "{\"answer\": \"";
/// The same, where the answer has a shape of its own.
const VALUE: &str = "{\"answer\": ";

impl Splitter {
    /// The stream of a family's replies.
    pub(crate) fn new(format: &Format, thinks: bool) -> Self {
        let marks = Marks {
            thinking: format.thinking.clone().filter(|_| thinks),
            answer: format.answer.clone(),
            trigger: format.trigger.clone(),
            bare: format.is_bare(),
            addressed: format.is_addressed(),
            opening: None,
        };
        Self { marks, place: Place::Start, pending: String::new(), begun: false }
    }

    /// A stream of generic envelopes after reasoning, if any.
    pub(crate) fn envelope(thinking: Option<(String, String)>) -> Self {
        let marks = Marks {
            thinking,
            trigger: "{\"calls\"".to_owned(),
            answer: (ANSWER.to_owned(), "\"".to_owned()),
            bare: false,
            addressed: false,
            opening: None,
        };
        Self { marks, place: Place::Envelope, pending: String::new(), begun: false }
    }

    /// The stream of replies that are an answer of a given shape, or calls that open so.
    pub(crate) fn typed(mut self, opening: &str) -> Self {
        if self.is_envelope() {
            self.marks.answer = (VALUE.to_owned(), String::new());
        }
        self.marks.opening = Some(opening.trim_start().to_owned());
        self
    }

    fn is_envelope(&self) -> bool {
        self.marks.answer.0 == ANSWER || self.is_typed_envelope()
    }

    fn is_typed_envelope(&self) -> bool {
        self.marks.answer.0 == VALUE
    }

    /// Takes a piece and gives what can be shown.
    pub(crate) fn push(&mut self, piece: &str) -> Vec<Delta> {
        let mut shown = Vec::new();
        self.pending.push_str(piece);
        while self.step(&mut shown) {}
        shown
    }

    /// The reply has ended: gives what was held back because it might have been the beginning of a mark.
    pub(crate) fn finish(mut self) -> Vec<Delta> {
        let mut shown = Vec::new();
        if matches!(self.place, Place::Text | Place::Reasoning) && !self.is_typed_envelope() {
            let rest = std::mem::take(&mut self.pending);
            self.show(rest.trim_end(), &mut shown);
        }
        shown
    }

    /// Goes on to the next mark, if there is one.
    fn step(&mut self, shown: &mut Vec<Delta>) -> bool {
        if self.place == Place::Calls {
            self.pending.clear();
            return false;
        }
        if self.place == Place::Quoted {
            return self.quoted(shown);
        }
        if self.place == Place::Start {
            let Some(place) = self.beginning() else { return false };
            self.place = place;
            return true;
        }
        if let Some((at, length, next)) = self.next_mark() {
            let before = self.pending[..at].trim_end().to_owned();
            self.pending.drain(..at + length);
            self.show(&before, shown);
            self.place = next;
            self.begun = false;
            return true;
        }
        let ready = self.pending.len() - self.held_back();
        let ready = self.pending[..ready].trim_end().len();
        let text: String = self.pending.drain(..ready).collect();
        self.show(&text, shown);
        false
    }

    /// What a reply begins as, once that can be told.
    fn beginning(&self) -> Option<Place> {
        if self.marks.addressed {
            return self.told_by(&self.marks.answer.0, Place::Between, Place::Calls);
        }
        if !self.marks.answer.0.is_empty() {
            return Some(Place::Between);
        }
        if let Some(opening) = &self.marks.opening {
            return self.told_by(opening, Place::Calls, Place::Text);
        }
        if !self.marks.bare {
            return Some(Place::Text);
        }
        let first = self.pending.trim_start().chars().next()?;
        Some(if first == '{' { Place::Calls } else { Place::Text })
    }

    /// Where parts of one kind begin with a mark and those of the `other` with none: which of them this is.
    fn told_by(&self, mark: &str, marked: Place, other: Place) -> Option<Place> {
        let thinks = self.marks.thinking.iter().map(|(begins, _)| (begins.trim(), Place::Between));
        let begun = self.pending.trim_start();
        for (mark, place) in thinks.chain([(mark, marked)]) {
            if begun.starts_with(mark) {
                return Some(place);
            }
            if mark.starts_with(begun) {
                return None;
            }
        }
        Some(other)
    }

    /// The text of an answer in the envelope, a JSON string.
    fn quoted(&mut self, shown: &mut Vec<Delta>) -> bool {
        let mut text = String::new();
        loop {
            let mut characters = self.pending.chars();
            let (taken, character) = match (characters.next(), characters.next()) {
                (None, _) | (Some('\\'), None) => break,
                (Some('"'), _) => {
                    self.show(text.trim_end(), shown);
                    self.place = Place::Calls;
                    return true;
                }
                (Some('\\'), Some(_)) => match unescaped(&self.pending) {
                    Some(found) => found,
                    None => break,
                },
                (Some(character), _) => (character.len_utf8(), character),
            };
            text.push(character);
            self.pending.drain(..taken);
        }
        // Blanks at the end are held back, escaped again.
        let ready = text.trim_end().len();
        let held = serde_json::Value::from(&text[ready..]).to_string();
        self.pending.insert_str(0, &held[1..held.len() - 1]);
        self.show(&text[..ready], shown);
        false
    }

    fn show(&mut self, text: &str, shown: &mut Vec<Delta>) {
        let text = if self.begun { text } else { text.trim_start() };
        let delta = match self.place {
            Place::Reasoning => Delta::Reasoning(text.to_owned()),
            Place::Text | Place::Quoted => Delta::Text(text.to_owned()),
            Place::Start | Place::Between | Place::Calls | Place::Envelope => return,
        };
        if !text.is_empty() {
            self.begun = true;
            shown.push(delta);
        }
    }

    /// The marks that can come next, and where they lead.
    fn next_marks(&self) -> Vec<(&str, Place)> {
        let marks = &self.marks;
        let wrapped = !marks.answer.0.is_empty();
        let begins = marks.thinking.iter().map(|(begins, _)| (begins.as_str(), Place::Reasoning));
        match self.place {
            Place::Reasoning => {
                let after = if self.is_envelope() { Place::Envelope } else { Place::Start };
                marks.thinking.iter().map(|(_, ends)| (ends.as_str(), after)).collect()
            }
            Place::Text if wrapped && !marks.answer.1.is_empty() => vec![(&marks.answer.1, Place::Between)],
            Place::Text if marks.addressed && marks.opening.is_none() => {
                vec![(marks.trigger.as_str(), Place::Calls)]
            }
            Place::Text if wrapped || marks.bare || marks.opening.is_some() => Vec::new(),
            Place::Text => begins.chain([(marks.trigger.as_str(), Place::Calls)]).collect(),
            Place::Between => begins
                .chain([(marks.answer.0.as_str(), Place::Text), (marks.trigger.as_str(), Place::Calls)])
                .collect(),
            Place::Envelope if self.is_typed_envelope() => {
                begins.chain([(VALUE, Place::Text), (marks.trigger.as_str(), Place::Calls)]).collect()
            }
            Place::Envelope => {
                begins.chain([(ANSWER, Place::Quoted), (marks.trigger.as_str(), Place::Calls)]).collect()
            }
            Place::Start | Place::Calls | Place::Quoted => Vec::new(),
        }
    }

    fn next_mark(&self) -> Option<(usize, usize, Place)> {
        let marks = self.next_marks();
        let found =
            marks.iter().filter_map(|(mark, next)| self.pending.find(mark).map(|at| (at, mark.len(), *next)));
        found.min_by_key(|(at, _, _)| *at)
    }

    /// Bytes at the end that may be the beginning of a mark.
    fn held_back(&self) -> usize {
        let begins = |mark: &str| {
            let starts = (1..mark.len()).rev().filter(|&length| mark.is_char_boundary(length));
            starts.into_iter().find(|&length| self.pending.ends_with(&mark[..length])).unwrap_or(0)
        };
        let held = self.next_marks().into_iter().map(|(mark, _)| begins(mark)).max().unwrap_or(0);
        // What closes the envelope is not part of the answer.
        let closes = self.place == Place::Text && self.is_typed_envelope() && self.pending.ends_with('}');
        held.max(usize::from(closes))
    }
}

/// The character that an escape at the beginning of a text stands for, and how many bytes it takes; `None`
/// while it is not whole.
fn unescaped(text: &str) -> Option<(usize, char)> {
    let escape = text.chars().nth(1)?;
    let length = match escape {
        'u' if text.get(2..3).is_some_and(|digit| digit.eq_ignore_ascii_case("d"))
            && text.get(3..4)?.to_lowercase().as_str() >= "8" =>
        {
            12
        }
        'u' => 6,
        _ => 1 + escape.len_utf8(),
    };
    let quoted = format!("\"{}\"", text.get(..length)?);
    let character = serde_json::from_str::<String>(&quoted).ok().and_then(|text| text.chars().next());
    Some((length, character.unwrap_or(char::REPLACEMENT_CHARACTER)))
}

#[cfg(test)]
mod tests;
