//! Handyman's tools and the sandbox world they act on.
//!
//! Tools take what people write (`tomorrow`, `明天下午`, `Shanghai`, `上海`, `two people`), resolve it
//! with the run's date, say in the result what it became, and answer a mistake with what was wrong,
//! where, and what would be right. Money is an integer of the smallest unit. Tools never print, read
//! the environment or look at a clock.
//!
//! ```
//! use handyman_tools::{Sandbox, Settings};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), handyman_core::ToolError> {
//! let today = jiff::civil::date(2026, 11, 23);
//! let sandbox = Sandbox::open(&Settings::new(today)).await?;
//! let names: Vec<String> = sandbox.tools().iter().map(|tool| tool.spec().name.clone()).collect();
//! assert_eq!(names[..2], ["weather", "search"]);
//! # Ok(())
//! # }
//! ```
//!
//! Map: [`weather`], [`search`], [`database`], [`booking`], [`payment`], [`calculator`], [`calendar`],
//! [`mail`] the tools · [`sandbox`] all of them together · [`world`] the SQLite database they act on ·
//! `web` (feature `web`) services over HTTP: search, pages, weather · [`resolve`] from words to values ·
//! [`atlas`] cities, stations, airports, rails · [`money`],
//! [`language`].

#[cfg(any(feature = "web", feature = "pdf"))]
mod apart;
pub mod atlas;
pub mod booking;
pub mod calculator;
pub mod calendar;
pub mod database;
#[cfg(any(feature = "calendar", feature = "mail"))]
mod durable;
#[cfg(any(feature = "mcp", feature = "openapi"))]
mod foreign;
pub mod language;
pub mod mail;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod money;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod payment;
pub mod resolve;
pub mod sandbox;
pub mod search;
pub mod weather;
#[cfg(feature = "web")]
pub mod web;
pub mod world;
pub mod wrap;

pub use language::Language;
pub use sandbox::{Sandbox, Settings};
pub use world::World;
