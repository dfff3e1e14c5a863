//! Whose secret is whose: variables name a document and one of its security schemes.
//!
//! Schemes are called `bearerAuth` and `apiKey` everywhere, so that their name alone says too little as soon as two
//! documents are there.

use std::collections::BTreeMap;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};

use super::Document;

/// What the variables begin with.
pub const VARIABLE: &str = "HANDYMAN_OPENAPI_";

/// A variable that one document takes a secret from.
struct Taken<'a> {
    document: usize,
    scheme: &'a str,
    /// The variable, and the one that would name the document too.
    variable: String,
    full: String,
}

/// The secrets of each of these documents, which are given with their names: `HANDYMAN_OPENAPI_<name>_<scheme>`, or
/// `HANDYMAN_OPENAPI_<scheme>` where only one document has such a scheme. What is no letter, digit or `_` counts as `_`.
///
/// # Errors
/// Of kind `Refused`, with the variables to set instead, if it is open which document a secret is for.
pub fn credentials(
    documents: &[(&str, &Document)],
    variables: &BTreeMap<String, String>,
) -> ToolResult<Vec<BTreeMap<String, String>>> {
    let mut taken: Vec<Taken<'_>> = Vec::new();
    for (index, (name, document)) in documents.iter().enumerate() {
        for scheme in document.schemes() {
            let full = format!("{VARIABLE}{}_{}", plain(name), plain(scheme));
            let short = format!("{VARIABLE}{}", plain(scheme));
            let set = [&full, &short].into_iter().find(|variable| variables.contains_key(*variable));
            if let Some(variable) = set.cloned() {
                taken.push(Taken { document: index, scheme, variable, full });
            }
        }
    }
    let mut secrets = vec![BTreeMap::new(); documents.len()];
    for (place, one) in taken.iter().enumerate() {
        let others = documents.iter().enumerate().filter(|(index, _)| *index != one.document);
        let mut rivals: Vec<String> = taken
            .iter()
            .enumerate()
            .filter(|(index, other)| {
                *index != place && other.document != one.document && other.variable == one.variable
            })
            .map(|(_, other)| other.full.clone())
            .collect();
        if one.variable != one.full {
            let having = others.filter(|(_, (_, document))| {
                document.schemes().any(|scheme| plain(scheme) == plain(one.scheme))
            });
            let named =
                having.map(|(_, (name, _))| format!("{VARIABLE}{}_{}", plain(name), plain(one.scheme)));
            rivals.extend(named);
        }
        if let Some(rival) = rivals.first() {
            return Err(ambiguous(one, rival));
        }
        if let (Some(secret), Some(of)) = (variables.get(&one.variable), secrets.get_mut(one.document)) {
            of.insert(one.scheme.to_owned(), secret.clone());
        }
    }
    Ok(secrets)
}

fn ambiguous(one: &Taken<'_>, rival: &str) -> ToolError {
    let variable = &one.variable;
    let message = if one.full == *rival {
        format!(
            "{variable} would be the secret of two OpenAPI documents that have the same name; give one of the files \
             another name"
        )
    } else if one.full == *variable {
        format!("{variable} would be the secret of two OpenAPI documents; set {rival} too, for the other one")
    } else {
        format!(
            "{variable} would be the secret of two OpenAPI documents; set {} or {rival} in its place, or both",
            one.full
        )
    };
    ToolError::new(ToolErrorKind::Refused, message)
}

/// A name as it stands in a variable's.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
