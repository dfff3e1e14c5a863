//! Files that are no usable model are named as such before llama.cpp sees them.

use std::fs;

use handyman_core::FaultKind;
use proptest::prelude::*;

use super::Header;

fn text(text: &str) -> Vec<u8> {
    bytes(text.as_bytes())
}

fn bytes(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text].concat()
}

/// A list of 32-bit numbers.
fn numbers(values: &[u32]) -> Vec<u8> {
    let begins = [&9_u32.to_le_bytes()[..], &4_u32.to_le_bytes(), &(values.len() as u64).to_le_bytes()];
    [begins.concat(), values.iter().flat_map(|value| value.to_le_bytes()).collect()].concat()
}

/// A header with these texts and flags, two lists, and one tensor of 32 bytes.
fn file(texts: &[(&str, &str)], flags: &[(&str, bool)]) -> Vec<u8> {
    let pairs = (texts.len() + flags.len() + 2) as u64;
    let mut bytes = [&b"GGUF"[..], &3_u32.to_le_bytes(), &1_u64.to_le_bytes(), &pairs.to_le_bytes()].concat();
    for (key, value) in texts {
        bytes.extend([text(key), 8_u32.to_le_bytes().to_vec(), text(value)].concat());
    }
    for (key, value) in flags {
        bytes.extend([text(key), 7_u32.to_le_bytes().to_vec(), vec![u8::from(*value)]].concat());
    }
    let list = [
        9_u32.to_le_bytes().to_vec(),
        8_u32.to_le_bytes().to_vec(),
        2_u64.to_le_bytes().to_vec(),
        text("a"),
        text("b"),
    ];
    bytes.extend([text("tokens"), list.concat()].concat());
    bytes.extend([text("qwen3.heads"), numbers(&[8, 0, 2])].concat());
    let tensor =
        [text("w"), 1_u32.to_le_bytes().to_vec(), 8_u64.to_le_bytes().to_vec(), vec![0; 4], vec![0; 8]];
    bytes.extend(tensor.concat());
    bytes.extend([0; 32]);
    bytes
}

/// A value of a header: its kind, then what it is.
pub(super) mod value {
    pub(in super::super) fn number(number: u32) -> Vec<u8> {
        [4_u32.to_le_bytes(), number.to_le_bytes()].concat()
    }

    pub(in super::super) fn numbers(numbers: &[u32]) -> Vec<u8> {
        [9_u32.to_le_bytes().to_vec(), super::numbers(numbers)[4..].to_vec()].concat()
    }

    pub(in super::super) fn real(real: f32) -> Vec<u8> {
        [6_u32.to_le_bytes(), real.to_le_bytes()].concat()
    }

    pub(in super::super) fn text(text: &str) -> Vec<u8> {
        [8_u32.to_le_bytes().to_vec(), super::text(text)].concat()
    }

    pub(in super::super) fn texts(texts: &[Vec<u8>]) -> Vec<u8> {
        let begins = [9_u32.to_le_bytes(), 8_u32.to_le_bytes()].concat();
        let texts: Vec<u8> = (texts.len() as u64)
            .to_le_bytes()
            .into_iter()
            .chain(texts.iter().flat_map(|text| super::bytes(text)))
            .collect();
        [begins, texts].concat()
    }
}

/// A file of an architecture with these values, and no tensors.
pub(super) fn with(architecture: &str, pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let count = pairs.len() as u64 + 1;
    let mut bytes = [&b"GGUF"[..], &3_u32.to_le_bytes(), &0_u64.to_le_bytes(), &count.to_le_bytes()].concat();
    bytes.extend([text("general.architecture"), value::text(architecture)].concat());
    for (key, value) in pairs {
        bytes.extend([text(key), value.clone()].concat());
    }
    bytes
}

/// What a file is refused for; empty if it is not.
pub(super) fn refused(bytes: &[u8]) -> String {
    read(bytes).err().map(|fault| fault.to_string()).unwrap_or_default()
}

fn read(bytes: &[u8]) -> Result<Header, handyman_core::Fault> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    Header::read(&path)
}

