//! The world keeps its promises: same seed same world, nothing lost, nothing done twice.

mod foreign;
mod over;

use handyman_core::{IdempotencyKey, Probe, ToolErrorKind};
use jiff::civil::{DateTime, date, time};
use proptest::prelude::*;

use super::timetable::{Departure, Trip};
use super::*;
use crate::resolve;

const NOW: DateTime = date(2026, 11, 23).at(10, 0, 0, 0);

async fn world() -> World {
    World::open(&Settings { path: None, seed: 7, today: NOW.date() }).await.unwrap()
}

fn key(name: impl Into<String>) -> IdempotencyKey {
    IdempotencyKey::from(name.into())
}

fn trip(from: &str, to: &str) -> Trip {
    let place = |text| resolve::place("place", text).unwrap();
    Trip { from: place(from), to: place(to), date: date(2026, 11, 24) }
}

/// The trains from Shanghai to Beijing, offered, with what is left of each.
async fn offered(world: &World) -> Vec<(Departure, i64)> {
    let departures = timetable::trains(world.seed(), &trip("上海", "北京"));
    let drafts: Vec<_> = departures.iter().map(|departure| departure.draft.clone()).collect();
    let left = world.offer(&drafts).await.unwrap();
    departures.into_iter().map(|departure| (departure.clone(), left[&departure.draft.id])).collect()
}

async fn bookable(world: &World) -> (String, i64) {
    let found = offered(world).await.into_iter().find(|(_, left)| *left > 3).unwrap();
    (found.0.draft.id, found.1)
}

async fn left_of(world: &World, id: &str) -> i64 {
    offered(world).await.into_iter().find(|(departure, _)| departure.draft.id == id).unwrap().1
}

#[tokio::test]
async fn the_same_seed_gives_the_same_world() {
    let dump = async |seed| {
        let world = World::open(&Settings { path: None, seed, today: NOW.date() }).await.unwrap();
        let hotels: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT id, name, price_minor FROM hotels ORDER BY id")
                .fetch_all(world.pool())
                .await
                .unwrap();
        let orders: Vec<(i64, i64, String)> = sqlx::query_as("SELECT id, total_minor, ordered FROM orders")
            .fetch_all(world.pool())
            .await
            .unwrap();
        (hotels, orders, offered(&world).await)
    };
    let (first, second, other) = (dump(7).await, dump(7).await, dump(8).await);
    assert_eq!(first, second);
    assert_ne!(first.0, other.0);
    assert_ne!(first.2, other.2);
}

#[tokio::test]
async fn a_world_in_a_file_is_found_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("my world.db");
    let settings = Settings { path: Some(path), seed: 7, today: NOW.date() };
    let world = World::open(&settings).await.unwrap();
    let (id, left) = bookable(&world).await;
    world.book(&key("k"), &id, None, NOW).await.unwrap();
    drop(world);
    let world = World::open(&Settings { seed: 99, ..settings }).await.unwrap();
    assert_eq!((world.seed(), left_of(&world, &id).await), (7, left - 1));
    assert_eq!(world.bookings().await.unwrap().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_world_that_is_made_is_private_and_one_that_was_there_stays_as_it_was() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::TempDir::new().unwrap();
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    let open = async |name: &str| {
        let path = Some(folder.path().join(name));
        World::open(&Settings { path, seed: 7, today: NOW.date() }).await.unwrap()
    };
    let _world = open("world.db").await;
    for name in ["world.db", "world.db-wal", "world.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    let shared = folder.path().join("shared.db");
    std::fs::write(&shared, "").unwrap();
    std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o640)).unwrap();
    let _world = open("shared.db").await;
    assert_eq!(mode("shared.db"), 0o640);
}

#[tokio::test]
async fn a_world_that_cannot_be_opened_is_named() {
    let settings = Settings { path: Some("/no/such/folder/world.db".into()), seed: 7, today: NOW.date() };
    let error = World::open(&settings).await.unwrap_err();
    assert!(error.to_string().contains("/no/such/folder/world.db"), "{error}");
}

