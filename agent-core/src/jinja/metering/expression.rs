//! The values of an expression that can grow: what is joined, added and repeated, parts of lists and texts, and lists
//! of values.

use super::inserts::{Inserts, Rank};
use super::{BOUNDED, WRITTEN};
use crate::jinja::tokens::{Kind, Token};

/// Words between two values, and before one.
const BETWEEN: [&str; 6] = ["and", "or", "not", "in", "if", "else"];

/// Names of values that are written down.
const CONSTANTS: [&str; 6] = ["true", "false", "none", "True", "False", "None"];

/// One value between operators: the numbers of its first token and of the token after its last.
#[derive(Debug, Clone, Copy)]
struct Operand {
    first: usize,
    end: usize,
    /// Whether it is a list, or a part of something.
    is_made: bool,
    /// Whether something is repeated in it.
    is_repeated: bool,
}

/// What stands between two brackets, or in a whole tag.
#[derive(Debug, Default)]
struct Level {
    brackets: Brackets,
    chain: Chain,
    operand: Option<Operand>,
    has_names: bool,
    has_commas: bool,
    has_colons: bool,
}

/// Values with operators between them.
#[derive(Debug, Default)]
struct Chain {
    operands: Vec<Operand>,
    adds: bool,
    joins: bool,
}

/// What brackets are for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Brackets {
    /// Arguments, or none at all.
    #[default]
    Arguments,
    /// A value, or several with commas.
    Group,
    /// A list or a map.
    List,
    /// An element or a part of something.
    Part,
}

/// What the token before leaves to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// A value: an operator may follow.
    Value,
    /// Nothing or an operator between values: a value has to follow, or `not`.
    Nothing,
    /// An operator inside a value: a value has to follow.
    Operator,
    /// What makes a name of the next token, whatever it says.
    Naming,
    /// `is`: a name has to follow, or `not` and a name.
    Is,
    /// `not` after a value: `in` has to follow.
    Not,
}

/// Reads an expression and writes into it.
pub(super) struct Expression<'e, 's> {
    tokens: &'e [Token<'s>],
    inserts: &'e mut Inserts,
    levels: Vec<Level>,
    after: After,
}

