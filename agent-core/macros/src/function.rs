//! The function under the attribute.

use quote::ToTokens;
use syn::{
    Attribute, Error, FnArg, Ident, ItemFn, Pat, PatType, Result, ReturnType, Signature, Type, Visibility,
};

use crate::argument::{Argument, bare, documentation};

/// What a parameter of the function is given.
pub(crate) enum Parameter {
    State,
    Context,
    /// A value of this type that the program gives.
    Given(Box<Type>),
    Argument(Box<Argument>),
}

/// The function, read and found fit to be a tool.
pub(crate) struct Function {
    pub(crate) name: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) description: String,
    /// The doc comments, for the struct that takes the function's place.
    pub(crate) docs: Vec<Attribute>,
    /// The type behind the `#[state]` reference.
    pub(crate) state: Option<Type>,
    /// In the order of the function's parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// The function itself, private and without our attributes.
    pub(crate) item: ItemFn,
}

impl Function {
    /// Reads the function; the error says what a tool needs and the function lacks.
    pub(crate) fn read(mut item: ItemFn) -> Result<Self> {
        check_signature(&item.sig)?;
        let description = documentation(&item.attrs);
        if description.is_empty() {
            let message = "a tool needs a doc comment: it is the description the model reads";
            return Err(Error::new(item.sig.ident.span(), message));
        }
        let mut state = None;
        let mut parameters = Vec::new();
        for (index, input) in item.sig.inputs.iter_mut().enumerate() {
            match input {
                FnArg::Receiver(receiver) => {
                    return Err(Error::new_spanned(
                        receiver,
                        "a tool is a free function; mark what it works on `#[state]`",
                    ));
                }
                FnArg::Typed(typed) => parameters.push(read_parameter(typed, index, &mut state)?),
            }
        }
        let (docs, others) = item.attrs.drain(..).partition(|attribute| attribute.path().is_ident("doc"));
        item.attrs = others;
        let visibility = std::mem::replace(&mut item.vis, Visibility::Inherited);
        Ok(Self { name: item.sig.ident.clone(), visibility, description, docs, state, parameters, item })
    }

    /// The arguments the model writes, in order.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Argument(argument) => Some(&**argument),
            Parameter::State | Parameter::Context | Parameter::Given(_) => None,
        })
    }

    /// Whether something of the call's context is among its parameters.
    pub(crate) fn needs_context(&self) -> bool {
        self.parameters.iter().any(|p| matches!(p, Parameter::Context | Parameter::Given(_)))
    }
}

fn check_signature(signature: &Signature) -> Result<()> {
    if signature.asyncness.is_none() {
        return Err(Error::new_spanned(signature.fn_token, "a tool is an async function: `async fn`"));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(&signature.generics, "a tool is not generic: its schema is one"));
    }
    match &signature.output {
        ReturnType::Type(..) => Ok(()),
        ReturnType::Default => Err(Error::new_spanned(&signature.ident, "a tool returns a `ToolResult<…>`")),
    }
}

fn read_parameter(typed: &mut PatType, index: usize, state: &mut Option<Type>) -> Result<Parameter> {
    let attributes = std::mem::take(&mut typed.attrs);
    if let Some(mark) = attributes.iter().find(|attribute| attribute.path().is_ident("state")) {
        if state.is_some() {
            return Err(Error::new_spanned(
                mark,
                "a tool has one `#[state]`; put what it needs into one struct",
            ));
        }
        if index != 0 {
            return Err(Error::new_spanned(mark, "`#[state]` is the first parameter"));
        }
        let Type::Reference(reference) = bare(&typed.ty) else {
            return Err(Error::new_spanned(&typed.ty, "the state is shared between calls: write `&State`"));
        };
        *state = Some(bare(&reference.elem).clone());
        return Ok(Parameter::State);
    }
    if let Some(mark) = attributes.iter().find(|attribute| attribute.path().is_ident("given")) {
        return given(mark, &typed.ty, &attributes);
    }
    if is_context(&typed.ty) {
        return Ok(Parameter::Context);
    }
    let Pat::Ident(name) = &*typed.pat else {
        return Err(Error::new(span_of(&typed.pat), "an argument is a plain name: the model writes it"));
    };
    Argument::read(name.ident.clone(), (*typed.ty).clone(), &attributes)
        .map(|argument| Parameter::Argument(Box::new(argument)))
}

/// Reads a parameter that the program gives.
fn given(mark: &Attribute, ty: &Type, attributes: &[Attribute]) -> Result<Parameter> {
    if let Some(rules) = attributes.iter().find(|attribute| attribute.path().is_ident("arg")) {
        return Err(Error::new_spanned(
            rules,
            "`#[arg(…)]` is for what the model writes; the program gives this",
        ));
    }
    match bare(ty) {
        Type::Reference(reference) if !is_context(ty) => Ok(Parameter::Given(reference.elem.clone())),
        Type::Reference(_) => {
            Err(Error::new_spanned(mark, "every tool has its context: leave `#[given]` out"))
        }
        _ => Err(Error::new_spanned(ty, "what the program gives is shared between calls: write `&Customer`")),
    }
}

fn is_context(ty: &Type) -> bool {
    let Type::Reference(reference) = bare(ty) else { return false };
    matches!(bare(&reference.elem), Type::Path(ty) if ty.path.segments.last().is_some_and(|last| last.ident == "CallContext"))
}

fn span_of(tokens: &impl ToTokens) -> proc_macro2::Span {
    syn::spanned::Spanned::span(tokens)
}
