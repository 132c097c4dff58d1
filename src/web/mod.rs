//! The browser's and the machines' door: pages, REST, server-sent events.

pub mod i18n;
pub mod pages;