impl<'e, 's> Expression<'e, 's> {
    pub(super) fn new(tokens: &'e [Token<'s>], inserts: &'e mut Inserts) -> Self {
        Self { tokens, inserts, levels: vec![Level::default()], after: After::Nothing }
    }

    /// As if a value stood before it.
    pub(super) fn after_value(self) -> Self {
        Self { after: After::Value, ..self }
    }

    /// Finds the values that can grow.
    ///
    /// # Errors
    /// What is not allowed in it.
    pub(super) fn read(mut self) -> Result<(), String> {
        for (number, token) in self.tokens.iter().enumerate() {
            match token.kind {
                Kind::Name => self.name(number, token.text)?,
                Kind::Number | Kind::Text => self.value(number, After::Value),
                Kind::Sign => self.sign(number, token.text)?,
            }
        }
        self.end_chain();
        Ok(())
    }

    fn level(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }

    fn name(&mut self, number: usize, name: &str) -> Result<(), String> {
        if name == "self" && self.after != After::Naming {
            return Err("`self`: blocks are not called by name".to_owned());
        }
        match self.after {
            After::Is => self.value(number, if name == "not" { After::Naming } else { After::Value }),
            After::Value if name == "is" => self.value(number, After::Is),
            After::Value if BETWEEN.contains(&name) => {
                self.end_chain();
                self.after = if name == "not" { After::Not } else { After::Nothing };
            }
            After::Not if name == "in" => self.after = After::Nothing,
            After::Nothing if name == "not" => {}
            After::Nothing | After::Operator | After::Not if name == "is" || BETWEEN.contains(&name) => {
                return Err(format!("`{name}` where a value should stand"));
            }
            After::Not => return Err("`not` without `in`".to_owned()),
            After::Value | After::Nothing | After::Operator | After::Naming => {
                self.value(number, After::Value);
            }
        }
        if let Some(level) = self.level() {
            level.has_names |= !CONSTANTS.contains(&name);
        }
        Ok(())
    }

    /// A token that belongs to a value.
    fn value(&mut self, number: usize, after: After) {
        self.after = after;
        let begun = Operand { first: number, end: number, is_made: false, is_repeated: false };
        if let Some(level) = self.level() {
            level.operand.get_or_insert(begun).end = number + 1;
        }
    }

    fn sign(&mut self, number: usize, sign: &str) -> Result<(), String> {
        let after_value = self.after == After::Value;
        match sign {
            "(" | "[" | "{" => {
                let brackets = match sign {
                    "(" if after_value => Brackets::Arguments,
                    "[" if after_value => Brackets::Part,
                    "(" => Brackets::Group,
                    _ => Brackets::List,
                };
                self.value(number, After::Nothing);
                self.levels.push(Level { brackets, ..Level::default() });
            }
            ")" | "]" | "}" => self.close(number),
            "," | ":" | "==" | "!=" | "<" | ">" | "<=" | ">=" => {
                self.end_chain();
                self.after = After::Nothing;
                if let Some(level) = self.level() {
                    level.has_commas |= sign == ",";
                    level.has_colons |= sign == ":";
                }
            }
            // A name stands before it.
            "=" => {
                self.after = After::Nothing;
                if let Some(level) = self.level() {
                    *level = Level { brackets: level.brackets, ..Level::default() };
                }
            }
            "~" | "+" | "-" if after_value => {
                self.end_operand();
                self.after = After::Operator;
                if let Some(level) = self.level() {
                    level.chain.joins |= sign == "~";
                    level.chain.adds |= sign == "+";
                }
            }
            "-" => self.value(number, After::Operator),
            // Before arguments that are unpacked.
            "*" | "**" if self.after == After::Nothing => {}
            "." | "|" if after_value => self.value(number, After::Naming),
            "*" | "**" | "/" | "//" | "%" if after_value => {
                self.value(number, After::Operator);
                if let Some(operand) = self.level().and_then(|level| level.operand.as_mut()) {
                    operand.is_repeated |= sign == "*";
                }
            }
            _ => return Err(format!("`{sign}` where a value should stand")),
        }
        Ok(())
    }

    fn close(&mut self, number: usize) {
        self.end_chain();
        let Some(inner) = (self.levels.len() > 1).then(|| self.levels.pop()).flatten() else { return };
        self.value(number, After::Value);
        let is_made = match inner.brackets {
            Brackets::Arguments => false,
            Brackets::Group => inner.has_names && inner.has_commas,
            Brackets::List => inner.has_names,
            Brackets::Part => inner.has_colons,
        };
        if let Some(level) = self.level() {
            level.has_names |= inner.has_names;
            if let Some(operand) = level.operand.as_mut() {
                operand.is_made |= is_made;
            }
        }
    }

    fn end_operand(&mut self) {
        if let Some(level) = self.level() {
            let operand = level.operand.take();
            level.chain.operands.extend(operand);
        }
    }

    /// Where values end that are added or joined, or one that is neither.
    fn end_chain(&mut self) {
        self.end_operand();
        let Some(level) = self.levels.last_mut() else { return };
        let Chain { operands, adds, joins } = std::mem::take(&mut level.chain);
        // Numbers are only added to numbers.
        let is_number = |operand: &Operand| self.is_one(operand, Kind::Number);
        let counts = operands.first().is_some_and(is_number)
            || (operands.len() == 2 && operands.iter().any(is_number));
        let name = if joins { WRITTEN } else { BOUNDED };
        let grows = joins || (adds && !counts);
        for operand in &operands {
            let is_constant = self.is_one(operand, Kind::Number) || self.is_one(operand, Kind::Text);
            if (grows && !is_constant) || operand.is_made || operand.is_repeated {
                self.count(operand, name);
            }
        }
    }

    /// Whether a value is one token of a kind.
    fn is_one(&self, operand: &Operand, kind: Kind) -> bool {
        operand.end == operand.first + 1
            && self.tokens.get(operand.first).is_some_and(|token| token.kind == kind)
    }

    fn count(&mut self, operand: &Operand, name: &str) {
        let tokens = self.tokens.get(operand.first..operand.end).unwrap_or_default();
        self.around(tokens, Rank::Operand, name);
        if operand.is_repeated {
            // A text that is written down would be repeated while the template is compiled.
            for texts in tokens.chunk_by(|one, next| (one.kind == Kind::Text) == (next.kind == Kind::Text)) {
                if texts.first().is_some_and(|token| token.kind == Kind::Text) {
                    self.around(texts, Rank::Text, BOUNDED);
                }
            }
        }
    }

    fn around(&mut self, tokens: &[Token<'_>], rank: Rank, name: &str) {
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            self.inserts.around((first.at, last.end()), rank, &format!("{name}("), ")");
        }
    }
}
