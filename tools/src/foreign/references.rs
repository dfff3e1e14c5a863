//! References into a schema, as references to its definitions.

use serde_json::{Map, Value};

use super::schema::respelled;

/// Where definitions stand: in 2020-12, in earlier drafts, and in OpenAPI, whose documents' definitions are put
/// into the schema.
const SECTIONS: [(&str, &str); 3] =
    [("/$defs/", "/$defs/"), ("/definitions/", "/definitions/"), ("/components/schemas/", "/$defs/")];

/// The references of a schema, and the places in it that become definitions because something refers to them.
pub(super) struct References<'s> {
    root: &'s Value,
    /// Places as pointers, and the names of their definitions.
    moved: Vec<(String, String)>,
}

impl<'s> References<'s> {
    pub(super) fn new(root: &'s Value) -> Self {
        Self { root, moved: Vec::new() }
    }

    /// The reference as one to a definition. What leads nowhere, or out of the schema, stays as it is.
    pub(super) fn respelled(&mut self, target: &str) -> String {
        let Some(fragment) = target.strip_prefix('#') else { return target.to_owned() };
        let pointer = decoded(fragment);
        if let Some(name) = self.definition(&pointer).filter(|_| pointer == fragment) {
            return format!("#/$defs/{name}");
        }
        let place = self.place(&pointer);
        if self.root.pointer(&place).is_none_or(|schema| !schema.is_object() && !schema.is_boolean()) {
            return target.to_owned();
        }
        let known = self.moved.iter().find(|(known, _)| *known == place).map(|(_, name)| name.clone());
        let name = known.unwrap_or_else(|| {
            let name = self.fresh(&place);
            self.moved.push((place, name.clone()));
            name
        });
        format!("#/$defs/{name}")
    }

    /// The definitions that places have become, which may refer to further places.
    pub(super) fn definitions(mut self) -> Map<String, Value> {
        let mut definitions = Map::new();
        while let Some((place, name)) = self.moved.get(definitions.len()).cloned() {
            let root = self.root;
            let mut schema =
                root.pointer(&place).map_or(Value::Bool(true), |schema| respelled(schema, &mut self));
            if let (true, Value::Object(keywords)) = (place.is_empty(), &mut schema) {
                // The whole has its definitions already.
                keywords.shift_remove("$defs");
            }
            definitions.insert(name, schema);
        }
        definitions
    }

    /// The name of the definition that a pointer leads to, if that keeps its name.
    fn definition<'p>(&self, pointer: &'p str) -> Option<&'p str> {
        let (name, place) = SECTIONS.iter().find_map(|(section, place)| {
            pointer.strip_prefix(section).filter(|name| !name.contains(['/', '~'])).zip(Some(place))
        })?;
        let is_kept = *place == "/$defs/" || self.root.pointer(&format!("/$defs/{name}")).is_none();
        // Where it leads nowhere, that is told of the name.
        is_kept.then_some(name)
    }

    /// Where a pointer leads in this schema.
    fn place(&self, pointer: &str) -> String {
        let section = SECTIONS.iter().find(|(section, _)| pointer.starts_with(section));
        match section {
            Some((section, place)) if self.root.pointer(pointer).is_none() => {
                pointer.replacen(section, place, 1)
            }
            Some(_) | None => pointer.to_owned(),
        }
    }

    /// A name that no definition has.
    fn fresh(&self, place: &str) -> String {
        let last = place.rsplit('/').next().filter(|last| !last.is_empty());
        let name = super::name(last.unwrap_or("whole"));
        let is_taken = |name: &str| {
            let defined =
                ["$defs", "definitions"].iter().any(|section| self.root[*section].get(name).is_some());
            defined || self.moved.iter().any(|(_, known)| known == name)
        };
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or(name)
    }
}

/// A fragment of an address without its `%` escapes.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = after.get(..2).filter(|_| *first == b'%').and_then(|digits| str::from_utf8(digits).ok());
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
