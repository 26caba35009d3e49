//! `POST /preview/{preview_id}/update`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tempus_model::Seed;
use utoipa::ToSchema;

use super::{AccessRequest, AutoscaleRequest, SeedShape, ServiceRequest, number, object};

/// Moves a preview to another specification. What is not given stays as it is; an empty object
/// asks for what already runs.
///
/// The fields of a single service change the preview's only service, and are refused where it has
/// several; `changes` changes some of several, and `services` replaces all of them. An `image` replaces
/// a `command` and the other way round; `env` is replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"commit_sha": "0a1b2c3d"}))]
pub struct UpdateRequest {
    /// A new lifetime from now, in hours; may be fractional. Instead of `ttl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_hours: Option<f64>,
    /// A new lifetime from now, such as `"90m"`, `"2h"` or `"7d"`. Instead of `ttl_hours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
    /// Who may see it: `"open"`, `"link"` or `{"password": "…"}`. Restarts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessRequest>,
    /// After how long without a request it is put to sleep, such as `"30m"`, or `"never"`. Restarts
    /// nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleep: Option<String>,
    /// What to run, read by `/bin/sh -c`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The container image to run, where the platform runs containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The folder to run the command in, absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// The port that the container listens on.
    #[serde(
        deserialize_with = "number::port",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1)]
    pub port: Option<u16>,
    /// Environment variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// Environment variables whose values the platform looks up when the service starts, by
    /// reference: on AWS the ARN of a secret of Secrets Manager or of a parameter, on one machine a
    /// name in the server's secret file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<BTreeMap<String, String>>,
    /// The path that answers 2xx or 3xx when the service is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_path: Option<String>,
    /// CPU units, 1024 to a core.
    #[serde(
        deserialize_with = "number::amount",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1)]
    pub cpu: Option<u32>,
    /// Memory in MiB.
    #[serde(
        deserialize_with = "number::amount",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1)]
    pub memory: Option<u32>,
    /// How many of it run. Replaces `autoscale`.
    #[serde(
        deserialize_with = "number::amount",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 100)]
    pub replicas: Option<u32>,
    /// How many of it run, by load; where the platform cannot tell, one does. Replaces `replicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<AutoscaleRequest>,
    /// The services, replacing all that there are.
    #[serde(
        deserialize_with = "object::list",
        skip_serializing_if = "Option::is_none"
    )]
    pub services: Option<Vec<ServiceRequest>>,
    /// Services by their names, with what of them is changed: the fields that are not given stay as they
    /// are, and so do the other services. Instead of `services`, which alone can change a `path`.
    #[serde(
        deserialize_with = "object::list",
        skip_serializing_if = "Option::is_none"
    )]
    pub changes: Option<Vec<ServiceRequest>>,
    /// What kind of a preview it is: a template that the platform has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What the database of an `api-database` begins with, if this update makes it: the path of a dump
    /// in the folder that the services run in, or `{"database": "…"}`, a template database.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SeedShape>)]
    pub seed: Option<Seed>,
    /// When the task of a `scheduled-worker` is run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// How many days its log lines are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_retention_days: Option<u16>,
    /// The commit, 7 to 64 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<String>,
}
