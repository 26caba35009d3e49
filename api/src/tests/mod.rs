//! The API over real HTTP, on the real engine. Every answer is held against the OpenAPI document.

mod anything;
mod bad_input;
mod browser;
mod calls;
mod dead_letters;
mod document;
mod endings;
mod faults;
mod hand;
mod log;
mod platform;
mod server;
mod streams;
