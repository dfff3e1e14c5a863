//! Tests of who is reached without a proxy.

use super::is_here;

#[test]
fn only_this_machine_is_here() {
    for here in [
        "http://127.0.0.1:8080",
        "http://localhost",
        "https://LOCALHOST:1/v1",
        "http://[::1]:9",
        "http://127.8.8.8",
    ] {
        assert!(is_here(here), "{here}");
    }
    for elsewhere in [
        "http://10.0.0.1",
        "https://huggingface.co",
        "http://localhost.example.org",
        "http://[fe80::1]",
        "no address",
    ] {
        assert!(!is_here(elsewhere), "{elsewhere}");
    }
}
