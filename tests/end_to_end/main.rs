//! The whole thing: the built page and the real server, in Chromium. What the page says it did is
//! compared with the browser's own network log.
//!
//! Needs the built page (`DUPLEX_PAGE`, else `dist`) and a Chromium (`CHROME`, else where one usually is);
//! `cargo xtask test` sees to both.

mod account;
mod broken;
mod browser;
mod charts;
mod diagrams;
mod echoes;
mod embed_dialog;
mod embedding;
mod exchange;
mod failures;
mod faults;
mod firefox;
mod focus;
mod har;
mod har_log;
mod head_log;
mod history;
mod host_pages;
mod hosting;
mod inspector;
mod keyboard;
mod message_link;
mod middlebox;
mod network_log;
mod opening_files;
mod others;
mod page;
mod paper;
mod places;
mod server;
mod small_screens;
mod use_of_the_page;
mod verdicts;
mod ways_out;
mod wire;
