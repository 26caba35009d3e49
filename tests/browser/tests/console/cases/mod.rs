//! What people do, a file for each.

mod broken;
mod first;
mod hostile;
mod keyboard;
mod list;
mod logs;
mod looks;
mod roles;
mod update;
