//! The platform against endpoints over HTTP: a whole life on emulators.

mod apart;
mod budget;
mod databases;
mod hostile;
mod images;
mod life;
mod logs;
mod sleeping;
mod strict;
mod world;