#[tokio::test]
async fn a_locked_world_says_so() {
    let world = world().await;
    let (id, _) = bookable(&world).await;
    let options = SqliteConnectOptions::new().filename(world.path()).busy_timeout(Duration::ZERO);
    let other = SqlitePool::connect_with(options).await.unwrap();
    let _held = world.pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = other.begin_with("BEGIN IMMEDIATE").await.map(|_| ()).map_err(failed).unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::Unavailable, "{error} {id}");
}

#[tokio::test]
async fn the_same_key_never_books_twice() {
    let world = world().await;
    let (id, left) = bookable(&world).await;
    assert_eq!(world.effect(&key("k")).await, Ok(Probe::NotDone));
    let first = world.book(&key("k"), &id, Some(2), NOW).await.unwrap();
    let second = world.book(&key("k"), &id, Some(2), NOW).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(left_of(&world, &id).await, left - 2);
    assert_eq!(world.effect(&key("k")).await, Ok(Probe::Done(first.clone())));
    let another = world.book(&key("other"), &id, None, NOW).await.unwrap();
    assert_ne!(first["booking"], another["booking"]);

    let reference = first["booking"].as_str().unwrap();
    let paid = world.pay(&key("p"), reference, None, NOW).await.unwrap();
    assert_eq!(world.pay(&key("p"), reference, None, NOW).await, Ok(paid));
    let back = world.refund(&key("r"), reference, Some(NOW)).await.unwrap();
    assert_eq!(world.refund(&key("r"), reference, Some(NOW)).await, Ok(back));
    let cancelled = world.cancel(&key("c"), reference, Some(NOW)).await.unwrap();
    assert_eq!(world.cancel(&key("c"), reference, Some(NOW)).await, Ok(cancelled));
    assert_eq!(left_of(&world, &id).await, left - 1);
}

#[tokio::test]
async fn a_key_is_for_one_tool() {
    let world = world().await;
    let (id, left) = bookable(&world).await;
    let booked = world.book(&key("k"), &id, None, NOW).await.unwrap();
    let reference = booked["booking"].as_str().unwrap();
    let hour = time(9, 0, 0, 0);
    let others = [
        world.pay(&key("k"), reference, None, NOW).await,
        world.refund(&key("k"), reference, Some(NOW)).await,
        world.cancel(&key("k"), reference, Some(NOW)).await,
        world.add_event(&key("k"), "Lunch", NOW.date(), (hour, hour)).await,
    ];
    for other in others {
        let error = other.unwrap_err();
        assert_eq!(*error.kind(), ToolErrorKind::Conflict, "{error}");
        assert!(error.to_string().starts_with("the key 'k' was already used for book; "), "{error}");
    }
    assert_eq!(world.bookings().await.unwrap()[0].status, "unpaid");
    assert_eq!(world.book(&key("k"), &id, None, NOW).await, Ok(booked.clone()));
    assert_eq!(world.effect(&key("k")).await, Ok(Probe::Done(booked)), "a probe finds it as before");
    assert_eq!(left_of(&world, &id).await, left - 1);
}

#[tokio::test]
async fn simultaneous_bookings_under_one_key_are_one() {
    let world = world().await;
    let (id, left) = bookable(&world).await;
    let key = key("k");
    let (a, b, c) = tokio::join!(
        world.book(&key, &id, None, NOW),
        world.book(&key, &id, None, NOW),
        world.book(&key, &id, None, NOW)
    );
    assert_eq!((a.clone().unwrap(), b.unwrap()), (c.unwrap(), a.unwrap()));
    assert_eq!(left_of(&world, &id).await, left - 1);
}

