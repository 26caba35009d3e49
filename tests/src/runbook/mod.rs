//! The runbooks as an operator uses them: a [`Page`] is read, and its commands are typed at a [`Desk`],
//! word for word.
//!
//! In the source of a page a comment stands before each command. It is not shown to readers, and says
//! either by which name the page's test runs the command, or why no test does:
//!
//! ```text
//! <!-- test: replay -->                 <!-- not tested: needs a real account -->
//! ```

mod desk;
mod page;

pub use desk::Desk;
pub use page::{Page, folder, words};