fn check(bytes: &[u8], problem: &str) {
    let fault = read(bytes).expect_err("the file is refused");
    assert_eq!(fault.kind(), FaultKind::Model);
    assert!(fault.to_string().contains(problem), "{fault}");
    assert!(fault.to_string().contains("model.gguf"), "{fault}");
}

#[test]
fn a_whole_file_is_read() {
    let header = read(&file(&[("general.architecture", "qwen3"), ("general.name", "Tiny")], &[])).unwrap();
    assert_eq!(header.text("general.name"), "Tiny");
    assert_eq!(header.text("tokens"), "");
}

#[test]
fn a_list_gives_each_layer_a_number() {
    let header = read(&file(&[("general.architecture", "qwen3")], &[])).unwrap();
    let heads: Vec<Option<u64>> = (0..4).map(|layer| header.of_layer("heads", layer)).collect();
    assert_eq!(heads, [Some(8), Some(0), Some(2), None]);
    assert_eq!(header.of_architecture("heads"), None);
}

#[test]
fn a_list_of_more_numbers_than_there_can_be_layers_is_passed_over() {
    let whole = file(&[("general.architecture", "qwen3")], &[]);
    let long: Vec<u32> = vec![7; super::LAYERS_MAX + 1];
    let at = whole.windows(6).position(|bytes| bytes == b"tokens").unwrap() - 8;
    let mut bytes = whole[..at].to_vec();
    bytes[16..24].copy_from_slice(&4_u64.to_le_bytes());
    bytes.extend([text("qwen3.scores"), numbers(&long)].concat());
    bytes.extend(&whole[at..]);
    let header = read(&bytes).unwrap();
    assert_eq!((header.of_layer("scores", 0), header.of_layer("heads", 0)), (None, Some(8)));
}

#[test]
fn what_is_no_gguf_says_so() {
    check(b"", "too short");
    check(b"PK\x03\x04 and so on", "does not begin with 'GGUF'");
    check(b"GGUF\x09\x00\x00\x00", "version 9");
    check(b"GGUF\x03\x00\x00\x00\x01", "cut off");
}

#[test]
fn folders_and_missing_files_say_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Header::read(folder.path()).unwrap_err().to_string().contains("not a file"));
    let missing = Header::read(&folder.path().join("nothing.gguf")).unwrap_err();
    assert!(missing.to_string().contains("cannot be opened"), "{missing}");
}

#[test]
fn encoders_are_refused_by_name() {
    check(&file(&[("general.architecture", "bert")], &[]), "bert");
    let never_causal = [("gemma3.attention.causal", false)];
    check(&file(&[("general.architecture", "gemma3")], &never_causal), "only encodes");
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = file(&[("general.architecture", "qwen3")], &[]);
    for length in 0..=whole.len() - 32 {
        assert!(read(&whole[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_tensor_that_nothing_can_be_computed_with_is_refused() {
    let whole = file(&[("general.architecture", "qwen3")], &[]);
    let at = whole.len() - 32 - 8 - 4 - 8;
    let changed = |at: usize, with: &[u8]| [&whole[..at], with, &whole[at + with.len()..]].concat();
    check(&changed(at, &0_u64.to_le_bytes()), "the tensor w has a dimension of size 0");
    check(&changed(at + 8, &26_u32.to_le_bytes()), "the tensor w has numbers of kind 26");
    check(&changed(at + 8, &8_u32.to_le_bytes()), "the tensor w is a vector of numbers in blocks");
}

#[test]
fn what_is_refused_says_what_to_do() {
    let fault = read(&with("qwen3", &[("qwen3.block_count", value::number(0))])).unwrap_err();
    assert!(fault.to_string().contains("qwen3.block_count is 0, which has to be from 1 to 512"), "{fault}");
    assert!(fault.hint().is_some_and(|hint| hint.contains("download the model again")));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 24_usize..120) {
        let _ = read(&[&b"GGUF\x03\x00\x00\x00"[..], &bytes].concat());
        let mut damaged = file(&[("general.architecture", "qwen3")], &[]);
        let end = (at + bytes.len()).min(damaged.len());
        damaged[at..end].copy_from_slice(&bytes[..end - at]);
        let _ = read(&damaged);
    }
}
