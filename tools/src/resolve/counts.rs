//! How many people: `2`, `two people`, `me and my wife`, `两位`, `我一个人`.
//!
//! A number counts only where every word of the text is understood: of half a phrase, a number would be a guess.

mod english;
mod mandarin;

use handyman_core::{ToolError, ToolResult};

use super::text::folded;
use crate::language::is_han;

const PEOPLE_MAX: u32 = 20;
const DOZEN: u32 = 12;

/// What a word says of the number of people.
#[derive(Debug, Clone, Copy)]
enum Token {
    /// A number.
    Number(u32),
    /// A dozen, or as many of them as the number before it says.
    Dozen,
    /// Some of those who come: how many without a number, and how many each of them is.
    Part { alone: Option<u32>, each: u32 },
    /// All who come: `people`, or a group of them.
    All,
    /// Those who come beside the one who speaks: `others`.
    Others,
    /// The one who speaks.
    Me,
    /// The one who speaks, as who asks: `I need`. Whether they come is not said.
    Asker,
    /// What joins people: `and`.
    And,
    /// A comma.
    Pause,
    /// A word that says nothing of it.
    Word,
}

/// How closely something is joined to what is beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Link {
    #[default]
    Loose,
    Comma,
    And,
}

impl Token {
    fn link(self) -> Link {
        match self {
            Self::And => Link::And,
            Self::Pause => Link::Comma,
            Self::Number(_)
            | Self::Dozen
            | Self::Part { .. }
            | Self::All
            | Self::Others
            | Self::Me
            | Self::Asker
            | Self::Word => Link::Loose,
        }
    }
}

/// What has been counted of the words so far.
#[derive(Debug, Default)]
struct Tally {
    /// Numbers of all who come: `four people`.
    wholes: Vec<u32>,
    /// Sum of those who were told apart: `two adults and a child`.
    parts: Option<u32>,
    /// How many times some were told apart.
    kinds: u32,
    /// Whether the one who speaks was named, and how they are joined to the rest.
    me: Option<Link>,
    /// A number that nothing was counted by yet.
    number: Option<u32>,
    /// How many each is of those who were named ahead of their number: `adults: 2`.
    named: Option<u32>,
    /// Whether people were named without a number.
    is_vague: bool,
    has_others: bool,
    has_asker: bool,
    /// How closely a number of all is joined to others: with `and`, it is not of all.
    joined: Link,
    /// What joins what comes next, as long as nobody was named since.
    since: Link,
    /// What stands right before.
    link: Link,
}

impl Tally {
    fn of(tokens: &[Token]) -> Option<u32> {
        if lacks_one(tokens) {
            return None;
        }
        let tokens = without_lead(tokens);
        let mut tally = Self::default();
        for (at, token) in tokens.iter().enumerate() {
            let behind = tokens.get(at + 1).copied().map_or(Link::Loose, Token::link);
            tally.take(*token, behind);
        }
        tally.settle();
        tally.total()
    }

    fn take(&mut self, token: Token, behind: Link) {
        let ahead = std::mem::replace(&mut self.link, token.link());
        match token {
            Token::Number(number) => {
                // Behind the one who speaks and others, a number is of all of them: `me and my friends, 4 people`.
                if self.me.is_none()
                    && let Some(each) = self.named.take()
                {
                    self.add(number, each);
                } else {
                    self.settle();
                    self.number = Some(number);
                }
            }
            Token::Dozen => self.number = Some(self.number.take().unwrap_or(1).saturating_mul(DOZEN)),
            Token::Part { alone, each } => {
                if let Some(number) = self.number.take().or(alone) {
                    self.add(number, each);
                } else {
                    self.settle();
                    self.named = Some(each);
                }
                self.since = Link::Loose;
            }
            Token::All => self.is_vague |= self.number.is_none(),
            Token::Others => self.has_others = true,
            Token::Me => {
                self.settle();
                self.me = self.me.max(Some(ahead.max(behind)));
                self.since = Link::Loose;
            }
            Token::Asker => self.has_asker = true,
            Token::And | Token::Pause => {
                if self.number.is_some() {
                    self.joined = self.joined.max(token.link());
                }
                self.settle();
                self.since = token.link();
            }
            Token::Word => {}
        }
    }

    fn add(&mut self, number: u32, each: u32) {
        let more = number.saturating_mul(each);
        self.parts = Some(self.parts.unwrap_or_default().saturating_add(more));
        self.kinds += 1;
    }

