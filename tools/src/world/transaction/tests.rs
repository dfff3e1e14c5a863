//! A world that could not write writes again as soon as it can.

use handyman_core::{Probe, ToolErrorKind};
use jiff::civil::date;
use sqlx::SqlitePool;

use super::Transaction;
use crate::resolve;
use crate::world::timetable::{self, Trip};
use crate::world::{CONNECTIONS_MAX, Settings, World};

async fn world() -> World {
    World::open(&Settings { path: None, seed: 7, today: date(2026, 11, 23) }).await.unwrap()
}

/// Lets no connection add more than so many pages to the file, as a disk would that is nearly full.
async fn room(pool: &SqlitePool, more: Option<i64>) {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        connections.push(pool.acquire().await.unwrap());
    }
    for connection in &mut connections {
        let (pages,): (i64,) =
            sqlx::query_as("PRAGMA page_count").fetch_one(&mut **connection).await.unwrap();
        let most = more.map_or(i64::from(i32::MAX), |more| pages + more);
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {most}")))
            .execute(&mut **connection)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn after_a_full_disk_everything_goes_on() {
    let world = world().await;
    let place = |text| resolve::place("place", text).unwrap();
    let trip = Trip { from: place("上海"), to: place("北京"), date: date(2026, 11, 24) };
    let drafts: Vec<_> = timetable::trains(7, &trip).into_iter().map(|train| train.draft).collect();
    let left = world.offer(&drafts).await.unwrap();
    let id = left.iter().find(|(_, left)| **left > 0).unwrap().0.clone();
    let (day, hour) = (date(2026, 11, 23), jiff::civil::time(9, 0, 0, 0));
    let (mut full, mut made) = (0, 0);
    for more in 0..3 {
        room(world.pool(), Some(more)).await;
        // Events fill the file wherever the next page is needed; each failure must be the only one.
        for index in 0..400 {
            let key = format!("k{more}.{index}").into();
            match world.add_event(&key, &"long ".repeat(100), day, (hour, hour)).await {
                Ok(_) => made += 1,
                Err(error) => {
                    assert_eq!(*error.kind(), ToolErrorKind::Unavailable, "{error}");
                    assert_eq!(world.effect(&key).await, Ok(Probe::NotDone));
                    full += 1;
                    break;
                }
            }
        }
        room(world.pool(), None).await;
        let key = format!("b{more}").into();
        let booked = world.book(&key, &id, None, day.at(10, 0, 0, 0)).await.unwrap();
        assert_eq!(world.effect(&key).await, Ok(Probe::Done(booked)));
        assert_eq!(world.offer(&drafts).await.unwrap().len(), drafts.len());
    }
    assert_eq!(full, 3, "the disk was full each time");
    let (events,): (i64,) = sqlx::query_as("SELECT count(*) FROM events WHERE title LIKE 'long %'")
        .fetch_one(world.pool())
        .await
        .unwrap();
    assert_eq!(events, made, "what failed left nothing behind");
}

#[tokio::test]
async fn what_is_given_up_is_taken_back() {
    let world = world().await;
    for _ in 0..2 * CONNECTIONS_MAX {
        let mut transaction = Transaction::begin(world.pool()).await.unwrap();
        sqlx::query("DELETE FROM events").execute(&mut *transaction).await.unwrap();
        drop(transaction);
    }
    let mut transaction = Transaction::begin(world.pool()).await.unwrap();
    let (events,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM events").fetch_one(&mut *transaction).await.unwrap();
    assert!(events > 0);
    transaction.rollback().await.unwrap();
}
