//! What stands in the parentheses of `#[tool(…)]`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, ExprPath, Ident, Lit, LitStr, Meta, Path, Result, Token};

const SAY_EFFECT: &str = "say what running the tool does: `#[tool(read_only)]` changes nothing, \
    `#[tool(idempotent)]` may run again under the same key, `#[tool(once)]` must never run twice";

const DOES_NOTHING: &str =
    "a read-only tool does nothing that an answer could claim; `does` is for `once` and `idempotent`";

const SAY_DOES: &str =
    "say what it does as done, in English, and by Chinese verbs: `does(\"unlocked\", \"解锁\")`";

/// What running the tool does.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Effect {
    ReadOnly,
    Idempotent,
    Once,
}

impl Effect {
    fn of(word: &Ident) -> Option<Self> {
        match word.to_string().as_str() {
            "read_only" => Some(Self::ReadOnly),
            "idempotent" => Some(Self::Idempotent),
            "once" => Some(Self::Once),
            _ => None,
        }
    }
}

/// The attribute's content.
pub(crate) struct Attribute {
    pub(crate) effect: Effect,
    pub(crate) name: Option<LitStr>,
    pub(crate) probe: Option<Path>,
    pub(crate) undo: Option<Path>,
    pub(crate) plan: Option<Path>,
    /// Its results hold what strangers wrote.
    pub(crate) untrusted: bool,
    /// Names of the tools whose effect it completes.
    pub(crate) completes: Vec<String>,
    /// What it does, as done, in English and Chinese words.
    pub(crate) does: Vec<LitStr>,
    /// Seconds that a call of it may take.
    pub(crate) seconds: Option<u64>,
}

impl Parse for Attribute {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut effect = None;
        let mut read = Self {
            effect: Effect::ReadOnly,
            name: None,
            probe: None,
            undo: None,
            plan: None,
            untrusted: false,
            completes: Vec::new(),
            does: Vec::new(),
            seconds: None,
        };
        for item in Punctuated::<Meta, Token![,]>::parse_terminated(input)? {
            let key = item.path().require_ident()?.clone();
            match (&item, Effect::of(&key)) {
                (Meta::Path(_), Some(_)) if effect.is_some() => {
                    return Err(Error::new(key.span(), "a tool has one effect"));
                }
                (Meta::Path(_), Some(known)) => effect = Some(known),
                _ => read.rule(&item, &key)?,
            }
        }
        read.effect = effect.ok_or_else(|| Error::new(Span::call_site(), SAY_EFFECT))?;
        let of_effects = [
            (
                &read.probe,
                "a read-only tool runs again after a crash; `probe` is for `once` and `idempotent`",
            ),
            (
                &read.undo,
                "a read-only tool has no effect to take back; `undo` is for `once` and `idempotent`",
            ),
            (&read.plan, "a read-only tool may simply run; `plan` is for `once` and `idempotent`"),
        ];
        let misplaced =
            of_effects.iter().find_map(|(path, why)| path.as_ref().map(|path| Error::new_spanned(path, why)));
        match misplaced.or_else(|| read.does.first().map(|word| Error::new_spanned(word, DOES_NOTHING))) {
            Some(error) if read.effect == Effect::ReadOnly => Err(error),
            Some(_) | None => Ok(read),
        }
    }
}

impl Attribute {
    /// Reads one item that is not the effect.
    fn rule(&mut self, item: &Meta, key: &Ident) -> Result<()> {
        match item {
            Meta::Path(_) if key == "untrusted" => self.untrusted = true,
            Meta::NameValue(pair) if key == "name" => self.name = Some(tool_name(&pair.value)?),
            Meta::NameValue(pair) if key == "probe" => {
                self.probe = Some(function_path(&pair.value, "probe")?);
            }
            Meta::NameValue(pair) if key == "undo" => self.undo = Some(function_path(&pair.value, "undo")?),
            Meta::NameValue(pair) if key == "plan" => self.plan = Some(function_path(&pair.value, "plan")?),
            Meta::NameValue(pair) if key == "completes" => self.completes = tool_names(&pair.value)?,
            Meta::NameValue(pair) if key == "seconds" => self.seconds = Some(seconds(&pair.value)?),
            Meta::List(list) if key == "does" => {
                let words = list.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated)?;
                self.does = words.into_iter().map(done_word).collect::<Result<_>>()?;
                if self.does.is_empty() {
                    return Err(Error::new_spanned(list, SAY_DOES));
                }
            }
            Meta::Path(_) | Meta::List(_) | Meta::NameValue(_) => {
                let message = "expected `read_only`, `idempotent`, `once`, `name = \"…\"`, `probe = path`, \
                    `undo = path`, `plan = path`, `completes = tool`, `does(\"unlocked\")`, `seconds = 300` or `untrusted`";
                return Err(Error::new_spanned(item, message));
            }
        }
        Ok(())
    }
}

/// One tool or a list of them, by name.
fn tool_names(value: &Expr) -> Result<Vec<String>> {
    match value {
        Expr::Array(array) => array.elems.iter().map(named_tool).collect(),
        one => Ok(vec![named_tool(one)?]),
    }
}

fn named_tool(value: &Expr) -> Result<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => Ok(name.value()),
        Expr::Path(ExprPath { path, .. }) => Ok(path.require_ident()?.to_string()),
        _ => Err(Error::new_spanned(value, "expected the name of a tool: `completes = book`")),
    }
}

/// How long a call may take.
fn seconds(value: &Expr) -> Result<u64> {
    let written = match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    };
    let why = "the seconds that a call may take are a whole number from 1 on: `seconds = 300`";
    written.filter(|seconds| *seconds > 0).ok_or_else(|| Error::new_spanned(value, why))
}

/// A word for what a tool does.
fn done_word(word: LitStr) -> Result<LitStr> {
    let text = word.value();
    match text.trim() {
        "" => Err(Error::new_spanned(word, SAY_DOES)),
        text if !text.is_ascii() && text.chars().count() < 2 => Err(Error::new_spanned(
            word,
            "a verb of one character is a part of many other words; write a longer one",
        )),
        _ => Ok(word),
    }
}

fn tool_name(value: &Expr) -> Result<LitStr> {
    let Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) = value else {
        return Err(Error::new_spanned(value, "the name is a string literal: `name = \"other_name\"`"));
    };
    let text = name.value();
    let fits = (1..=64).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if fits {
        Ok(name.clone())
    } else {
        Err(Error::new_spanned(name, "a tool's name is 1 to 64 ASCII letters, digits, `_` or `-`"))
    }
}

fn function_path(value: &Expr, what: &str) -> Result<Path> {
    match value {
        Expr::Path(ExprPath { path, .. }) => Ok(path.clone()),
        _ => Err(Error::new_spanned(value, format!("`{what}` is the path of an async function"))),
    }
}
