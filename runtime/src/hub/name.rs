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
    /// Which of its files, by the quantization in the file's name; `None` for a usual one.
    pub quant: Option<String>,
}

impl FromStr for ModelName {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let short = RECOMMENDED.iter().find(|model| model.name.eq_ignore_ascii_case(text));
        let text = short.map_or(text, |model| model.repo);
        let (repo, quant) = match text.split_once(':') {
            Some((repo, quant)) => (repo, Some(quant)),
            None => (text, None),
        };
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
    /// The quantization in the file's name, or all of the name.
    pub(super) quant: String,
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
    // A split model of which parts are missing is none.
    let whole = groups.into_iter().filter(|(_, count, files)| files.len() == *count);
    whole.map(|(stem, _, files)| Group { quant: quant_of(&stem), files }).collect()
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
    let last = stem.rsplit('/').next().unwrap_or(stem);
    let end = last.rsplit(['-', '.']).next().unwrap_or(last);
    let upper = end.to_uppercase();
    let begins = ["Q", "IQ", "TQ", "F16", "F32", "BF16", "MXFP"].iter().any(|begin| upper.starts_with(begin));
    if begins && upper.contains(|c: char| c.is_ascii_digit()) { upper } else { last.to_owned() }
}

impl ModelName {
    /// The files that are meant.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` that names what there is.
    pub(super) fn choose<'g>(&self, groups: &'g [Group]) -> Result<&'g Group, Fault> {
        let quants: Vec<&str> = groups.iter().map(|group| group.quant.as_str()).collect();
        let named = |quant: &str| groups.iter().find(|group| group.quant.eq_ignore_ascii_case(quant));
        let found = match (&self.quant, groups) {
            (_, []) => {
                return Err(Fault::new(FaultKind::Model, format!("{} has no GGUF files", self.repo))
                    .with_hint("look for a repository whose name ends in -GGUF"));
            }
            (Some(quant), _) => named(quant),
            (None, [only]) => Some(only),
            (None, _) => PREFERRED.iter().find_map(|quant| named(quant)),
        };
        found.ok_or_else(|| {
            Fault::new(FaultKind::Model, format!("{self} could not be told from what {} holds", self.repo))
                .with_hint(format!("name one of them as {}:QUANT: {}", self.repo, quants.join(", ")))
        })
    }
}
