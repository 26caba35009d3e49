//! What is configured about GitHub: `[github]`. Its two secrets, the App's key and the webhook's, are
//! no keys: what is a key is shown by `tempus config`. They are in files, or in the environment.

use std::path::PathBuf;
use std::time::Duration;

use super::text::{HttpUrl, Word};
use super::value::Answer;

/// `[github]`: previews of pull requests.
#[derive(Debug, Clone, PartialEq)]
pub struct GitHub {
    /// The App's id. Without it no pull request is tended.
    pub app_id: Option<u32>,
    /// The file of the App's private key.
    pub private_key_file: Option<PathBuf>,
    /// The file of the App's webhook secret.
    pub webhook_secret_file: Option<PathBuf>,
    /// Where GitHub's API is, if it is not GitHub's own.
    pub api: Option<HttpUrl>,
    /// Where this API is reached, for links.
    pub public_url: Option<HttpUrl>,
    /// Whether branches without a pull request have previews.
    pub branches: Answer,
    /// The image of a service that names none; `{name}`, `{short_sha}` and `{sha}` are filled in.
    pub image: Option<Word>,
    /// How often the open pull requests are listed.
    pub pass_every: Duration,
    /// How many previews one such pass may take down.
    pub pass_cap: u32,
    /// How many processes share what GitHub lets an installation write.
    pub processes: u32,
}

impl Default for GitHub {
    fn default() -> Self {
        Self {
            app_id: None,
            private_key_file: None,
            webhook_secret_file: None,
            api: None,
            public_url: None,
            branches: Answer::No,
            image: None,
            pass_every: Duration::from_mins(10),
            pass_cap: 5,
            processes: 1,
        }
    }
}
