//! GitHub as this program meets it: a server that behaves like its API, and a world of repositories
//! whose events reach, or do not reach, a real worker on a real engine over a simulated cloud.

mod api;
mod hub;
mod previews;
mod token;
mod world;

pub use hub::{Comment, Hub, Kind, Pull, Seen};
pub use world::World;
