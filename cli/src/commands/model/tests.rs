//! How models are described.

use super::parameters;

#[test]
fn parameters_are_counted_as_models_are_named() {
    for (count, told) in [
        (0, "0"),
        (999_999, "999999"),
        (5_545_152, "5.5 M"),
        (596_049_920, "596.0 M"),
        (4_022_468_096, "4.0 B"),
    ] {
        assert_eq!(parameters(count), told);
    }
}
