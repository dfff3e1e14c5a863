//! What stands in the parentheses of `#[tool(…)]`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, ExprPath, Ident, Lit, LitStr, Meta, Path, Result, Token};

const SAY_EFFECT: &str = "say what running the tool does: `#[tool(read_only)]` changes nothing, \
    `#[tool(idempotent)]` may run again under the same key, `#[tool(once)]` must never run twice";

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
}

impl Parse for Attribute {
    fn parse(input: ParseStream) -> Result<Self> {
        let (mut effect, mut name, mut probe) = (None, None, None);
        for item in Punctuated::<Meta, Token![,]>::parse_terminated(input)? {
            let key = item.path().require_ident()?.clone();
            match (&item, Effect::of(&key)) {
                (Meta::Path(_), Some(_)) if effect.is_some() => {
                    return Err(Error::new(key.span(), "a tool has one effect"));
                }
                (Meta::Path(_), Some(known)) => effect = Some(known),
                (Meta::NameValue(pair), _) if key == "name" => name = Some(tool_name(&pair.value)?),
                (Meta::NameValue(pair), _) if key == "probe" => probe = Some(function_path(&pair.value)?),
                _ => {
                    let message =
                        "expected `read_only`, `idempotent`, `once`, `name = \"…\"` or `probe = path`";
                    return Err(Error::new_spanned(item, message));
                }
            }
        }
        let effect = effect.ok_or_else(|| Error::new(Span::call_site(), SAY_EFFECT))?;
        match (&probe, effect) {
            (Some(probe), Effect::ReadOnly) => Err(Error::new_spanned(
                probe,
                "a read-only tool runs again after a crash; `probe` is for `once` and `idempotent`",
            )),
            _ => Ok(Self { effect, name, probe }),
        }
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

fn function_path(value: &Expr) -> Result<Path> {
    match value {
        Expr::Path(ExprPath { path, .. }) => Ok(path.clone()),
        _ => Err(Error::new_spanned(value, "`probe` is the path of an async function")),
    }
}
