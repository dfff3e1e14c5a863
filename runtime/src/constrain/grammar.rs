//! Writes grammars in llguidance's Lark dialect.

use std::fmt::Write as _;

/// A grammar while it is written: every rule and terminal gets a name of its own.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    text: String,
    named: usize,
}

impl Grammar {
    /// Adds a rule and returns its name.
    pub(crate) fn rule(&mut self, body: &str) -> String {
        self.named += 1;
        let name = format!("r{}", self.named);
        self.define(&name, body);
        name
    }

    /// Adds a terminal, one lexical unit, and returns its name.
    pub(crate) fn terminal(&mut self, body: &str) -> String {
        self.named += 1;
        let name = format!("T{}", self.named);
        self.define(&name, body);
        name
    }

    /// Adds a lexical unit that ends as soon as it can, and returns its name.
    pub(crate) fn lazy(&mut self, body: &str) -> String {
        self.named += 1;
        let name = format!("r{}", self.named);
        self.define(&format!("{name}[lazy]"), body);
        name
    }

    /// The whole grammar, beginning with this rule.
    pub(crate) fn start(mut self, body: &str) -> String {
        self.define("start", body);
        self.text
    }

    fn define(&mut self, name: &str, body: &str) {
        let _ = writeln!(self.text, "{name}: {body}");
    }
}

/// A text as a literal of the grammar.
pub(crate) fn literal(text: &str) -> String {
    // The grammar's strings are JSON strings, except that they also want DEL escaped.
    json_text(text).replace('\u{7f}', "\\u007f")
}

/// A text as a JSON string, in quotes.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Alternatives of one of which the text must consist.
pub(crate) fn either(alternatives: &[String]) -> String {
    format!("({})", alternatives.join(" | "))
}
