//! What is written into a source, and in which order at the same place.

/// The order at one place: what closes, from the inside; then what opens, from the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Around a text in quotes.
    Text,
    /// Around a value between operators.
    Operand,
    /// Around all that is assigned.
    Held,
    /// Before a body.
    Body,
}

/// What is written into a source.
#[derive(Debug, Default)]
pub(super) struct Inserts(Vec<(usize, i8, String)>);

impl Inserts {
    /// Writes a text at a place.
    pub(super) fn at(&mut self, place: usize, rank: Rank, text: String) {
        self.0.push((place, rank as i8, text));
    }

    /// Writes something around what begins and ends at these places.
    pub(super) fn around(&mut self, (begins, ends): (usize, usize), rank: Rank, opens: &str, closes: &str) {
        self.0.push((begins, i8::MAX - rank as i8, opens.to_owned()));
        self.0.push((ends, rank as i8, closes.to_owned()));
    }

    /// The source with all of it.
    pub(super) fn into(mut self, source: &str) -> String {
        self.0.sort_by_key(|(place, order, _)| (*place, *order));
        let mut text = String::with_capacity(source.len() + 16 * self.0.len());
        let mut from = 0;
        for (place, _, insert) in &self.0 {
            text.push_str(source.get(from..*place).unwrap_or_default());
            text.push_str(insert);
            from = *place;
        }
        text + source.get(from..).unwrap_or_default()
    }
}
