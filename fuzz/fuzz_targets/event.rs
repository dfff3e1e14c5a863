//! Any bytes as a journal: what reads as events folds, is written back the same, and leads to a step.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| handyman_core::testing::any_bytes_as_a_journal(bytes));
