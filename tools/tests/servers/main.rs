//! The database tools on a real PostgreSQL and a real MariaDB (`scripts/with-databases.sh` starts them).
//!
//! Where there is no server the tests say so and pass; with `CI` set, that is a failure.

#![cfg(feature = "databases")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod attacks;
mod changes;
mod elsewhere;
mod reading;
mod shop;
mod values;
