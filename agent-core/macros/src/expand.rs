//! The code a tool becomes: a struct of the function's name that implements `Tool`.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Lit, Path, Result, Type};

use crate::argument::Argument;
use crate::attribute::{Attribute, Effect};
use crate::function::{Function, Parameter};

/// Writes the tool.
pub(crate) fn expand(attribute: &Attribute, function: &Function) -> Result<TokenStream> {
    let core = core_path()?;
    let declaration = declaration(function);
    let spec = spec(&core, attribute, function);
    let call = call(&core, function);
    let probe = attribute.probe.as_ref().map(|probe| {
        let state = state(function);
        quote! {
            async fn probe(&self, key: &#core::IdempotencyKey) -> #core::ToolResult<#core::Probe> {
                #probe(#state key).await
            }
        }
    });
    let undo = attribute.undo.as_ref().map(|undo| {
        let state = state(function);
        quote! {
            async fn undo(
                &self,
                undone: &#core::IdempotencyKey,
                context: &#core::CallContext,
            ) -> #core::ToolResult<#core::__private::serde_json::Value> {
                #core::__private::result(#undo(#state undone, context).await)
            }
        }
    });
    let plan = attribute.plan.as_ref().map(|plan| plan_of(&core, function, plan));
    let (name, item) = (&function.name, &function.item);
    Ok(quote! {
        #declaration

        const _: () = {
            #[allow(
                clippy::needless_pass_by_value,
                clippy::too_many_arguments,
                clippy::trivially_copy_pass_by_ref,
                clippy::unused_async,
                reason = "the parameters are the model's and every tool is async"
            )]
            #item

            #[#core::__private::async_trait]
            impl #core::Tool for #name {
                #spec
                #call
                #probe
                #undo
                #plan
            }
        };
    })
}

/// The state as the first argument of a companion function.
fn state(function: &Function) -> Option<TokenStream> {
    function.state.as_ref().map(|_| quote!(&*self.0,))
}

/// The struct that takes the function's name and place.
fn declaration(function: &Function) -> TokenStream {
    let Function { name, visibility, docs, state, .. } = function;
    let silence = quote! {
        #[allow(non_camel_case_types, reason = "a tool keeps the name of its function")]
    };
    match state {
        None => quote! {
            #(#docs)*
            #silence
            #[derive(Debug, Clone, Copy)]
            #visibility struct #name;
        },
        Some(state) => quote! {
            #(#docs)*
            #silence
            #[derive(Clone)]
            #visibility struct #name(#visibility ::std::sync::Arc<#state>);

            impl ::core::fmt::Debug for #name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(::core::stringify!(#name))
                }
            }
        },
    }
}

