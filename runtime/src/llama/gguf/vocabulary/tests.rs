//! A vocabulary is refused for what llama.cpp cannot do without.

use crate::llama::gguf::tests::{refused, value, with};

fn check(kind: &str, words: &str, tokens: &[Vec<u8>]) -> String {
    refused(&with(
        "qwen3",
        &[
            // The kind may be said before the tokens or after them.
            ("tokenizer.ggml.tokens", value::texts(tokens)),
            ("tokenizer.ggml.model", value::text(kind)),
            ("tokenizer.ggml.pre", value::text(words)),
        ],
    ))
}

fn tokens(tokens: &[&str]) -> Vec<Vec<u8>> {
    tokens.iter().map(|token| token.as_bytes().to_vec()).collect()
}

#[test]
fn no_token_is_there_twice() {
    assert_eq!(check("gpt2", "qwen2", &tokens(&["a", "b", "ab", "", ""])), "");
    let twice = check("gpt2", "qwen2", &tokens(&["a", "b", "a"]));
    assert!(twice.contains("token 2 of tokenizer.ggml.tokens, \"a\", is there twice"), "{twice}");
    // As llama.cpp calls an empty one.
    assert!(check("gpt2", "qwen2", &tokens(&["", "[EMPTY_0]"])).contains("twice"));
    // Tokens are bytes, and need not be text.
    assert_eq!(check("gpt2", "qwen2", &[vec![0xff], vec![0xfe]]), "");
    assert!(check("gpt2", "qwen2", &[vec![0xff, 0xfe], vec![0xff, 0xfe]]).contains("twice"));
}

#[test]
fn a_vocabulary_of_sentencepiece_has_every_byte() {
    let mut all: Vec<Vec<u8>> = (0..=255_u8).map(|byte| format!("<0x{byte:02X}>").into_bytes()).collect();
    assert_eq!(check("llama", "default", &all), "");
    all[0xe4] = b"<0xe4>".to_vec();
    let missing = check("llama", "default", &all);
    assert!(missing.contains("no token for the byte <0xE4>"), "{missing}");
    all[0xe4] = vec![0xe4];
    assert_eq!(check("llama", "default", &all), "");
    assert!(check("llama", "default", &tokens(&["a", "b"])).contains("<0x00>"));
    assert_eq!(check("gpt2", "qwen2", &tokens(&["a", "b"])), "");
}

#[test]
fn a_vocabulary_of_rwkv_has_the_bytes_that_tokens_begin_with() {
    assert_eq!(check("rwkv", "", &tokens(&["a", "ab", "\\n", "\\n\\n", "\\x80", "\\x80\\x81", "\\\\"])), "");
    assert!(check("rwkv", "", &tokens(&["a", "bc"])).contains("the byte 98"));
    assert!(check("rwkv", "", &tokens(&["a", "\\n\\n"])).contains("the byte 10"));
}

#[test]
fn a_model_that_writes_has_a_vocabulary_of_its_own() {
    for kind in ["none", "no_vocab", "test", "bert", "t5"] {
        let problem = check(kind, "", &tokens(&["a"]));
        assert!(problem.contains(&format!("tokenizer.ggml.model is '{kind}'")), "{problem}");
        let without = refused(&with("qwen3", &[("tokenizer.ggml.model", value::text(kind))]));
        assert!(without.contains(&format!("tokenizer.ggml.model is '{kind}'")), "{without}");
    }
    assert!(check("gpt2", "whitespace", &tokens(&["a"])).contains("tokenizer.ggml.pre"));
    for kind in ["gpt2", "gemma4", "plamo2", "a kind to come"] {
        assert_eq!(check(kind, "qwen2", &tokens(&["a"])), "", "{kind}");
    }
}
