//! The reverse proxy in front of previews.
