//! Separates a streaming reply into reasoning, text and calls, so that markup is never shown.

use handyman_core::Delta;

/// Where in a reply the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Reasoning,
    Hidden,
}

/// Takes pieces of a reply and gives what can be shown of them. What it gives, put together, is the
/// parsed reply's reasoning and text: blanks at either end are held back.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// Marker that ends the text and begins the calls.
    call: &'static str,
    place: Place,
    pending: String,
    begun: bool,
}

pub(crate) const THINK_BEGINS: &str = "<think>";
pub(crate) const THINK_ENDS: &str = "</think>";

impl Splitter {
    /// A stream of text with calls after this marker.
    pub(crate) fn until(call: &'static str, in_reasoning: bool) -> Self {
        let place = if in_reasoning { Place::Reasoning } else { Place::Text };
        Self { call, place, pending: String::new(), begun: false }
    }

    /// A stream of which nothing can be shown before it is whole.
    pub(crate) fn hidden() -> Self {
        Self { call: "", place: Place::Hidden, pending: String::new(), begun: false }
    }

    /// Whether nothing is shown while the reply streams.
    pub(crate) fn is_hidden(&self) -> bool {
        self.call.is_empty()
    }

    /// Takes a piece and gives what can be shown.
    pub(crate) fn push(&mut self, piece: &str) -> Vec<Delta> {
        let mut shown = Vec::new();
        if self.place == Place::Hidden {
            return shown;
        }
        self.pending.push_str(piece);
        while let Some((at, length, next)) = self.next_marker() {
            let before = self.pending[..at].trim_end().to_owned();
            self.pending.drain(..at + length);
            self.show(&before, &mut shown);
            self.place = next;
            self.begun = false;
            if next == Place::Hidden {
                self.pending.clear();
                return shown;
            }
        }
        let ready = self.pending.len() - self.held_back();
        let ready = self.pending[..ready].trim_end().len();
        let text: String = self.pending.drain(..ready).collect();
        self.show(&text, &mut shown);
        shown
    }

    fn show(&mut self, text: &str, shown: &mut Vec<Delta>) {
        let text = if self.begun { text } else { text.trim_start() };
        if text.is_empty() {
            return;
        }
        self.begun = true;
        shown.push(match self.place {
            Place::Reasoning => Delta::Reasoning(text.to_owned()),
            Place::Text | Place::Hidden => Delta::Text(text.to_owned()),
        });
    }

    fn markers(&self) -> Vec<(&'static str, Place)> {
        match self.place {
            Place::Reasoning => vec![(THINK_ENDS, Place::Text)],
            Place::Text | Place::Hidden => vec![(self.call, Place::Hidden), (THINK_BEGINS, Place::Reasoning)],
        }
    }

    fn next_marker(&self) -> Option<(usize, usize, Place)> {
        let found = self.markers().into_iter().filter_map(|(marker, next)| {
            self.pending.find(marker).map(|at| (at, marker.len(), next))
        });
        found.min_by_key(|(at, _, _)| *at)
    }

    /// Bytes at the end that may be the beginning of a marker.
    fn held_back(&self) -> usize {
        let begins = |marker: &str| {
            (1..marker.len()).rev().find(|&length| self.pending.ends_with(&marker[..length])).unwrap_or(0)
        };
        self.markers().into_iter().map(|(marker, _)| begins(marker)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
