//! What `#[tool]` refuses, and what it says.

#[test]
fn a_tool_that_lacks_something_does_not_compile_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
