//! A process that leaves has the status it was told, whatever its threads are doing.

use std::process::Command;

/// Set for the process that leaves.
const LEAVES: &str = "HANDYMAN_TEST_LEAVES";

#[test]
fn a_process_that_leaves_has_its_status_while_others_compute() {
    if std::env::var_os(LEAVES).is_some() {
        std::thread::spawn(|| {
            loop {
                std::hint::spin_loop();
            }
        });
        super::leave(7);
    }
    let this = "leave::tests::a_process_that_leaves_has_its_status_while_others_compute";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this])
        .env(LEAVES, "1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
}