fn spec(core: &TokenStream, attribute: &Attribute, function: &Function) -> TokenStream {
    let name = match &attribute.name {
        Some(name) => name.value(),
        None => function.name.unraw().to_string(),
    };
    let description = &function.description;
    let arguments = function.arguments().map(|argument| declared(core, argument));
    let effect = match attribute.effect {
        Effect::ReadOnly => format_ident!("ReadOnly"),
        Effect::Idempotent => format_ident!("Idempotent"),
        Effect::Once => format_ident!("Once"),
    };
    let (probe, undo) = (attribute.probe.is_some(), attribute.undo.is_some());
    let Attribute { untrusted, completes, does, .. } = attribute;
    let time = attribute.seconds.map(
        |seconds| quote!(time: ::core::option::Option::Some(::core::time::Duration::from_secs(#seconds)),),
    );
    quote! {
        fn spec(&self) -> &#core::ToolSpec {
            static SPEC: ::std::sync::LazyLock<#core::ToolSpec> = ::std::sync::LazyLock::new(|| #core::ToolSpec {
                name: #name.to_owned(),
                description: #description.to_owned(),
                parameters: #core::schema::Parameters::new()#(#arguments)*.finish(),
                effect: #core::Effect::#effect,
                safety: #core::Safety {
                    probe: #probe,
                    undo: #undo,
                    untrusted: #untrusted,
                    completes: ::std::vec![#(#completes.to_owned()),*],
                    does: ::std::vec![#(#does.to_owned()),*],
                    #time
                    ..#core::Safety::default()
                },
            });
            &SPEC
        }
    }
}

/// The builder call that adds one argument to the schema. The spans are the type's, so that a rule the
/// type does not allow is reported there.
fn declared(core: &TokenStream, argument: &Argument) -> TokenStream {
    let Argument { ty, description, rules, .. } = argument;
    let name = argument.name.unraw().to_string();
    let mut chain = quote!(#core::schema::Rules::new());
    if let Some(range) = &rules.range {
        chain.extend(quote_spanned!(ty.span()=> .range::<#ty>(#range)));
    }
    if let Some(default) = &rules.default {
        let default = default_value(default);
        chain.extend(quote_spanned!(ty.span()=> .default_value::<#ty>(#default)));
    }
    if rules.verbatim {
        chain.extend(quote_spanned!(ty.span()=> .verbatim::<#ty>()));
    }
    if !rules.from.is_empty() {
        let from = &rules.from;
        chain.extend(quote_spanned!(ty.span()=> .from::<#ty>(&[#(#from),*])));
    }
    let method = if argument.is_optional() { quote!(optional) } else { quote!(required) };
    quote_spanned!(ty.span()=> .#method::<#ty>(#name, #description, #chain))
}

fn call(core: &TokenStream, function: &Function) -> TokenStream {
    let name = &function.item.sig.ident;
    let output = function.item.sig.output.span();
    let given = given(core, function);
    let awaited = quote_spanned!(output=> #core::__private::result(#name(#(#given),*).await));
    let parameters = parameters(core, function);
    quote! {
        async fn call(&self, #parameters) -> #core::ToolResult<#core::__private::serde_json::Value> {
            #awaited
        }
    }
}

/// The companion that says what a call would do; it has the parameters of the tool itself.
fn plan_of(core: &TokenStream, function: &Function, plan: &Path) -> TokenStream {
    let given = given(core, function);
    let parameters = parameters(core, function);
    quote! {
        async fn plan(
            &self,
            #parameters
        ) -> #core::ToolResult<::core::option::Option<#core::__private::serde_json::Value>> {
            #core::__private::result(#plan(#(#given),*).await).map(::core::option::Option::Some)
        }
    }
}

/// What each parameter of the function is given.
fn given<'a>(core: &'a TokenStream, function: &'a Function) -> impl Iterator<Item = TokenStream> + 'a {
    function.parameters.iter().map(move |parameter| match parameter {
        // Of a trait object, the pointer is none itself.
        Parameter::State => quote!(&*self.0),
        Parameter::Context => quote!(context),
        Parameter::Given(ty) => {
            quote_spanned!(place(ty)=> #core::__private::given::<#ty>(context)?)
        }
        Parameter::Argument(argument) => taken(core, argument),
    })
}

/// The parameters of the trait's methods that are given arguments; unused ones say so.
fn parameters(core: &TokenStream, function: &Function) -> TokenStream {
    let arguments =
        if function.arguments().next().is_some() { quote!(mut arguments) } else { quote!(_arguments) };
    let context = if function.needs_context() { quote!(context) } else { quote!(_context) };
    quote! {
        #arguments: #core::__private::serde_json::Map<::std::string::String, #core::__private::serde_json::Value>,
        #context: &#core::CallContext,
    }
}

/// Where a type stands, for names of ours: a type that is given to a macro knows none of them.
fn place(ty: &Type) -> Span {
    ty.span().resolved_at(Span::call_site())
}

fn taken(core: &TokenStream, argument: &Argument) -> TokenStream {
    let name = argument.name.unraw().to_string();
    let span = place(&argument.ty);
    if let Some(default) = &argument.rules.default {
        let default = default_value(default);
        quote_spanned!(span=> #core::__private::argument_or(&mut arguments, #name, || #default)?)
    } else {
        quote_spanned!(span=> #core::__private::argument(&mut arguments, #name)?)
    }
}

/// The default as written, a string literal turned into the owned text the argument is.
fn default_value(default: &Expr) -> TokenStream {
    match default {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => quote!(::core::convert::Into::into(#text)),
        other => quote!(#other),
    }
}

/// The path of `handyman-core` from the crate that uses the attribute: its own dependency, or the one
/// `handyman` re-exports.
fn core_path() -> Result<TokenStream> {
    if let Ok(found) = crate_name("handyman-core") {
        let name = match found {
            FoundCrate::Itself => format_ident!("handyman_core"),
            FoundCrate::Name(name) => format_ident!("{name}"),
        };
        return Ok(quote!(::#name));
    }
    match crate_name("handyman") {
        Ok(FoundCrate::Itself) => Ok(quote!(::handyman::core)),
        Ok(FoundCrate::Name(name)) => {
            let name = format_ident!("{name}");
            Ok(quote!(::#name::core))
        }
        Err(_) => {
            let message = "`#[tool]` needs `handyman` or `handyman-core` among the dependencies";
            Err(Error::new(Span::call_site(), message))
        }
    }
}
