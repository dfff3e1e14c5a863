//! Tensors are refused for what they are, and not for what llama.cpp reads.

use super::check;

#[test]
fn weights_of_every_kind_that_is_computed_with_are_read() {
    for kind in [0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 16, 20, 23, 29, 30, 34, 35, 39, 40, 41, 42] {
        assert_eq!(check("blk.0.attn_q.weight", &[64, 64], kind), Ok(()), "{kind}");
    }
    assert_eq!(check("output_norm.weight", &[64], 0), Ok(()));
    assert_eq!(check("scalar", &[], 0), Ok(()));
    assert_eq!(check("blk.0.ffn_gate_tid2eid.weight", &[8, 64], 26), Ok(()));
}

#[test]
fn what_is_no_weight_is_refused() {
    for kind in [9, 15, 24, 25, 26, 27, 28] {
        assert!(check("blk.0.attn_q.weight", &[64, 64], kind).is_err(), "{kind}");
    }
    assert!(check("blk.0.ssm_d", &[64], 8).is_err());
    assert!(check("blk.0.ssm_d", &[64, 1, 1], 12).is_err());
    assert!(check("token_embd.weight", &[64, 0], 0).is_err());
}

#[test]
fn norms_and_biases_are_of_32_bits() {
    for kind in [1, 8, 12, 30] {
        assert!(check("blk.0.attn_norm.weight", &[64], kind).is_err(), "{kind}");
        assert!(check("blk.0.attn_q_norm.weight", &[64, 8], kind).is_err(), "{kind}");
        assert!(check("blk.0.attn_q.bias", &[64], kind).is_err(), "{kind}");
    }
    assert_eq!(check("blk.0.attn_norm.weight", &[64], 0), Ok(()));
    assert_eq!(check("blk.0.ffn_gate_inp_shexp.weight", &[64], 1), Ok(()));
}
