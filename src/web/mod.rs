//! The browser's and the machines' door: pages, REST, server-sent events, over HTTPS alone.
//!
//! `app.rs` makes one [`WebState`] from [`WebParts`] for the life of the program, and a [`WebServer`] for each run of the
//! unit. Everything below is a router: [`router`].

mod api;
pub mod certificate;
mod connection;
mod cookies;
mod etag;
mod filter;
mod guards;
pub mod i18n;
mod input;
mod live;
pub mod pages;
mod places;
mod plain;
mod problem;
mod profiles;
mod router;
pub mod server;
mod state;

pub use guards::jwt::install_jwt_provider;
pub use router::router;
pub use server::{WebError, WebServer};
pub use state::{WebParts, WebState};
