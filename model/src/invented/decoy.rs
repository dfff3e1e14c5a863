//! Tools that come close to the right one: they do the same to another thing, or something else to
//! the same thing, often with the same parameters.

use crate::conversation::ToolSpec;
use crate::draw::Draw;

use super::gear::Gear;
use super::tool::{self, Field, Tool, Wording};

/// Tries for each tool that is wanted.
const TRIES: usize = 4;

/// Verbs that a question about a thing could be taken for.
const LOOKING: [&str; 8] = ["inspect", "measure", "weigh", "evaluate", "track", "audit", "verify", "scan"];

/// At most so many tools near those of `gears`, their names added to `taken`.
pub(super) fn draw(d: &mut Draw, gears: &[Gear], taken: &mut Vec<String>, most: usize) -> Vec<ToolSpec> {
    let used: Vec<&Tool> = gears.iter().flat_map(Gear::tools).collect();
    let mut decoys: Vec<Tool> = Vec::new();
    for _ in 0..most * TRIES {
        if decoys.len() == most {
            break;
        }
        let near = *d.rng.one(&used);
        let decoy = beside(d, near);
        let clear = used.iter().copied().chain(&decoys).all(|other| distinct(&decoy, other));
        if clear && !taken.contains(&decoy.spec.name) {
            taken.push(decoy.spec.name.clone());
            decoys.push(decoy);
        }
    }
    decoys.into_iter().map(|decoy| decoy.spec).collect()
}

/// A tool with the same verb or the same noun.
fn beside(d: &mut Draw, near: &Tool) -> Tool {
    if d.chance(50) {
        let noun = tool::noun(d, &[]);
        let named = near.fields.iter().any(|f| f.label.contains(&near.noun.said));
        let fields = if named { tool::fields(d, 1, 2) } else { same_or_fewer(d, near) };
        return Tool::new(d, near.verb.clone(), noun, fields);
    }
    let looking = LOOKING.map(str::to_owned);
    let verb = tool::verb(d, &looking);
    let fields = same_or_fewer(d, near);
    Tool::new(d, verb, near.noun.clone(), fields)
}

fn same_or_fewer(d: &mut Draw, near: &Tool) -> Vec<Field> {
    if d.chance(50) { near.fields.clone() } else { fewer(d, near) }
}

/// Other parameters, some of them the same as those of the tool nearby.
fn fewer(d: &mut Draw, near: &Tool) -> Vec<Field> {
    let mut fields: Vec<Field> = near.fields.iter().filter(|_| d.chance(35)).cloned().collect();
    for field in tool::fields(d, 1, 2) {
        if fields.iter().all(|f| !f.resembles(&field)) {
            fields.push(field);
        }
    }
    fields
}

/// Whether a request tells the two apart: by what is done, or by what it is done to.
fn distinct(a: &Tool, b: &Tool) -> bool {
    apart(&a.verb, &b.verb) || apart(&a.noun, &b.noun)
}

fn apart(a: &Wording, b: &Wording) -> bool {
    let words = |w: &Wording| [w.key.to_lowercase(), w.said.to_lowercase(), w.described.to_lowercase()];
    let theirs = words(b);
    words(a).iter().all(|word| {
        theirs.iter().all(|other| !other.contains(word.as_str()) && !word.contains(other.as_str()))
    })
}