#[tokio::test]
async fn sold_out_is_refused() {
    let world = world().await;
    let (id, left) = bookable(&world).await;
    let too_many = u32::try_from(left + 1).unwrap();
    let error = world.book(&key("a"), &id, Some(too_many), NOW).await.unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::Conflict);
    assert!(error.to_string().contains(&format!("only {left} seats left")), "{error}");
    world.book(&key("b"), &id, u32::try_from(left).ok(), NOW).await.unwrap();
    let error = world.book(&key("c"), &id, None, NOW).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{id} is sold out; choose another one"));
}

#[tokio::test]
async fn what_has_left_cannot_be_booked() {
    let world = world().await;
    let (id, _) = bookable(&world).await;
    let late = date(2026, 11, 25).at(0, 0, 0, 0);
    let error = world.book(&key("a"), &id, None, late).await.unwrap_err();
    assert!(error.to_string().ends_with("which is past"), "{error}");
}

#[tokio::test]
async fn a_stay_takes_a_room_on_every_night() {
    let world = world().await;
    let (city, _) = resolve::city("city", "Paris").unwrap();
    let hotel = world.hotels(city, i64::MAX).await.unwrap().remove(0);
    let long = hotel.draft(world.seed(), &hotel.name, date(2026, 12, 1), 3);
    let one = hotel.draft(world.seed(), &hotel.name, date(2026, 12, 2), 1);
    let before = world.offer(&[long.clone(), one.clone()]).await.unwrap();
    if before[&long.id] < 2 {
        return;
    }
    let booking = world.book(&key("a"), &long.id, Some(3), NOW).await.unwrap();
    assert_eq!(booking["total_minor"], hotel.price_minor * 2 * 3);
    let after = world.offer(&[long.clone(), one.clone()]).await.unwrap();
    assert_eq!((after[&long.id], after[&one.id]), (before[&long.id] - 2, before[&one.id] - 2));
}

#[test]
fn ids_belong_to_one_departure() {
    let cities = &crate::atlas::Atlas::get().cities;
    let mut seen = std::collections::BTreeSet::new();
    for from in cities.iter().step_by(7) {
        for to in cities.iter().step_by(5).filter(|to| to.zh != from.zh) {
            let trip = trip(&from.zh, &to.zh);
            for departure in timetable::trains(7, &trip).into_iter().chain(timetable::flights(7, &trip)) {
                assert!(seen.insert(departure.draft.id.clone()), "{} twice", departure.draft.id);
            }
        }
    }
    assert!(seen.len() > 1_000);
}

#[test]
fn timetables_are_plausible() {
    let trains = timetable::trains(7, &trip("上海", "北京"));
    assert!(trains.len() >= 8);
    for train in &trains {
        assert!((230..330).contains(&train.minutes), "{train:?}");
        assert!((50_000..62_000).contains(&train.draft.price_minor), "{train:?}");
        assert!(train.departs >= time(6, 0, 0, 0) && train.departs < time(22, 0, 0, 0));
        assert_eq!(train.draft.price_minor % 50, 0);
        assert!(train.from == "上海虹桥" && train.to == "北京南");
    }
    let english = timetable::trains(7, &trip("Shanghai", "Beijing"));
    assert_eq!(english[0].from, "Shanghai Hongqiao");
    let flights = timetable::flights(7, &trip("London", "Tokyo"));
    assert!(
        flights.iter().all(|flight| flight.arrives.len() == 5 || flight.arrives.ends_with("+1")),
        "{flights:?}"
    );
    assert!(timetable::flights(7, &trip("上海", "苏州")).is_empty());
    assert!(timetable::trains(7, &trip("上海", "New York")).is_empty());
}

