//! `seed`: what a preview's database begins with, as the document describes it.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The shape of a [`tempus_model::Seed`], which reads and writes itself.
pub struct SeedShape;

impl PartialSchema for SeedShape {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let dump = text().min_length(Some(1)).description(Some(
            "The path of a dump in the folder that the services run in.",
        ));
        let name = text()
            .pattern(Some("^[a-z_][a-z0-9_]{0,62}$"))
            .description(Some("A template database on the same server."));
        let database = ObjectBuilder::new()
            .property("database", name)
            .required("database");
        OneOfBuilder::new().item(dump).item(database).into()
    }
}

impl ToSchema for SeedShape {}
