//! What must hold of any input, however strange: each function takes one and panics where it does
//! not hold. The targets in `targets/` feed them.
//!
//! [`stored`] is what the rules are given: messages, rows, names, specifications, repository files.
//! [`program`] is what the program is given: the bodies of requests, and configuration.

pub mod program;
pub mod stored;
