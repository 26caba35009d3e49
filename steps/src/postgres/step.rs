//! The preview's database with its role.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempus_model::{PlannedStep, Seed, SpecId, StepId};

use super::Databases;
use super::audit::resource;
use super::folder::Folders;
use super::names::{Name, Stage};
use super::seed::Source;
use crate::{Ctx, PlanRequest, Progress, Resource, Step, StepError, planned};

/// Makes both.
pub(crate) struct Database {
    databases: Databases,
    folders: Box<dyn Folders>,
}

/// Which database. Without a seed the same for a preview's whole life, so no update touches it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DatabasePlan {
    /// Its name and the role's.
    name: String,
    /// What it begins with. Of no concern once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<PlannedSeed>,
}

/// Where what a database begins with comes from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlannedSeed {
    /// A template database.
    Database(String),
    /// A dump.
    Dump {
        /// Its path within the folder of the specification.
        path: String,
        /// The specification.
        spec: SpecId,
    },
}

impl Database {
    /// A step that makes databases on this server, and finds dumps in these folders.
    pub(crate) fn new(databases: Databases, folders: impl Folders + 'static) -> Self {
        let folders = Box::new(folders);
        Self { databases, folders }
    }

    /// The step of this preview.
    pub(crate) fn plan(request: &PlanRequest<'_>) -> Result<PlannedStep, StepError> {
        let name = Name::of(request.installation, request.identity.id);
        let seed = request.spec.seed.clone().map(|seed| match seed {
            Seed::Database(name) => PlannedSeed::Database(name),
            Seed::Dump(path) => PlannedSeed::Dump {
                path,
                spec: request.spec_id,
            },
        });
        planned::<Self>(
            StepId::single(Self::KIND),
            &DatabasePlan {
                name: name.as_str().to_owned(),
                seed,
            },
        )
    }
}

fn name(ctx: &dyn Ctx, planned: &DatabasePlan) -> Result<Name, StepError> {
    match Name::read(ctx.installation(), &planned.name) {
        Some((name, Stage::Whole)) => Ok(name),
        _ => Err(StepError::rejected(format!(
            "{} is no database of this installation's",
            planned.name
        ))),
    }
}

#[async_trait]
impl Step for Database {
    type Planned = DatabasePlan;
    type Output = ();

    const KIND: &'static str = super::KIND;

    fn deadline(&self) -> Duration {
        Duration::from_mins(10)
    }

    fn resource(&self, planned: &DatabasePlan) -> Option<Resource> {
        Some(resource(&planned.name))
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &DatabasePlan,
        _current: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let source = match &planned.seed {
            None => None,
            Some(PlannedSeed::Database(name)) => Some(Source::Database(name.clone())),
            Some(PlannedSeed::Dump { path, spec }) => Some(Source::Dump {
                folder: self.folders.folder(ctx, &*ctx.spec(*spec).await?),
                path: path.clone(),
            }),
        };
        let name = name(ctx, planned)?;
        self.databases.server()?.make(&name, source.as_ref()).await
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &DatabasePlan,
        _output: Option<&()>,
    ) -> Result<Progress<()>, StepError> {
        let name = name(ctx, planned)?;
        self.databases.server()?.remove(&name).await
    }
}
