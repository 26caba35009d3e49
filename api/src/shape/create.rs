//! `POST /preview/create`, and the answer that every accepted change gets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tempus_model::{Autoscale, Checkout, JobId, PreviewId, Seed, Timestamp};
use utoipa::ToSchema;

use super::{AccessRequest, BudgetView, EstimateView, SeedShape, number, object};

/// Asks for a preview. An empty object is enough: it gets the default application for the default
/// time.
///
/// `command`, `image`, `dir`, `port`, `env`, `health_path`, `cpu`, `memory`, `replicas` and
/// `autoscale` describe a single service named `web`; several are listed in `services` instead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"ttl_hours": 2}))]
pub struct CreateRequest {
    /// How long the preview lives, in hours; may be fractional. Instead of `ttl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_hours: Option<f64>,
    /// How long the preview lives, such as `"90m"`, `"2h"` or `"7d"`. Instead of `ttl_hours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
    /// The preview's name: 1 to 40 characters of `a-z`, `0-9` and `-`. Part of its URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The login of whoever it belongs to; `local` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who may see it: `"open"`, `"link"` or `{"password": "…"}`. What the preview of this name has
    /// already unless given, or else what the server has by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessRequest>,
    /// After how long without a request it is put to sleep, such as `"30m"`; `"never"`, and never
    /// unless given.
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
    /// The port that the container listens on. A process is told its port in `PORT` instead.
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
    /// The path that answers 2xx or 3xx when the service is ready; `/` unless given.
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
    /// How many of it run; 1 unless given. Instead of `autoscale`.
    #[serde(
        deserialize_with = "number::amount",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 100)]
    pub replicas: Option<u32>,
    /// How many of it run, by load; where the platform cannot tell, one does. Instead of `replicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<AutoscaleRequest>,
    /// The services, instead of the single one that the fields above describe. The first answers
    /// at `/`.
    #[serde(
        deserialize_with = "object::list",
        skip_serializing_if = "Option::is_none"
    )]
    pub services: Option<Vec<ServiceRequest>>,
    /// What kind of a preview it is: a template that the platform has; `api-service` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What the database of an `api-database` begins with: the path of a dump in the folder that the
    /// services run in, or `{"database": "…"}`, a template database on the same server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SeedShape>)]
    pub seed: Option<Seed>,
    /// When the task of a `scheduled-worker` is run: a rate such as `rate(15 minutes)`, or the five
    /// fields of cron, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// How many days its log lines are kept, one of 1, 3, 5, 7, 14, 30, 60, 90 and so on; as the
    /// platform keeps all of them unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_retention_days: Option<u16>,
    /// The repository's full name, such as `octo/shop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The repository's stable id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<u64>,
    /// The pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr_number: Option<u64>,
    /// The branch, where there is no pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit, 7 to 64 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<String>,
    /// The installation of the GitHub App.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation_id: Option<u64>,
    /// The files that it runs on. Never from outside: see [`Checkout`].
    #[serde(skip)]
    pub checkout: Option<Checkout>,
}

/// One service of a preview.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceRequest {
    /// Its name within the preview: 1 to 40 characters of `a-z`, `0-9` and `-`.
    pub name: String,
    /// What to run, read by `/bin/sh -c`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The container image to run, where the platform runs containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The folder to run the command in, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// The port that the container listens on; 8000 and its place in the list unless given.
    #[serde(
        default,
        deserialize_with = "number::port",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1)]
    pub port: Option<u16>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// Environment variables whose values the platform looks up when the service starts, by
    /// reference: on AWS the ARN of a secret of Secrets Manager or of a parameter, on one machine a
    /// name in the server's secret file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<BTreeMap<String, String>>,
    /// The path that answers 2xx or 3xx when the service is ready; `/` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_path: Option<String>,
    /// The public path prefix. `/` for the first service unless given; any other service without
    /// one is private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// CPU units, 1024 to a core.
    #[serde(
        default,
        deserialize_with = "number::amount",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1)]
    pub cpu: Option<u32>,
    /// Memory in MiB.
    #[serde(
        default,
        deserialize_with = "number::amount",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1)]
    pub memory: Option<u32>,
    /// How many of it run; 1 unless given. Instead of `autoscale`.
    #[serde(
        default,
        deserialize_with = "number::amount",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 100)]
    pub replicas: Option<u32>,
    /// How many of it run, by load; where the platform cannot tell, one does. Instead of `replicas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<AutoscaleRequest>,
}

/// How many of a service run, by load: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoscaleRequest {
    /// Never more than this.
    #[schema(minimum = 1, maximum = 100)]
    pub max: u32,
    /// The average use of CPU that is aimed at, in percent; 70 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 10, maximum = 95)]
    pub cpu: Option<u32>,
}

impl From<AutoscaleRequest> for Autoscale {
    fn from(AutoscaleRequest { max, cpu }: AutoscaleRequest) -> Self {
        let cpu = cpu.unwrap_or(Self::CPU);
        Self { max, cpu }
    }
}

impl From<Autoscale> for AutoscaleRequest {
    fn from(Autoscale { max, cpu }: Autoscale) -> Self {
        Self {
            max,
            cpu: Some(cpu),
        }
    }
}

/// A change was accepted and is being carried out: poll the job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// The job to poll at `/job/{job_id}`.
    #[schema(value_type = String, format = Uuid)]
    pub job_id: JobId,
    /// The preview that it changes.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// Where the preview answers once it is ready; absent for one without a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_url: Option<String>,
    /// When its time is over.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// What it is about to cost, where that has a price. Not of a removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<EstimateView>,
    /// Budgets of this month that are nearly spent, or spent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetView>,
}