    /// A number that nothing else was counted by is that of all.
    fn settle(&mut self) {
        if let Some(number) = self.number.take() {
            self.wholes.push(number);
            self.joined = self.joined.max(self.since);
            self.since = Link::Loose;
        }
        self.is_vague |= self.named.take().is_some();
    }

    /// The number of all, where the words leave no doubt of it.
    fn total(&self) -> Option<u32> {
        if self.has_others && self.me < Some(Link::Comma) {
            return None;
        }
        match (self.wholes.as_slice(), self.parts, self.me) {
            ([all], None, None | Some(Link::Loose)) => Some(*all),
            ([all], parts, Some(Link::Comma | Link::And)) if self.is_vague && self.is_of_all(*all, parts) => {
                Some(*all)
            }
            _ if self.is_vague => None,
            ([others], None, Some(Link::And)) => Some(others.saturating_add(1)),
            ([all], Some(parts), me) if self.is_told_apart(*all, parts, me) => Some(*all),
            ([], Some(parts), None) if !self.has_asker => Some(parts),
            ([], Some(others), Some(Link::Comma | Link::And)) => Some(others.saturating_add(1)),
            ([], None, Some(Link::Loose | Link::Comma)) => Some(1),
            _ => None,
        }
    }

    /// Whether a number is of all, the one who speaks and those named without a number included.
    fn is_of_all(&self, all: u32, parts: Option<u32>) -> bool {
        self.joined < Link::And && !self.has_others && all > parts.unwrap_or_default().saturating_add(1)
    }

    /// Whether those who were told apart are who the number is of: `4 people, 2 adults and 2 kids`. Of a single kind
    /// they may come along with them: `2 people, 2 children`.
    fn is_told_apart(&self, all: u32, parts: u32, me: Option<Link>) -> bool {
        let me = u32::from(me >= Some(Link::Comma));
        self.joined < Link::And && self.kinds + me > 1 && all == parts.saturating_add(me)
    }
}

/// Whether others are joined to one who is not named: `with my wife`.
fn lacks_one(tokens: &[Token]) -> bool {
    let has_me = tokens.iter().any(|token| matches!(token, Token::Me));
    let has_part = tokens.iter().any(|token| matches!(token, Token::Part { .. }));
    !has_me && matches!(said(tokens), [Token::And, ..]) && (has_part || matches!(tokens, [Token::And, ..]))
}

/// The words without those that only say that the number behind them has the one who speaks in it: `加上我三个人`.
fn without_lead(tokens: &[Token]) -> &[Token] {
    let adds = |token: &Token| matches!(token, Token::And | Token::Part { .. } | Token::Others);
    match said(tokens) {
        [Token::And, Token::Me, rest @ ..] if !rest.iter().any(adds) => rest,
        _ => tokens,
    }
}

/// The words from the first one on that says something.
fn said(tokens: &[Token]) -> &[Token] {
    let at = tokens.iter().position(|token| !matches!(token, Token::Word));
    at.and_then(|at| tokens.get(at..)).unwrap_or_default()
}

/// Reads a number of people.
///
/// # Errors
/// A wrong argument: no number, none, or more than twenty.
pub fn people(parameter: &str, text: &str) -> ToolResult<u32> {
    match count(&folded(text)) {
        Some(number) if (1..=PEOPLE_MAX).contains(&number) => Ok(number),
        Some(number) => {
            let message = format!("{number} people cannot be booked at once; between 1 and {PEOPLE_MAX} can");
            Err(ToolError::argument(parameter, message))
        }
        None => {
            let message = format!("'{text}' is not a number of people; write for example 2, two or 两位");
            Err(ToolError::argument(parameter, message))
        }
    }
}

fn count(text: &str) -> Option<u32> {
    if is_negative(text) {
        return None;
    }
    let tokens = if text.chars().any(is_han) { mandarin::tokens(text) } else { english::tokens(text) };
    Tally::of(&tokens?)
}

/// Whether a sign before a number makes it less than nothing.
fn is_negative(text: &str) -> bool {
    let (mut before, mut is_signed) = (' ', false);
    text.chars().any(|c| {
        let is_negative = is_signed && c.is_ascii_digit();
        is_signed = ['-', '−', '–'].contains(&c) && !before.is_alphanumeric();
        before = c;
        is_negative
    })
}
