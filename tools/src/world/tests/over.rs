//! What has begun is neither paid for nor cancelled, and whoever made it can still take it back.

use super::*;

#[tokio::test]
async fn a_trip_that_is_over_is_neither_paid_for_nor_cancelled_nor_refunded() {
    let world = world().await;
    let (id, left) = bookable(&world).await;
    let booked = world.book(&key("b"), &id, None, NOW).await.unwrap();
    let reference = booked["booking"].as_str().unwrap();
    let late = date(2026, 11, 25).at(9, 0, 0, 0);
    let not_paid = world.pay(&key("p"), reference, None, late).await.unwrap_err();
    world.pay(&key("p"), reference, None, NOW).await.unwrap();
    let refused = [
        not_paid,
        world.cancel(&key("c"), reference, Some(late)).await.unwrap_err(),
        world.refund(&key("r"), reference, Some(late)).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(*error.kind(), ToolErrorKind::Conflict, "{error}");
        assert!(error.to_string().ends_with("which is past"), "{error}");
    }
    assert_eq!(world.bookings().await.unwrap()[0].status, "paid");
    assert_eq!(left_of(&world, &id).await, left - 1);

    let back = world.cancel(&key("undo"), reference, None).await.unwrap();
    assert_eq!(back["status"], "cancelled");
    assert_eq!(back["balance_minor"], 1_000_000);
}

#[tokio::test]
async fn a_stay_is_live_until_its_last_night() {
    let world = world().await;
    let (city, _) = resolve::city("city", "Paris").unwrap();
    let hotels = world.hotels(city, i64::MAX).await.unwrap();
    let drafts: Vec<_> =
        hotels.iter().map(|hotel| hotel.draft(world.seed(), &hotel.name, date(2026, 12, 1), 3)).collect();
    let left = world.offer(&drafts).await.unwrap();
    let (id, _) = left.iter().find(|(_, left)| **left > 0).unwrap();
    world.book(&key("b"), id, None, NOW).await.unwrap();
    let booking = world.bookings().await.unwrap().remove(0);
    assert_eq!(booking.begins(), "2026-12-01 23:59");
    assert!(booking.is_live(date(2026, 12, 3)) && !booking.is_live(date(2026, 12, 4)));
}
