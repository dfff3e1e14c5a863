//! Numbers of a header on which llama.cpp would end the process instead of refusing the file.

use super::architectures::{ALIKE, DELTA, DIVISORS, GROUPED, ROTATED_WHOLE, SECTIONED};
use super::{Header, Meta};

/// As llama.cpp has them (`LLAMA_MAX_LAYERS`, `LLAMA_MAX_EXPERTS`).
const LAYERS_MAX: u64 = 512;
const EXPERTS_MAX: u64 = 1_024;
/// How places beyond the trained window are scaled.
const SCALINGS: [&str; 4] = ["none", "linear", "yarn", "longrope"];
/// What is added before a root is drawn.
const EPSILONS: [&str; 4] = [
    "attention.layer_norm_rms_epsilon",
    "attention.layer_norm_epsilon",
    "attention.group_norm_epsilon",
    "rope.scaling.yarn_ext_factor",
];

/// What is wrong with the numbers of a header.
///
/// # Errors
/// The first of them, with its key.
pub(super) fn check(header: &Header) -> Result<(), String> {
    let of = Of { header, architecture: header.text("general.architecture") };
    of.within("block_count", 1, LAYERS_MAX)?;
    of.within("context_length", 1, i32::MAX as u64)?;
    if let (Some(more), Some(layers)) = (of.number("nextn_predict_layers"), of.number("block_count")) {
        of.ensure(more < layers, "nextn_predict_layers", || format!("{more}, of {layers} layers"))?;
    }
    for key in EPSILONS {
        if let Some(Meta::Real(value)) = header.value_of_architecture(key) {
            of.ensure(*value >= 0.0, key, || format!("{value}, which has to be 0 or more"))?;
        }
    }
    let scaling = match header.value_of_architecture("rope.scaling.type") {
        Some(Meta::Text(scaling)) => Some(scaling.as_str()),
        Some(_) | None => None,
    };
    if let Some(scaling) = scaling.filter(|scaling| !SCALINGS.contains(scaling)) {
        return Err(of.wrong("rope.scaling.type", &format!("'{scaling}', none of {}", SCALINGS.join(", "))));
    }
    of.experts()?;
    of.heads()?;
    of.rotation()?;
    of.states()
}

/// The numbers of an architecture.
struct Of<'h> {
    header: &'h Header,
    architecture: &'h str,
}

