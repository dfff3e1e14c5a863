//! `#[tool]`: turns a documented async function into a tool.

use proc_macro::TokenStream;

/// Turns a documented async function into a tool.
#[proc_macro_attribute]
pub fn tool(_effect: TokenStream, function: TokenStream) -> TokenStream {
    function
}
