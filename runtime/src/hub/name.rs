//! Names of models: `OWNER/NAME` or `OWNER/NAME:QUANT`, and the short names of those that are recommended.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use handyman_core::{Fault, FaultKind};

use super::recommended::RECOMMENDED;

/// Quantizations in the order in which one is chosen if none is named: good ones that most machines can hold.
const PREFERRED: [&str; 8] = ["Q4_K_M", "Q5_K_M", "Q4_K_S", "Q4_0", "Q6_K", "Q8_0", "F16", "BF16"];

/// A model on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    /// `OWNER/NAME`.
    pub repo: String,
    /// Which of its files, by the quantization in the file's name, or by more of that name where several files have it;
    /// `None` for a usual one.
    pub quant: Option<String>,
}

impl FromStr for ModelName {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let (name, quant) = parts(text);
        let short = RECOMMENDED.iter().find(|model| model.name.eq_ignore_ascii_case(name));
        let (repo, usual) = short.map_or((name, None), |model| parts(model.repo));
        let quant = quant.or(usual);
        let is_part = |part: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part.len() <= 96 && part.chars().all(plain) && !part.starts_with('.')
        };
        let parts: Vec<&str> = repo.split('/').collect();
        let well = parts.len() == 2 && parts.iter().all(|part| is_part(part)) && quant.is_none_or(is_part);
        if !well {
            return Err(Fault::new(FaultKind::Model, format!("'{text}' is not the name of a model"))
                .with_hint("name it OWNER/NAME or OWNER/NAME:QUANT, as in Qwen/Qwen3-4B-GGUF:Q4_K_M"));
        }
        Ok(Self { repo: repo.to_owned(), quant: quant.map(str::to_owned) })
    }
}

/// A repository, and which of its files.
fn parts(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(repo, quant)| (repo, Some(quant)))
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.quant {
            Some(quant) => write!(f, "{}:{quant}", self.repo),
            None => f.write_str(&self.repo),
        }
    }
}

/// The files that make up one model: one, or the parts of a split one in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// What it is called: the quantization in its name, or all of the name where that is not enough.
    pub(super) quant: String,
    /// Its name in the repository, without what a file's name ends in.
    pub(super) stem: String,
    /// The files, by their names in the repository.
    pub(super) files: Vec<String>,
}

/// The models among the files of a repository.
pub(super) fn groups(files: &[&str]) -> Vec<Group> {
    let mut groups: Vec<(String, usize, Vec<String>)> = Vec::new();
    let mut names: Vec<&str> = files.iter().copied().filter(|name| is_gguf(name)).collect();
    // Projectors of images and matrices for quantizing are no models.
    names.retain(|name| !name.contains("mmproj") && !name.contains("imatrix"));
    names.sort_unstable();
    for name in names {
        let stem = name.trim_end_matches(".gguf");
        let (whole, count) = part(stem).map_or((stem, 1), |(whole, _, count)| (whole, count));
        match groups.iter_mut().find(|(known, parts, _)| known == whole && *parts == count) {
            Some((_, _, files)) => files.push(name.to_owned()),
            None => groups.push((whole.to_owned(), count, vec![name.to_owned()])),
        }
    }
    let mut whole: Vec<Group> = Vec::new();
    for (stem, count, files) in groups {
        // A split model of which parts are missing is none, and one that is there in one file as well is the same.
        if files.len() == count && whole.iter().all(|known| known.stem != stem) {
            whole.push(Group { quant: quant_of(&stem), stem, files });
        }
    }
    let labels = labels(&whole.iter().map(|group| (0, group)).collect::<Vec<_>>());
    for (group, label) in whole.iter_mut().zip(labels) {
        group.quant = label;
    }
    whole
}

/// What models are called, of which each is of a commit of this age: by its quantization the one of which all others with
/// that are variants, or else the one of the newest commit; the others by all of their names.
pub(super) fn labels(groups: &[(usize, &Group)]) -> Vec<String> {
    let quants: Vec<String> = groups.iter().map(|(_, group)| quant_of(&group.stem)).collect();
    let yields = |(age, group): (usize, &Group), (other_age, other): (usize, &Group)| {
        group.is_variant_of(other) || (other_age <= age && !other.is_variant_of(group))
    };
    let name = |(at, quant): (usize, &String)| {
        let mut others = (0..groups.len()).filter(|other| *other != at && quants[*other] == *quant);
        let is_plain = !others.any(|other| yields(groups[at], groups[other]));
        if is_plain { quant.clone() } else { groups[at].1.name() }
    };
    quants.iter().enumerate().map(name).collect()
}