impl Of<'_> {
    fn number(&self, key: &str) -> Option<u64> {
        self.header.of_architecture(key)
    }

    fn wrong(&self, key: &str, what: &str) -> String {
        format!("{}.{key} is {what}", self.architecture)
    }

    fn ensure(&self, holds: bool, key: &str, what: impl FnOnce() -> String) -> Result<(), String> {
        if holds { Ok(()) } else { Err(self.wrong(key, &what())) }
    }

    fn within(&self, key: &str, least: u64, most: u64) -> Result<(), String> {
        let number = self.number(key).unwrap_or(least);
        let what = || format!("{number}, which has to be from {least} to {most}");
        self.ensure((least..=most).contains(&number), key, what)
    }

    fn is_of(&self, architectures: &[&str]) -> bool {
        architectures.contains(&self.architecture)
    }

    /// Experts, of which some are used, perhaps of some groups.
    fn experts(&self) -> Result<(), String> {
        self.within("expert_count", 0, EXPERTS_MAX)?;
        let all = self.number("expert_count").unwrap_or(0);
        let is_dense = all <= 1 && self.is_of(&["hunyuan_vl", "hunyuan-dense"]);
        let used = self.header.most_of_layers("expert_used_count");
        if is_dense || (all == 0 && used.is_none()) {
            return Ok(());
        }
        let (used, least) = (used.unwrap_or(0), u64::from(all > 0));
        let what = || format!("{used}, which has to be from {least} to {all}, the number of experts");
        self.ensure((least..=all).contains(&used), "expert_used_count", what)?;
        let groups = self.number("expert_group_count").unwrap_or(0);
        let divides = groups <= 1 || all.is_multiple_of(groups);
        let what = || format!("{groups}, which does not divide {all} experts");
        self.ensure(groups < all.max(1) && divides, "expert_group_count", what)?;
        let chosen = self.number("expert_group_used_count").unwrap_or(0);
        let what = || format!("{chosen}, of {groups} groups");
        self.ensure(groups <= 1 || (1..groups).contains(&chosen), "expert_group_used_count", what)
    }

    /// Every head of keys and values serves as many heads of queries.
    fn heads(&self) -> Result<(), String> {
        let layers = self.number("block_count").filter(|layers| *layers <= LAYERS_MAX).unwrap_or(1);
        for layer in 0..usize::try_from(layers).unwrap_or(1) {
            let heads = |key| self.header.of_layer(key, layer).filter(|heads| *heads > 0);
            if let (Some(all), Some(shared)) =
                (heads("attention.head_count"), heads("attention.head_count_kv"))
            {
                let what = || format!("{shared} in layer {layer}, which does not divide {all} heads");
                self.ensure(all.is_multiple_of(shared), "attention.head_count_kv", what)?;
            }
        }
        Ok(())
    }

    /// The length of a key and of a value, as llama.cpp derives them from the first layer; none without attention there.
    fn lengths(&self) -> Option<(u64, u64)> {
        let heads = self.header.of_layer("attention.head_count", 0).filter(|heads| *heads > 0)?;
        let derived = self.number("embedding_length").map(|width| width / heads);
        let length = |key| self.number(key).or(derived);
        length("attention.key_length").zip(length("attention.value_length"))
    }

    /// What is rotated of a key by its position.
    fn rotation(&self) -> Result<(), String> {
        let sections = self.header.value_of_architecture("rope.dimension_sections");
        if let Some(Meta::Numbers(sections)) = sections.filter(|_| self.is_of(&SECTIONED)) {
            // Signed numbers: what is larger is negative.
            let any = sections.iter().take(3).any(|section| (1..=i32::MAX as u64).contains(section));
            self.ensure(any, "rope.dimension_sections", || format!("{sections:?}"))?;
        }
        let rotated = self.number("rope.dimension_count");
        if let Some(rotated) = rotated {
            let what = || format!("{rotated}, which has to be even");
            self.ensure(rotated.is_multiple_of(2), "rope.dimension_count", what)?;
        }
        let Some((keys, values)) = self.lengths() else { return Ok(()) };
        let rotated = rotated.unwrap_or(keys);
        let what = || format!("{rotated}, of keys of length {keys}");
        self.ensure(rotated <= keys, "rope.dimension_count", what)?;
        // Those of sliding windows may be others.
        let windows = ["attention.key_length_swa", "attention.value_length_swa", "rope.dimension_count_swa"];
        if windows.iter().any(|key| self.number(key).is_some()) {
            return Ok(());
        }
        let is_whole = self.is_of(&ROTATED_WHOLE);
        self.ensure(!is_whole || rotated == keys, "rope.dimension_count", what)?;
        let what = || format!("{values}, and {keys} is the length of keys: this architecture has both alike");
        self.ensure(!(is_whole || self.is_of(&ALIKE)) || keys == values, "attention.value_length", what)
    }

    /// What recurrent states are divided into.
    fn states(&self) -> Result<(), String> {
        for (_, key) in DIVISORS.iter().filter(|(architecture, _)| *architecture == self.architecture) {
            self.ensure(self.number(key) != Some(0), key, || "0".to_owned())?;
        }
        let inner = self.number("ssm.inner_size").unwrap_or(0);
        let (groups, ranks) = (self.number("ssm.group_count"), self.number("ssm.time_step_rank"));
        let divides = |part: u64, whole: u64| part > 0 && whole.is_multiple_of(part);
        let (is_grouped, is_delta) = (self.is_of(&GROUPED), self.is_of(&DELTA));
        if let Some(ranks) = ranks.filter(|_| is_grouped || is_delta) {
            let what = || format!("{ranks}, which does not divide the state of {inner}");
            self.ensure(divides(ranks, inner), "ssm.time_step_rank", what)?;
        }
        if let Some(groups) = groups.filter(|_| is_grouped || is_delta) {
            let whole = if is_delta { ranks.unwrap_or(0) } else { inner };
            let what = || format!("{groups}, which does not divide {whole}");
            self.ensure(divides(groups, whole), "ssm.group_count", what)?;
        }
        if let (true, Some(size), Some(ranks)) = (is_delta, self.number("ssm.state_size"), ranks) {
            let what = || format!("{size}: {ranks} of them are not {inner}");
            self.ensure(size.checked_mul(ranks) == Some(inner), "ssm.state_size", what)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
