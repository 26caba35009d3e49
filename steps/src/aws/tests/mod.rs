//! The platform against endpoints over HTTP: a whole life on emulators.

mod budget;
mod hostile;
mod life;
mod logs;
mod strict;
mod world;
