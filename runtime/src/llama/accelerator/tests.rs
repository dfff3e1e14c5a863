//! With the built-in model: attention and products are computed here, and come to what llama.cpp computes.

use std::io::Write;
use std::path::Path;

use super::*;
use crate::llama::backend::backend;
use crate::llama::cache::{Cache, CacheSettings, CacheType, Feed, Place};
use crate::llama::devices::devices;
use crate::llama::threads::Threads;
use crate::llama::weights::Weights;

fn cache(weights: &Weights, threads: u32, own_kernels: bool, flash_attention: Option<bool>) -> Cache<'_> {
    let threads = Threads::choose(Some(threads));
    let settings = CacheSettings {
        cells: 1024,
        sequences: 3,
        threads,
        kind: CacheType::F16,
        flash_attention,
        own_kernels,
    };
    Cache::open(weights, settings).unwrap()
}

/// The logits after two sequences that grow side by side, in batches of these sizes.
fn logits(cache: &mut Cache, batches: &[usize]) -> Vec<f32> {
    let (mut logits, mut position) = (Vec::new(), 0);
    for &tokens in batches {
        let feed = |index: usize| {
            let place = Place { sequence: (index % 2) as u32, position: position + index / 2 };
            Feed {
                place,
                token: (place.position * 31 % 5000) as u32 + place.sequence,
                logits: index >= 2 * tokens - 2,
            }
        };
        let batch: Vec<Feed> = (0..2 * tokens).map(feed).collect();
        cache.decode(&batch).unwrap();
        logits.extend_from_slice(cache.logits(2 * tokens - 2).unwrap());
        logits.extend_from_slice(cache.logits(2 * tokens - 1).unwrap());
        position += tokens;
    }
    logits
}

/// The value of a 16-bit float.
pub(super) fn value(half: u16) -> f64 {
    let (sign, exponent, fraction) = (half >> 15, i32::from(half >> 10 & 31), f64::from(half & 1023));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 => f64::INFINITY,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if sign == 1 { -size } else { size }
}

/// Says what a test leaves out on this machine, and not by `eprintln!`, which the test runner would hide.
pub(super) fn not_checked(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "not checked: {what}, for {why}");
}

/// Whether so many threads compute attention and products here, with a reason where it is not so.
fn computed_here(threads: u32) -> [Result<(), &'static str>; 2] {
    let can = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    let attention = if !can {
        Err("the processor has not AVX2, FMA and F16C")
    } else if gpus() > 0 {
        Err("there is a GPU")
    } else if Threads::choose(Some(threads)).now() as usize > team::THREADS_MAX {
        Err("threads are not those of OpenMP")
    } else {
        Ok(())
    };
    let better = if multiplies_better() { Ok(()) } else { Err("ggml was built for wider instructions") };
    [attention, attention.and(better)]
}

#[test]
fn attention_and_products_are_computed_here_and_are_the_same() {
    let weights =
        Weights::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../model/handyman.gguf")), None)
            .unwrap();
    let batches = [100, 1, 1, 7, 40, 1];
    let before = COMPUTED.get();
    let theirs = logits(&mut cache(&weights, 1, false, None), &batches);
    assert_eq!(COMPUTED.get(), before, "something is computed here though it was not to be");
    for (threads, flash_attention) in [(1, None), (2, None), (1, Some(true))] {
        let before = COMPUTED.get();
        let ours = logits(&mut cache(&weights, threads, true, flash_attention), &batches);
        let size = |of: &mut dyn Iterator<Item = f32>| of.map(|x| x * x).sum::<f32>().sqrt();
        let off = size(&mut ours.iter().zip(&theirs).map(|(a, b)| a - b)) / size(&mut theirs.iter().copied());
        // What goes into a product with weights of 8 bits is rounded to 8 bits: the last bit of an attention decides how.
        assert!(off < 0.05, "{off} of the logits' size with {threads} threads");
        let after = COMPUTED.get();
        let kinds = ["attention", "products"].into_iter().zip(computed_here(threads));
        for (kind, (what, expected)) in kinds.enumerate() {
            match expected {
                Ok(()) => assert!(after[kind] > before[kind], "{what} stayed with llama.cpp"),
                Err(why) => not_checked(&format!("{what} with {threads} threads"), why),
            }
        }
    }
}

#[test]
fn it_is_no_device_to_choose_and_knows_its_version() {
    backend().unwrap();
    assert_eq!(version(), VERSION, "ggml's interface has changed: look at accelerator/ggml.rs");
    assert!(devices().unwrap().iter().all(|device| device.name != NAME.to_str().unwrap()));
}
