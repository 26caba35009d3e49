//! Who it is that says something, in OpenTelemetry's words.

use opentelemetry::KeyValue;
use opentelemetry_proto::tonic::common::v1 as proto;
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use tempus_model::InstallationId;

use super::machine::{COMMIT, VERSION};
use crate::config;
use crate::server::Role;

/// The attributes of this process.
pub(super) struct Resource(Vec<(&'static str, String)>);

impl Resource {
    pub(super) fn of(
        settings: &config::Telemetry,
        role: Role,
        installation: InstallationId,
    ) -> Self {
        let service = match role {
            Role::All => "tempus",
            Role::Api => "tempus-api",
            Role::Worker => "tempus-worker",
        };
        Self(vec![
            ("service.name", service.to_owned()),
            ("service.namespace", settings.name.to_string()),
            ("service.version", VERSION.to_owned()),
            ("service.instance.id", uuid::Uuid::new_v4().to_string()),
            ("process.pid", std::process::id().to_string()),
            ("tempus.commit", COMMIT.to_owned()),
            ("tempus.installation.id", installation.to_string()),
        ])
    }

    /// As the SDK takes them.
    pub(super) fn of_traces(&self) -> opentelemetry_sdk::Resource {
        let attributes = self.0.iter();
        let attributes = attributes.map(|(key, value)| KeyValue::new(*key, value.clone()));
        opentelemetry_sdk::Resource::builder_empty()
            .with_attributes(attributes)
            .build()
    }

    /// As they go over the wire.
    pub(super) fn of_metrics(&self) -> ProtoResource {
        let attributes = self.0.iter().map(|(key, value)| attribute(key, value));
        ProtoResource {
            attributes: attributes.collect(),
            ..ProtoResource::default()
        }
    }
}

/// A text as an attribute.
pub(super) fn attribute(key: &str, value: &str) -> proto::KeyValue {
    let value = proto::any_value::Value::StringValue(value.to_owned());
    proto::KeyValue {
        key: key.to_owned(),
        value: Some(proto::AnyValue { value: Some(value) }),
        ..proto::KeyValue::default()
    }
}