#[test]
fn weather_fits_place_and_season() {
    let city = |name| resolve::city("city", name).unwrap().0;
    let mean = |name, month| {
        let highs = (1..=28).map(|day| forecast::forecast(7, city(name), date(2027, month, day)).high);
        highs.sum::<i64>() / 28
    };
    assert!(mean("Harbin", 1) < -5 && mean("Harbin", 7) > 22);
    assert!(mean("Sydney", 1) > 22 && mean("Sydney", 7) < 20);
    assert!((28..=34).contains(&mean("Singapore", 3)));
    for day in 1..=28 {
        let forecast = forecast::forecast(7, city("Oslo"), date(2027, 2, day));
        assert!(forecast.low < forecast.high && (0..=100).contains(&forecast.rain_percent), "{forecast:?}");
    }
}

/// Something a person may do with a few trains and bookings.
#[derive(Debug, Clone)]
enum Act {
    Book { train: usize, people: u32 },
    Pay { booking: usize, account: usize },
    Refund { booking: usize },
    Cancel { booking: usize },
    Repeat,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..4_usize, 1..5_u32).prop_map(|(train, people)| Act::Book { train, people }),
        3 => (0..6_usize, 0..3_usize).prop_map(|(booking, account)| Act::Pay { booking, account }),
        1 => (0..6_usize).prop_map(|booking| Act::Refund { booking }),
        1 => (0..6_usize).prop_map(|booking| Act::Cancel { booking }),
        1 => Just(Act::Repeat),
    ]
}

/// Seats: what is left and what live bookings hold is what there was. Money: every account holds what its
/// ledger says, and paid bookings hold the rest.
async fn check_conserved(world: &World, seats_before: i64) {
    let (left,): (i64,) =
        sqlx::query_as("SELECT sum(available) FROM stock").fetch_one(world.pool()).await.unwrap();
    let (held,): (i64,) =
        sqlx::query_as("SELECT coalesce(sum(units), 0) FROM bookings WHERE status <> 'cancelled'")
            .fetch_one(world.pool())
            .await
            .unwrap();
    assert_eq!(left + held, seats_before);
    let wrong: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM accounts WHERE balance_minor <> (SELECT sum(amount_minor) FROM ledger WHERE account = name)",
    )
    .fetch_all(world.pool())
    .await
    .unwrap();
    assert_eq!(wrong, vec![]);
    let (spent,): (i64,) =
        sqlx::query_as("SELECT -coalesce(sum(amount_minor), 0) FROM ledger WHERE kind <> 'opening'")
            .fetch_one(world.pool())
            .await
            .unwrap();
    let (paid,): (i64,) =
        sqlx::query_as("SELECT coalesce(sum(total_minor), 0) FROM bookings WHERE status = 'paid'")
            .fetch_one(world.pool())
            .await
            .unwrap();
    assert_eq!(spent, paid);
}

async fn live_through(acts: Vec<Act>) {
    let world = world().await;
    let trains = offered(&world).await;
    let seats_before = trains.iter().map(|(_, left)| left).sum();
    let mut turn = 0_usize;
    for act in acts {
        let bookings = world.bookings().await.unwrap();
        let reference =
            |index: usize| bookings.get(index).map_or("HMXXXX", |booking| booking.booking.as_str());
        if !matches!(act, Act::Repeat) {
            turn += 1;
        }
        let key = key(format!("k{turn}"));
        // What is refused changes nothing, so its error is of no interest here.
        let _ = match act {
            Act::Book { train, people } => {
                world.book(&key, &trains[train].0.draft.id, Some(people), NOW).await
            }
            Act::Pay { booking, account } => {
                world.pay(&key, reference(booking), Some(["main", "savings", "travel"][account]), NOW).await
            }
            Act::Refund { booking } => world.refund(&key, reference(booking), Some(NOW)).await,
            Act::Cancel { booking } => world.cancel(&key, reference(booking), Some(NOW)).await,
            Act::Repeat => world.book(&key, &trains[0].0.draft.id, Some(1), NOW).await,
        };
        check_conserved(&world, seats_before).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn seats_and_money_are_conserved(acts in proptest::collection::vec(act(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(live_through(acts));
    }
}
