//! The forms of English verbs: "unlock", "unlocks", "unlocking", "unlocked".

use super::words::{DATA, has};

/// What a verb may begin with without becoming one of more syllables: "unplug" doubles as "plug" does.
const PREFIXES: [&str; 3] = ["un", "re", "de"];

/// A verb in the forms that orders and claims have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verb {
    pub(super) base: String,
    pub(super) third: String,
    pub(super) gerund: String,
    pub(super) past: String,
    pub(super) participle: String,
}

impl Verb {
    /// The forms of a verb, given as it stands in an order.
    pub(super) fn of(base: &str) -> Self {
        let doubled = if doubles(base) { base.chars().last() } else { None };
        let doubled = doubled.map_or_else(|| base.to_owned(), |last| format!("{base}{last}"));
        let own = &DATA.own;
        let (past, participle) =
            if let Some([_, past, participle]) = own.irregular.iter().find(|[listed, ..]| listed == base) {
                (past.clone(), participle.clone())
            } else if has(&own.unchanging, base) {
                (base.to_owned(), base.to_owned())
            } else {
                let past = match (base.strip_suffix('y'), base.ends_with('e')) {
                    (Some(stem), _) if !stem.ends_with(is_vowel) => format!("{stem}ied"),
                    (_, true) => format!("{base}d"),
                    (_, false) => format!("{doubled}ed"),
                };
                (past.clone(), past)
            };
        let gerund = if let Some(stem) = base.strip_suffix("ie") {
            format!("{stem}ying")
        } else {
            match base.strip_suffix('e') {
                Some(stem) if !stem.ends_with(['e', 'o', 'y']) => format!("{stem}ing"),
                Some(_) | None => format!("{doubled}ing"),
            }
        };
        Self { base: base.to_owned(), third: third(base), gerund, past, participle }
    }

    /// The verbs, real or not, that have this participle or past.
    pub(super) fn done(word: &str) -> Vec<Self> {
        let mut bases = vec![word.to_owned()];
        bases.extend(word.strip_suffix('d').map(str::to_owned));
        bases.extend(word.strip_suffix("ied").map(|stem| format!("{stem}y")));
        if let Some(stem) = word.strip_suffix("ed") {
            bases.push(stem.to_owned());
            bases.extend(undoubled(stem).map(str::to_owned));
        }
        let irregular =
            DATA.own.irregular.iter().filter(|[_, past, participle]| past == word || participle == word);
        bases.extend(irregular.map(|[base, ..]| base.clone()));
        let verbs = bases.iter().filter(|base| base.len() > 1).map(|base| Self::of(base));
        verbs.filter(|verb| verb.past == word || verb.participle == word).collect()
    }
}

/// What a word at the beginning of a description may be a form of: "closes" of "close" or "clos".
pub(super) fn bases(word: &str) -> Vec<String> {
    let mut bases = vec![word.to_owned()];
    for (end, instead) in [("s", ""), ("es", ""), ("ies", "y"), ("ing", ""), ("ing", "e")] {
        bases.extend(word.strip_suffix(end).map(|stem| format!("{stem}{instead}")));
    }
    let doubled = word.strip_suffix("ing").and_then(undoubled);
    bases.extend(doubled.map(str::to_owned));
    bases
}

/// "stop" of "stopp".
fn undoubled(stem: &str) -> Option<&str> {
    let last = stem.chars().last()?;
    stem.strip_suffix(last).filter(|shorter| shorter.ends_with(last))
}

fn third(base: &str) -> String {
    match base.strip_suffix('y') {
        Some(stem) if !stem.ends_with(is_vowel) => format!("{stem}ies"),
        Some(_) | None if ["s", "x", "z", "ch", "sh", "o"].iter().any(|end| base.ends_with(end)) => {
            format!("{base}es")
        }
        Some(_) | None => format!("{base}s"),
    }
}

/// Whether the last letter is doubled before "ed": in one syllable that ends with one vowel and one consonant, and in
/// longer verbs that are stressed at their end.
fn doubles(base: &str) -> bool {
    let stem = PREFIXES.iter().find_map(|prefix| base.strip_prefix(prefix)).unwrap_or(base);
    has(&DATA.own.doubled, base) || is_short(base) || is_short(stem)
}

fn is_short(verb: &str) -> bool {
    let letters: Vec<char> = verb.chars().collect();
    let vowels = letters.iter().filter(|letter| is_vowel(**letter)).count();
    let ends = matches!(letters.as_slice(), [.., before, vowel, last]
        if !is_vowel(*before) && is_vowel(*vowel) && !is_vowel(*last) && !['w', 'x', 'y'].contains(last));
    vowels == 1 && ends
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u')
}

#[cfg(test)]
mod tests;
