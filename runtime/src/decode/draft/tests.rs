//! Drafts come from the window, and only where they pay.

use std::time::Duration;

use super::{Drafting, Found, look_up};

#[test]
fn the_longest_and_latest_match_is_found() {
    assert_eq!(look_up(&[1, 2, 3]), None);
    assert_eq!(look_up(&[]), None);
    let Found { matched, follows } = look_up(&[1, 2, 3, 4, 9, 2, 3, 5, 1, 2, 3]).unwrap();
    assert_eq!((matched, follows[0]), (3, 4), "three tokens match there, two at the later place");
    let Found { matched, follows } = look_up(&[7, 1, 8, 1, 9, 1]).unwrap();
    assert_eq!((matched, follows), (1, [9, 1].as_slice()), "the latest of equal ones");
}

fn passes(drafting: &mut Drafting, pass_us: u64, token_us: u64) {
    for tokens in (1..10).cycle().take(200) {
        drafting.took(tokens, Duration::from_micros(pass_us + token_us * tokens as u64));
    }
}

#[test]
fn nothing_is_proposed_where_a_token_costs_as_much_as_a_pass() {
    let mut dear = Drafting::default();
    passes(&mut dear, 10, 1_000);
    assert_eq!(dear.worth(4, 12, 1), 0);
    let mut cheap = Drafting::default();
    passes(&mut cheap, 5_000, 100);
    assert!(cheap.worth(4, 12, 1) > 8);
    assert!(cheap.worth(1, 12, 1) > 0);
    for _ in 0..200 {
        dear.took(256, Duration::from_micros(300));
    }
    assert_eq!(dear.worth(4, 12, 1), 0, "what a token costs in a prompt does not count");
    assert!(cheap.worth(4, 12, 64) <= cheap.worth(4, 12, 1), "many replies share a pass already");
}

#[test]
fn bad_luck_switches_drafting_off_and_time_on_again() {
    let mut drafting = Drafting::default();
    passes(&mut drafting, 2_000, 1_000);
    assert!(drafting.worth(2, 8, 1) > 0);
    for _ in 0..200 {
        let proposed = drafting.worth(2, 8, 1);
        drafting.learn(2, proposed, 0);
    }
    assert_eq!(drafting.worth(2, 8, 1), 0, "it never held");
    let again = (0..5_000).position(|_| drafting.worth(2, 8, 1) > 0);
    assert!(again.is_some_and(|after| after > 5), "it is tried again, but not at once: {again:?}");
}
