//! What `#[tool]` refuses, and what it says.

use std::io::Write;
use std::marker::PhantomData;
use std::process::Command;

use handyman_core::schema::{Number, Taken, Text};

/// The compiler whose words stand in `refused/types`; another one may say the same otherwise.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn a_tool_that_lacks_something_does_not_compile_and_says_why() {
    let cases = trybuild::TestCases::new();
    // These errors are the macro's own.
    cases.compile_fail("tests/refused/*.rs");
    // And these the compiler's, about the types, with our words in them.
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(&compiler).arg("--version").output().map(|output| output.stdout);
    let version = String::from_utf8(version.unwrap_or_default()).unwrap_or_default();
    if version.starts_with(COMPILER) {
        cases.compile_fail("tests/refused/types/*.rs");
    } else {
        // Past the test's own capture, so that it is seen.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: tests/refused/types has the words of {COMPILER}*, and {compiler} is '{}'",
            version.trim()
        );
    }
}

/// Whether a type is of a kind: the answer of the kind goes before that of all types.
struct Is<T>(PhantomData<T>);

trait Otherwise {
    const A_NUMBER: bool = false;
    const A_TEXT: bool = false;
    const TAKEN: bool = false;
}

impl<T> Otherwise for Is<T> {}

impl<T: Number> Is<T> {
    const A_NUMBER: bool = true;
}

impl<T: Text> Is<T> {
    const A_TEXT: bool = true;
}

impl<T: Taken> Is<T> {
    const TAKEN: bool = true;
}

#[test]
fn ranges_are_for_numbers_and_what_is_copied_is_text() {
    let numbers = [Is::<u8>::A_NUMBER, Is::<Option<f64>>::A_NUMBER, Is::<Vec<i32>>::A_NUMBER];
    assert_eq!(numbers, [true; 3]);
    let others = [Is::<String>::A_NUMBER, Is::<bool>::A_NUMBER, Is::<Option<String>>::A_NUMBER];
    assert_eq!(others, [false; 3]);
    let texts = [Is::<String>::A_TEXT, Is::<Option<String>>::A_TEXT, Is::<Vec<String>>::A_TEXT];
    assert_eq!(texts, [true; 3]);
    let others = [Is::<u8>::A_TEXT, Is::<bool>::A_TEXT, Is::<Vec<u8>>::A_TEXT];
    assert_eq!(others, [false; 3]);
    let taken = [Is::<String>::TAKEN, Is::<u64>::TAKEN, Is::<Option<Vec<i64>>>::TAKEN];
    assert_eq!(taken, [true; 3]);
    let others = [Is::<f64>::TAKEN, Is::<bool>::TAKEN, Is::<Vec<f32>>::TAKEN];
    assert_eq!(others, [false; 3]);
}
