//! Services over HTTP: one careful client, and what is built on it.
//!
//! The client has time-outs, a size limit, and repeats what may be repeated, after a pause that grows and
//! that the server may name. It does not connect to private networks unless it is told that it may: the
//! addresses are checked after the name was looked up, so that a name cannot lead there, and at every redirect.
//! A request that may have an effect follows no redirect, and headers go to no other scheme, host or port.
//!
//! Map: [`client`] requests and answers · [`reach`] which addresses may be connected to ·
//! [`search_web`] SearXNG, Brave, Tavily · [`read_page`] a page as readable text. Weather from Open-Meteo is in
//! [`crate::weather`].

pub mod client;
mod html;
mod page;
pub mod reach;
mod search;
pub(crate) mod tls;
mod tree;

pub use client::{Answer, Client, HttpLimits, Request};
pub(crate) use html::readable;
pub use page::{Pages, read_page};
pub use reach::Reach;
pub use search::{Engine, WebSearch, search_web};
pub use url::Url;

#[cfg(test)]
mod tests;
