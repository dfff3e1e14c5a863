//! Kinds of cooking: `Sichuan`, `川菜`, `sushi`, `spicy food`.

use handyman_core::{ToolError, ToolResult};

use super::text::key;
use crate::atlas::{Atlas, Cuisine};

const SUFFIXES: [&str; 10] =
    ["restaurants", "restaurant", "cuisine", "food", "place", "dishes", "餐厅", "餐馆", "饭店", "馆子"];

/// The kind of cooking that a text names.
///
/// # Errors
/// A wrong argument that lists some of the known kinds.
pub fn cuisine(parameter: &str, text: &str) -> ToolResult<&'static Cuisine> {
    let wanted = SUFFIXES.iter().fold(key(text), |wanted, suffix| {
        wanted.strip_suffix(suffix).filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(wanted)
    });
    let cuisines = &Atlas::get().cuisines;
    let exact = cuisines.iter().find(|cuisine| names(cuisine).any(|name| name == wanted));
    let inside = || {
        cuisines.iter().find(|cuisine| names(cuisine).any(|name| wanted.contains(&name) && is_telling(&name)))
    };
    exact.or_else(inside).ok_or_else(|| {
        let known: Vec<&str> = cuisines.iter().map(|cuisine| cuisine.en.as_str()).collect();
        let message = format!("unknown cuisine '{text}'; known are {}", known.join(", "));
        ToolError::argument(parameter, message)
    })
}

fn names(cuisine: &Cuisine) -> impl Iterator<Item = String> {
    [cuisine.en.as_str(), cuisine.zh.as_str()].into_iter().chain(cuisine.aliases.split(';')).map(key)
}

/// One letter or one Chinese character says too little to be found inside other words.
fn is_telling(name: &str) -> bool {
    name.chars().count() > 1 && name.len() > 3
}