impl Group {
    /// All of its name. Folders are parted by `-`, so that it can stand behind a colon.
    fn name(&self) -> String {
        self.stem.replace('/', "-")
    }

    /// Whether its name is that of another model with the same quantization and something more in it, as
    /// `m-tiny-Q4_K_M` is of `m-Q4_K_M`, or the same in a folder further down.
    fn is_variant_of(&self, plain: &Self) -> bool {
        let quant = quant_of(&plain.stem);
        let (own, other) = (last(&self.stem).to_lowercase(), last(&plain.stem).to_lowercase());
        let begin = other.strip_suffix(&quant.to_lowercase()).unwrap_or(&other);
        let depth = |group: &Self| group.stem.matches('/').count();
        quant_of(&self.stem) == quant
            && if own == other { depth(self) > depth(plain) } else { own.starts_with(begin) }
    }

    /// Whether its name ends so, after a mark that parts names.
    fn ends_with(&self, end: &str) -> bool {
        let (own, end) = (self.name().to_lowercase(), end.to_lowercase());
        own.strip_suffix(&end).is_some_and(|begin| begin.is_empty() || begin.ends_with(['-', '.']))
    }
}

/// Whether a file is a model by its name.
pub(super) fn is_gguf(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "gguf")
}

/// `NAME-00001-of-00003` as name, number and count.
fn part(stem: &str) -> Option<(&str, usize, usize)> {
    let (rest, count) = stem.rsplit_once("-of-")?;
    let (whole, number) = rest.rsplit_once('-')?;
    let digits = |text: &str| (text.len() == 5).then(|| text.parse().ok()).flatten();
    Some((whole, digits(number)?, digits(count)?))
}

/// The quantization that a file's name ends with: `Q4_K_M`, `IQ2_XS`, `F16`.
fn quant_of(stem: &str) -> String {
    let last = last(stem);
    let end = last.rsplit(['-', '.']).next().unwrap_or(last);
    let upper = end.to_uppercase();
    let begins = ["Q", "IQ", "TQ", "F16", "F32", "BF16", "MXFP"].iter().any(|begin| upper.starts_with(begin));
    if begins && upper.contains(|c: char| c.is_ascii_digit()) { upper } else { last.to_owned() }
}

/// A name without the folders.
fn last(stem: &str) -> &str {
    stem.rsplit('/').next().unwrap_or(stem)
}

/// The model that is called so, or the only one whose name ends so.
fn named<'g>(groups: &'g [Group], name: &str) -> Option<&'g Group> {
    let called = groups.iter().find(|group| group.quant.eq_ignore_ascii_case(name));
    called.or_else(|| {
        let mut ending = groups.iter().filter(|group| group.ends_with(name));
        ending.next().filter(|_| ending.next().is_none())
    })
}

/// The model that is meant if none is named. Where several have the quantization and none is the plain one, a person has
/// to say which.
fn usual(groups: &[Group]) -> Option<&Group> {
    let is_there = |quant: &str| groups.iter().any(|group| quant_of(&group.stem) == quant);
    let quant = PREFERRED.into_iter().find(|quant| is_there(quant))?;
    groups.iter().find(|group| group.quant == quant)
}

impl ModelName {
    /// The files that are meant.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` that names what there is.
    pub(super) fn choose<'g>(&self, groups: &'g [Group]) -> Result<&'g Group, Fault> {
        let quants: Vec<&str> = groups.iter().map(|group| group.quant.as_str()).collect();
        let found = match (&self.quant, groups) {
            (_, []) => {
                return Err(Fault::new(FaultKind::Model, format!("{} has no GGUF files", self.repo))
                    .with_hint("look for a repository whose name ends in -GGUF"));
            }
            (Some(quant), _) => named(groups, quant),
            (None, [only]) => Some(only),
            (None, _) => usual(groups),
        };
        found.ok_or_else(|| {
            Fault::new(FaultKind::Model, format!("{self} could not be told from what {} holds", self.repo))
                .with_hint(format!("name one of them as {}:QUANT: {}", self.repo, quants.join(", ")))
        })
    }
}
