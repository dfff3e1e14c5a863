//! What is kept of a server's standard error.

use super::*;

#[tokio::test]
async fn the_end_of_a_flood_is_kept_whole() {
    let flood = format!("{}\nout of paper\n", "日".repeat(1_000_000));
    let kept = Arc::<Mutex<Vec<u8>>>::default();
    keep_last(flood.as_bytes(), Arc::clone(&kept)).await;
    let kept = kept.lock().unwrap();
    assert_eq!(kept.len(), COMPLAINTS_MAX);
    assert!(flood.as_bytes().ends_with(&kept));
}
