//! What in a template could grow without bound is put through functions that count.
//!
//! minijinja joins, repeats, cuts and nests values without asking anyone, and what is joined in a loop can double with
//! every turn. So these places are written anew before a template is compiled: `a ~ b` becomes
//! `__written(a) ~ __written(b)`. The functions give back what they are given, or end the rendering (`meter`).

mod expression;
mod inserts;

use super::tokens::{Block, Kind, Piece, Token};
use expression::Expression;
use inserts::{Inserts, Rank};

/// Counts a value that is added, repeated, cut out, or put together of others.
pub(super) const BOUNDED: &str = "__bounded";
/// Counts a value that is joined as a text.
pub(super) const WRITTEN: &str = "__written";
/// Counts a value that a namespace is to hold.
pub(super) const HELD: &str = "__held";
/// Counts the text of a body that can be run many times.
pub(super) const PASSED: &str = "__passed";

/// All of them; no source may have them.
pub(super) const OWN: [&str; 4] = [BOUNDED, WRITTEN, HELD, PASSED];

/// What nests in one tag; the largest tags of real templates have some 40 names and operators.
const LINKS_MAX: usize = 300;
/// Tests of `elif` in one template, which nest; real ones have some 20.
const ELIFS_MAX: usize = 200;
/// Text of a body that is not worth counting, in bytes.
const TEXT_FREE: usize = 64;

/// The source with its counting functions.
///
/// # Errors
/// What is not allowed in it.
pub(super) fn template(source: &str, pieces: &[Piece<'_>]) -> Result<String, String> {
    let (mut inserts, mut bodies, mut elifs) = (Inserts::default(), Vec::new(), 0);
    for piece in pieces {
        match piece {
            Piece::Text(bytes) => passed(&mut bodies, *bytes),
            Piece::Variable(tokens) => {
                allowed(tokens)?;
                Expression::new(tokens, &mut inserts).read()?;
            }
            Piece::Block(block) => {
                allowed(&block.tokens)?;
                body(block, &mut bodies, &mut inserts);
                elifs += usize::from(block.tokens.first().is_some_and(|token| token.is_name("elif")));
                statement(block, &mut inserts)?;
            }
        }
    }
    if elifs > ELIFS_MAX {
        return Err(format!("more than {ELIFS_MAX} times `elif`"));
    }
    Ok(inserts.into(source))
}

/// An expression with its counting functions.
///
/// # Errors
/// As [`template`].
pub(super) fn expression(source: &str, tokens: &[Token<'_>]) -> Result<String, String> {
    allowed(tokens)?;
    let mut inserts = Inserts::default();
    Expression::new(tokens, &mut inserts).read()?;
    Ok(inserts.into(source))
}

/// Whether a tag is no deeper than it may be, and names nothing that counts.
fn allowed(tokens: &[Token<'_>]) -> Result<(), String> {
    let links = tokens.iter().filter(|token| match token.kind {
        Kind::Name => true,
        Kind::Sign => !matches!(token.text, "," | ":" | "=" | ")" | "]" | "}"),
        Kind::Number | Kind::Text => false,
    });
    if links.count() > LINKS_MAX {
        return Err(format!("more than {LINKS_MAX} names and operators in one tag"));
    }
    let own = tokens.iter().find(|token| token.kind == Kind::Name && OWN.contains(&token.text));
    own.map_or(Ok(()), |own| Err(format!("`{}` is a name of the engine's own", own.text)))
}

/// What can be run many times: where it begins, the sign that says what becomes of the blanks there, and its text in
/// bytes.
type Body<'s> = (usize, &'s str, usize);

fn passed(bodies: &mut [Body<'_>], bytes: usize) {
    if let Some((_, _, text)) = bodies.last_mut() {
        *text += bytes;
    }
}

/// Where a tag ends what can be run many times, its text is counted each time that it is.
fn body<'s>(block: &Block<'s>, bodies: &mut Vec<Body<'s>>, inserts: &mut Inserts) {
    match block.tokens.first().map_or("", |token| token.text) {
        "for" | "macro" | "call" | "block" => bodies.push((block.end, block.blanks, 0)),
        "endfor" | "endmacro" | "endcall" | "endblock" => {
            let Some((begins, blanks, text)) = bodies.pop() else { return };
            if text > TEXT_FREE {
                inserts.at(begins, Rank::Body, format!("{{% do {PASSED}({text}) {blanks}%}}"));
            }
            passed(bodies, text);
        }
        _ => {}
    }
}

/// The expressions of a tag that says what to do.
fn statement(block: &Block<'_>, inserts: &mut Inserts) -> Result<(), String> {
    let Some((first, tokens)) = block.tokens.split_first() else { return Ok(()) };
    match first.text {
        "include" | "import" | "from" | "extends" => {
            Err(format!("`{}`: there are no other templates", first.text))
        }
        "for" => {
            let targets = tokens.iter().position(|token| token.is_name("in")).map_or(0, |at| at + 1);
            let values = tokens.get(targets..).unwrap_or_default();
            let values = values
                .split_last()
                .filter(|(last, _)| last.is_name("recursive"))
                .map_or(values, |(_, rest)| rest);
            Expression::new(values, inserts).read()
        }
        "set" => {
            let Some(sign) = assignment(tokens) else { return Expression::new(tokens, inserts).read() };
            let (targets, value) = (&tokens[..sign], &tokens[sign + 1..]);
            if let (true, Some(first), Some(last)) =
                (targets.iter().any(|token| token.is(".")), value.first(), value.last())
            {
                // Several values with commas are a list.
                inserts.around((first.at, last.end()), Rank::Held, &format!("{HELD}(("), "))");
            }
            Expression::new(value, inserts).read()
        }
        // Parameters follow at once.
        "call" => Expression::new(tokens, inserts).after_value().read(),
        _ => Expression::new(tokens, inserts).read(),
    }
}

/// Where the sign stands that assigns a value.
fn assignment(tokens: &[Token<'_>]) -> Option<usize> {
    let mut open = 0_usize;
    tokens.iter().position(|token| {
        match token.text {
            "(" | "[" | "{" => open += 1,
            ")" | "]" | "}" => open = open.saturating_sub(1),
            _ => {}
        }
        open == 0 && token.is("=")
    })
}

#[cfg(test)]
mod tests;
