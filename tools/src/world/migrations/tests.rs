//! Worlds that were made before a step keep what is in them.

use sqlx::{Connection, SqliteConnection};

use super::{STEPS, migrate};

#[tokio::test]
async fn an_older_world_keeps_its_effects() {
    let mut world = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(STEPS[0]).execute(&mut world).await.unwrap();
    sqlx::query("INSERT INTO effects (key, tool, result) VALUES ('k', 'book', '{}')")
        .execute(&mut world)
        .await
        .unwrap();
    assert!(!migrate(&mut world).await.unwrap(), "it is not new");
    assert!(!migrate(&mut world).await.unwrap(), "and each step is taken once");
    let (tool, asked): (String, Option<String>) =
        sqlx::query_as("SELECT tool, asked FROM effects WHERE key = 'k'")
            .fetch_one(&mut world)
            .await
            .unwrap();
    assert_eq!((tool.as_str(), asked), ("book", None));
}
