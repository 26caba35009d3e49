//! The API over real HTTP, on the real engine. Every answer is held against the OpenAPI document.

mod anything;
mod backup;
mod bad_input;
mod browser;
mod calls;
mod console;
mod costs;
mod dead_letters;
mod document;
mod endings;
mod faults;
mod gate;
mod github;
mod hand;
mod history;
mod identity;
mod log;
mod platform;
mod probe;
mod proxied;
mod server;
mod sleep;
mod streams;
mod tls;
mod tls_files;
