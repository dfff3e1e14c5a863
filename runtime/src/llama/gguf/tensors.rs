//! The list of tensors.

/// Kinds of numbers that are no weights: whole numbers, and what is only made on the way.
const NO_WEIGHTS: [u32; 7] = [9, 15, 24, 25, 26, 27, 28];
/// Whole numbers that are tables of a model.
const TABLES: [&str; 2] = ["ffn_gate_tid2eid", "d2t"];
/// Kinds of numbers that are not in blocks, 32 bits first.
const PLAIN: [u32; 3] = [0, 1, 30];

/// What keeps llama.cpp from computing with a tensor: it would find out while it computes.
///
/// # Errors
/// What is wrong with it, with its name.
pub(super) fn check(name: &str, sizes: &[u64], kind: u32) -> Result<(), String> {
    if sizes.contains(&0) {
        return Err(format!("the tensor {name} has a dimension of size 0"));
    }
    if NO_WEIGHTS.contains(&kind) {
        let is_table = TABLES.iter().any(|table| name.contains(table));
        let problem =
            || format!("the tensor {name} has numbers of kind {kind}, with which nothing is computed");
        return if is_table { Ok(()) } else { Err(problem()) };
    }
    let is_vector = !sizes.is_empty() && sizes.iter().skip(1).all(|size| *size == 1);
    let is_added = name.ends_with("norm.weight") || (is_vector && name.ends_with("bias"));
    if is_added && kind != PLAIN[0] {
        return Err(format!("the tensor {name} has numbers of kind {kind}: norms and biases have kind 0"));
    }
    if is_vector && !PLAIN.contains(&kind) {
        return Err(format!("the tensor {name} is a vector of numbers in blocks (kind {kind})"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
