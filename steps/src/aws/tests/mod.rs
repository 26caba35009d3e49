//! The platform against endpoints over HTTP: a whole life on emulators.

mod life;
mod world;
