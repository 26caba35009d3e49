//! The platform against endpoints over HTTP: a whole life on emulators.

mod budget;
mod life;
mod strict;
mod world;
