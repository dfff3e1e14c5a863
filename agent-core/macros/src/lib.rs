//! `#[tool]`: turns a documented async function into a tool.
//!
//! The attribute is re-exported by `handyman-core` and by `handyman`; nobody depends on this crate by
//! name. `attribute`, `function` and `argument` read the source and say what is wrong with it;
//! `expand` writes the code.

mod argument;
mod attribute;
mod expand;
mod function;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Turns a documented async function into a tool of the same name.
///
/// # The attribute
///
/// - `read_only`, `idempotent` or `once`: what running the tool does. Required.
/// - `name = "other_name"`: the name the model calls it by, if not the function's.
/// - `probe = path`: an async function that says whether the effect under a key took place, asked after
///   a crash: `async fn(&State, &IdempotencyKey) -> ToolResult<Probe>`, or with the key alone where the
///   tool has no state.
/// - `undo = path`: an async function that takes the effect back that was made under a key: `async
///   fn(&State, &IdempotencyKey, &CallContext) -> ToolResult<…>`. It has a key of its own in the context.
/// - `plan = path`: an async function with the parameters of the tool that says what a call would do,
///   without doing it. A person is shown it before they allow the call.
/// - `completes = book`, `completes = [book, order]`: the tools whose effect a call of this one
///   completes. When it fails for good, that effect is undone.
/// - `does("unlocked", "解锁")`: what it does, as done in English, and by Chinese verbs of two characters or more. An answer
///   that says so without such a call is corrected, in either language; "unlock it" and 别解锁 are understood as an order
///   and a refusal. The English is known without this where the name and the first word of the description agree on a
///   verb that does not say too little: `unlock_door`, "Unlocks a door". For tools with an effect.
/// - `seconds = 300`: how long a call may take, instead of what the agent's limits say of all tools.
/// - `untrusted`: the results hold what strangers wrote. They inform the model, but license no effect.
///
/// # The function
///
/// It is async, has a doc comment (the description the model reads) and returns a
/// `ToolResult` of something that serialises. Its parameters, in order:
///
/// - `#[state] name: &State`, first, if the tool needs something to work on, which may be a trait object
///   (`&dyn Clock`). The tool is then built with it: `weather(Arc::clone(&state))`.
/// - `&CallContext` anywhere: the run and its session, the idempotency key, the person's date and time; whether the run
///   is being cancelled, how much time is left, and whom to tell how far the call has come.
/// - `#[given] name: &Customer` anywhere: the value of that type that the program has given to its agent or session
///   (`Agent::with`), such as who the person is. The model knows nothing of it. Where none was given, the call fails.
/// - The arguments the model writes: owned values whose types implement `Deserialize` and `JsonSchema`.
///   The doc comment of each is its description. An `Option` may be left out.
///
/// An argument may say more with `#[arg(…)]`:
///
/// - `range = 1..=5`: bounds of a number.
/// - `default = 3`: may be left out, and is this then.
/// - `verbatim`: a text copied from what was said.
/// - `from = search_trains.id`, `from = "search_trains.id"`, `from = ["a.id", "b.id"]`: a text or a whole
///   number that such a result contained. With `verbatim`, a text may be either. `search.id` is what stands
///   under `id` anywhere in a result of `search`, `search.items.id` only the `id` of its `items`.
///
/// The tool is a struct of the function's name. Rust takes that name for the struct wherever it is in scope: a variable
/// cannot have it (`let weather = …`), nor can a parameter of another function.
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, function: TokenStream) -> TokenStream {
    let attribute = parse_macro_input!(attribute as attribute::Attribute);
    let function = parse_macro_input!(function as syn::ItemFn);
    function::Function::read(function)
        .and_then(|function| expand::expand(&attribute, &function))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
