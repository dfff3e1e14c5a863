//! What is given, and what of it is found.

use super::Given;

#[derive(Debug, PartialEq)]
struct Customer(&'static str);

#[test]
fn the_later_one_of_a_type_is_found() {
    let given = Given::default().with(Customer("Ann")).with(7_u8).with(Customer("Bo"));
    assert_eq!((given.get(), given.get()), (Some(&Customer("Bo")), Some(&7_u8)));
    assert_eq!(given.get::<String>(), None);
}

#[test]
fn what_is_there_goes_before_what_is_added_below() {
    let own = Given::default().with(Customer("Ann"));
    let all = own.over(&Given::default().with(Customer("Bo")).with(7_u8));
    assert_eq!((all.get(), all.get()), (Some(&Customer("Ann")), Some(&7_u8)));
}

#[test]
fn what_is_given_is_not_shown() {
    let shown = format!("{:?}", Given::default().with(Customer("Ann")));
    assert!(shown.contains("Customer") && !shown.contains("Ann"), "{shown}");
}
