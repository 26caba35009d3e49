//! Steps: what a preview is made of, and how each piece is made and removed.

pub mod local;
