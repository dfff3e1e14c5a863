//! The command `handyman`.

fn main() {}
