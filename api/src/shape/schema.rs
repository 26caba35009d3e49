//! OpenAPI schemas of the model's enums, which know nothing of OpenAPI.
//!
//! The values are written by the same serde implementation that writes the answers, so only the
//! list of variants is repeated here.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $all:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of(&$all)
            }
        }

        impl ToSchema for $name {}
    )+};
}

texts! {
    /// What a job changes.
    JobKind = {
        use tempus_model::JobKind::{Create, Destroy, Update};
        [Create, Update, Destroy]
    };
    /// How a job stands.
    JobStatus = {
        use tempus_model::JobStatus::{Failed, Parked, Queued, Running, Succeeded, Superseded};
        [Queued, Running, Succeeded, Failed, Superseded, Parked]
    };
    /// How a step stands.
    StepState = {
        use tempus_model::StepState::{Done, Failed, Removed, Removing, Running, Stuck, Waiting};
        [Running, Waiting, Done, Failed, Removing, Removed, Stuck]
    };
    /// The kinds of failure.
    FailureKind = {
        use tempus_model::FailureKind::{CrashLoop, Deadline, Rejected};
        [Rejected, Deadline, CrashLoop]
    };
    /// Who may see a preview.
    AccessMode = tempus_model::AccessMode::ALL;
    /// Where a preview stands.
    Phase = tempus_model::Phase::ALL;
    /// What a caller may do. Each includes those before it.
    Scope = tempus_model::Scope::ALL;
    /// The kinds of problems.
    ProblemKind = crate::shape::ProblemKind::ALL;
}

fn one_of<T: Serialize>(values: &[T]) -> RefOr<Schema> {
    let values = values.iter().filter_map(|v| serde_json::to_value(v).ok());
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(values))
        .into()
}
