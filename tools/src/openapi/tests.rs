//! Odd documents: read or refused, never a panic.

use proptest::prelude::*;

use super::{Api, Settings};

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = Api::parse(&text, Settings::default());
        let _ = Api::parse(&format!("openapi: 3.1.0\npaths:\n  /x:\n    get:\n      parameters: {text}"), Settings::default());
    }
}
