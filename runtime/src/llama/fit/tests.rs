//! What fits is counted, not hoped.

use super::Sizes;

const GIB: u64 = 1 << 30;

fn sizes() -> Sizes {
    Sizes { layers: vec![GIB / 4; 8], rest: GIB / 2, token_in_layer: 4_096, computing: GIB / 8 }
}

#[test]
fn as_many_layers_as_fit_beside_their_cache_with_a_margin() {
    let sizes = sizes();
    assert_eq!(sizes.layers_fitting(0, 8_192), 0);
    assert_eq!(sizes.layers_fitting(GIB / 2, 8_192), 0, "the margin and the overhead come first");
    assert_eq!(sizes.layers_fitting(2 * GIB, 8_192), 5);
    assert_eq!(sizes.layers_fitting(2 * GIB, 65_536), 3, "a larger cache leaves room for fewer layers");
    assert_eq!(sizes.layers_fitting(80 * GIB, 8_192), 9, "all of them, and the output");
}

#[test]
fn a_cache_takes_what_its_tokens_take_in_every_layer() {
    assert_eq!(sizes().cache(1_000), 8 * 4_096 * 1_000);
    assert_eq!(sizes().cache(u64::MAX), u64::MAX);
}
