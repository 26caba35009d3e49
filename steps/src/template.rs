//! Templates: which steps a preview of one kind is made of.
//!
//! A template is a plan of existing steps under a name, and what it refuses of a specification. A
//! platform has a list of them, one short file each; `docs/adding-templates.md` adds one.

use tempus_model::{FieldError, Spec, Stage};

use crate::{PlanRequest, StepError};

/// One template of a platform that plans with `P`.
pub struct Template<P> {
    /// Which one it is.
    pub name: tempus_model::Template,
    /// Its plan for a specification: pure, and frozen in the row at the claim.
    pub stages: fn(&P, &PlanRequest<'_>) -> Result<Vec<Stage>, StepError>,
    /// What it refuses of a specification, beyond what its platform does.
    pub admit: fn(&P, &Spec) -> Vec<FieldError>,
}

/// The names of these templates.
pub(crate) fn names<P>(all: &[Template<P>]) -> Vec<&'static str> {
    all.iter().map(|template| template.name.as_str()).collect()
}

/// The stages of the template that a specification names.
///
/// One that is not there is refused, and never taken for another: a newer API may have accepted it,
/// and what a newer worker makes of it is not known here.
pub(crate) fn stages<P>(
    all: &[Template<P>],
    with: &P,
    request: &PlanRequest<'_>,
) -> Result<Vec<Stage>, StepError> {
    let name = &request.spec.template;
    let template = find(all, name).ok_or_else(|| {
        let has = names(all).join(", ");
        StepError::rejected(format!(
            "this version has no template \"{name}\" on this platform, only {has}"
        ))
    })?;
    (template.stages)(with, request)
}

/// What the template that a specification names refuses of it.
pub(crate) fn admit<P>(all: &[Template<P>], with: &P, spec: &Spec) -> Vec<FieldError> {
    match find(all, &spec.template) {
        Some(template) => (template.admit)(with, spec),
        None => vec![FieldError::new("template", accepted(&names(all)))],
    }
}

/// What is said of a template that a platform does not have.
fn accepted(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("must be one that this platform has: {}", names.join(", "))
}

/// A template that refuses nothing by itself.
pub(crate) fn anything<P>(_with: &P, _spec: &Spec) -> Vec<FieldError> {
    Vec::new()
}

fn find<'a, P>(all: &'a [Template<P>], name: &str) -> Option<&'a Template<P>> {
    all.iter().find(|template| template.name.as_str() == name)
}
