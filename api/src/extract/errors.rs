//! The field errors of one request, collected so that a client learns of all of them at once.

use tempus_model::FieldError;

use crate::refusal::Refusal;

/// What is wrong with a request, field by field; at most one problem for each field.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<FieldError>);

impl Errors {
    /// Adds a problem, unless the field has one already: the first is the cause, and what follows
    /// from it would only confuse.
    pub fn push(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.extend([FieldError::new(field, problem)]);
    }

    /// Adds problems, under the same rule.
    pub fn extend(&mut self, errors: impl IntoIterator<Item = FieldError>) {
        for error in errors {
            if self.0.iter().all(|known| known.field != error.field) {
                self.0.push(error);
            }
        }
    }

    /// The value, or notes why there is none.
    pub fn take<T>(&mut self, field: &str, value: Result<T, impl ToString>) -> Option<T> {
        value
            .map_err(|problem| self.push(field, problem.to_string()))
            .ok()
    }

    /// Whether nothing was wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses if anything was wrong.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.into_refusal())
        }
    }

    /// The refusal that lists them.
    pub fn into_refusal(self) -> Refusal {
        Refusal::invalid(self.0)
    }
}
