//! Which place a run has.

use super::*;

#[tokio::test]
async fn a_run_that_has_begun_can_be_cancelled_whoever_wanted_to_go_on_with_it() {
    let runs = Arc::new(Runs::new(4));
    let run = RunId::from("r1");
    let mut place = runs.place().unwrap();
    let early = runs.place_of(&run).unwrap();
    place.begun(&run);
    assert!(runs.place_of(&run).is_err(), "it is under way");
    drop(early);
    assert!(runs.has(&run));
    let cancelled = place.at_work.cancel.clone();
    let work = async move {
        cancelled.cancelled().await;
        drop(place);
    };
    tokio::join!(runs.cancel(&run), work);
    assert!(!runs.has(&run));
}

#[tokio::test]
async fn one_run_at_a_time_is_begun_under_keys() {
    let runs = Arc::new(Runs::new(4));
    let mut place = runs.place().unwrap().with(Some(runs.beginning().await));
    assert!(runs.beginning.try_lock().is_err());
    place.begun(&RunId::from("r1"));
    let next = runs.place().unwrap().with(Some(runs.beginning().await));
    drop(next);
    assert!(runs.beginning.try_lock().is_ok(), "nor does one that cannot begin hold up others");
}
