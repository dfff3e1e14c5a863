//! One argument: its type, its description, and what `#[arg(…)]` says of it.

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Expr, ExprField, ExprLit, ExprRange, Ident, Lit, Member, Meta, RangeLimits, Result,
    Token, Type,
};

/// An argument the model writes.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) description: String,
    pub(crate) rules: Rules,
}

/// What `#[arg(…)]` says.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) range: Option<ExprRange>,
    pub(crate) default: Option<Expr>,
    pub(crate) verbatim: bool,
    pub(crate) from: Vec<String>,
}

impl Argument {
    /// Reads a parameter; its attributes are all consumed.
    pub(crate) fn read(name: Ident, ty: Type, attributes: &[Attribute]) -> Result<Self> {
        if let Type::Reference(reference) = bare(&ty) {
            let message = "an argument is an owned value (`String`, not `&str`); \
                a reference is the call's context (`&CallContext`) or marked `#[state]` or `#[given]`";
            return Err(Error::new_spanned(reference, message));
        }
        let mut rules = Rules::default();
        for attribute in attributes {
            if attribute.path().is_ident("arg") {
                rules.read(attribute)?;
            } else if !attribute.path().is_ident("doc") {
                let message = "a parameter may have a doc comment, `#[arg(…)]`, `#[state]` or `#[given]`";
                return Err(Error::new_spanned(attribute, message));
            }
        }
        let argument = Self { name, ty, description: documentation(attributes), rules };
        match &argument.rules.default {
            Some(default) if argument.is_option() => {
                let message =
                    "an `Option` may already be left out; with a default, write the type without it";
                Err(Error::new_spanned(default, message))
            }
            _ => Ok(argument),
        }
    }

    /// Whether the model may leave it out.
    pub(crate) fn is_optional(&self) -> bool {
        self.rules.default.is_some() || self.is_option()
    }

    fn is_option(&self) -> bool {
        matches!(bare(&self.ty), Type::Path(ty) if ty.path.segments.last().is_some_and(|last| last.ident == "Option"))
    }
}

impl Rules {
    fn read(&mut self, attribute: &Attribute) -> Result<()> {
        let items = Punctuated::<Meta, Token![,]>::parse_terminated;
        for item in items.parse2(attribute.meta.require_list()?.tokens.clone())? {
            let key = item.path().require_ident()?.to_string();
            match (&item, key.as_str()) {
                (Meta::Path(_), "verbatim") => self.verbatim = true,
                (Meta::NameValue(pair), "range") => self.range = Some(range(&pair.value)?),
                (Meta::NameValue(pair), "default") => self.default = Some(pair.value.clone()),
                (Meta::NameValue(pair), "from") => self.from = sources(&pair.value)?,
                _ => {
                    let message =
                        "expected `verbatim`, `from = tool.field`, `range = 1..=5` or `default = value`";
                    return Err(Error::new_spanned(item, message));
                }
            }
        }
        Ok(())
    }
}

/// The type itself: a macro's `$ty` stands in a group of its own, and a trait object in parentheses.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

fn range(value: &Expr) -> Result<ExprRange> {
    match value {
        Expr::Range(range) if range.end.is_some() && matches!(range.limits, RangeLimits::HalfOpen(_)) => {
            Err(Error::new_spanned(range, "the model is told the last value: write the range with `..=`"))
        }
        Expr::Range(range) if range.start.is_some() || range.end.is_some() => Ok(range.clone()),
        _ => Err(Error::new_spanned(value, "expected a range: `1..=5`, `1..` or `..=5`")),
    }
}

fn sources(value: &Expr) -> Result<Vec<String>> {
    match value {
        Expr::Array(array) => array.elems.iter().map(source).collect(),
        one => Ok(vec![source(one)?]),
    }
}

fn source(value: &Expr) -> Result<String> {
    let text = match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Field(field) => field_path(field),
        _ => None,
    };
    text.filter(|text| text.split('.').count() >= 2 && text.split('.').all(|name| !name.is_empty()))
        .ok_or_else(|| {
            let message =
                "expected a tool and a field of its result: `search_trains.id` or `\"search_trains.id\"`";
            Error::new_spanned(value, message)
        })
}

fn field_path(field: &ExprField) -> Option<String> {
    let base = match &*field.base {
        Expr::Path(tool) => tool.path.get_ident()?.to_string(),
        Expr::Field(inner) => field_path(inner)?,
        _ => return None,
    };
    match &field.member {
        Member::Named(name) => Some(format!("{base}.{name}")),
        Member::Unnamed(_) => None,
    }
}

/// The text of the doc comments: lines joined by spaces, blank ones left out.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta.require_name_value().ok()?.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        })
        .collect();
    let words: Vec<&str> =
        lines.iter().flat_map(|line| line.lines()).map(str::trim).filter(|l| !l.is_empty()).collect();
    words.join(" ")
}
