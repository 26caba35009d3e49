//! Templates: the kinds of previews there are.

use std::fmt;
use std::str::FromStr;

/// What kind of a preview it is. A platform says which of them it can make, and of which steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Template {
    /// One or more services behind the URL.
    #[default]
    ApiService,
    /// The same with a Postgres database of its own.
    ApiDatabase,
    /// A task that is run again and again by a schedule, behind no URL.
    ScheduledWorker,
}

/// What is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be \"api-service\", \"api-database\" or \"scheduled-worker\"")]
pub struct TemplateError;

impl Template {
    /// Every template.
    pub const ALL: [Self; 3] = [Self::ApiService, Self::ApiDatabase, Self::ScheduledWorker];

    /// The template as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApiService => "api-service",
            Self::ApiDatabase => "api-database",
            Self::ScheduledWorker => "scheduled-worker",
        }
    }

    /// Whether a preview of it answers at a URL.
    pub const fn has_url(self) -> bool {
        match self {
            Self::ApiService | Self::ApiDatabase => true,
            Self::ScheduledWorker => false,
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut all = Self::ALL.into_iter();
        all.find(|template| template.as_str() == text)
            .ok_or(TemplateError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_read_as_it_is_written_and_named_where_one_is_wrong() {
        for template in Template::ALL {
            assert_eq!(template.to_string().parse(), Ok(template));
            assert!(TemplateError.to_string().contains(template.as_str()));
        }
        assert_eq!("Api-Service".parse::<Template>(), Err(TemplateError));
    }
}
