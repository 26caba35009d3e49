//! The step trait, and its form without types that a saga is driven through.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tempus_model::{PlannedStep, StepId};

use crate::{Ctx, Resource, StepError};

/// How far a call got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<T> {
    /// Finished.
    Done(T),
    /// The platform is at work; the same call is made again later. Not an error, counted nowhere.
    Wait {
        /// When to look again.
        after: Duration,
        /// What is waited for.
        reason: String,
        /// Whether the platform is expected to say by itself when it is over ([`Platform::event`]): the look
        /// is for the case that it does not, and may be late.
        ///
        /// [`Platform::event`]: crate::Platform::event
        told: bool,
    },
}

impl<T> Progress<T> {
    /// Not yet.
    pub fn wait(after: Duration, reason: impl Into<String>) -> Self {
        Self::Wait {
            after,
            reason: reason.into(),
            told: false,
        }
    }

    /// Not yet, and the platform says when.
    pub fn wait_to_be_told(after: Duration, reason: impl Into<String>) -> Self {
        Self::Wait {
            after,
            reason: reason.into(),
            told: true,
        }
    }

    /// The same progress of something made from it, if that can be made.
    pub fn try_map<U, E>(self, with: impl FnOnce(T) -> Result<U, E>) -> Result<Progress<U>, E> {
        Ok(match self {
            Self::Done(value) => Progress::Done(with(value)?),
            Self::Wait {
                after,
                reason,
                told,
            } => Progress::Wait {
                after,
                reason,
                told,
            },
        })
    }
}

/// Makes one resource, and can remove it.
///
/// `Planned` is made by the platform's plan, purely, and frozen in the row before the first call:
/// names, tokens and random choices are in it and never made here. Both calls may be made any
/// number of times, by workers that know nothing of each other, and have one effect:
///
/// - `execute` is find-or-create by the planned name. `current` is what an earlier run returned,
///   possibly for another `Planned`: then the resource is changed to this one.
/// - `compensate` works with no output at all; what is not found is removed.
#[async_trait]
pub trait Step: Send + Sync + 'static {
    /// What is fixed before the first call.
    type Planned: Serialize + DeserializeOwned + Send + Sync;
    /// What is known afterwards: addresses the platform chose.
    type Output: Serialize + DeserializeOwned + Send + Sync;

    /// The step's kind: the part of its [`StepId`] before the colon.
    const KIND: &'static str;

    /// How long the step may take before it counts as rejected.
    fn deadline(&self) -> Duration;

    /// What it makes, as an inventory would list it; `None` if it makes nothing that can be left
    /// behind.
    fn resource(&self, planned: &Self::Planned) -> Option<Resource>;

    /// Makes the resource, or finds that it is there.
    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &Self::Planned,
        current: Option<&Self::Output>,
    ) -> Result<Progress<Self::Output>, StepError>;

    /// Removes the resource, or finds that it is gone.
    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &Self::Planned,
        output: Option<&Self::Output>,
    ) -> Result<Progress<()>, StepError>;
}

/// A step as a saga sees it: what is planned and what comes out is JSON in the row.
#[async_trait]
pub trait AnyStep: Send + Sync {
    /// The step's kind.
    fn kind(&self) -> &'static str;
    /// See [`Step::deadline`].
    fn deadline(&self) -> Duration;
    /// See [`Step::resource`]. `None` too for what cannot be read.
    fn resource(&self, planned: &RawValue) -> Option<Resource>;
    /// See [`Step::execute`].
    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &RawValue,
        current: Option<&RawValue>,
    ) -> Result<Progress<Arc<RawValue>>, StepError>;
    /// See [`Step::compensate`].
    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &RawValue,
        output: Option<&RawValue>,
    ) -> Result<Progress<()>, StepError>;
}

#[async_trait]
impl<S: Step> AnyStep for S {
    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn deadline(&self) -> Duration {
        Step::deadline(self)
    }

    fn resource(&self, planned: &RawValue) -> Option<Resource> {
        Step::resource(self, &read(planned).ok()?)
    }

    async fn execute(
        &self,
        ctx: &dyn Ctx,
        planned: &RawValue,
        current: Option<&RawValue>,
    ) -> Result<Progress<Arc<RawValue>>, StepError> {
        let planned = read(planned)?;
        let current = current.map(read).transpose()?;
        let progress = Step::execute(self, ctx, &planned, current.as_ref()).await?;
        progress.try_map(|output| raw(&output))
    }

    async fn compensate(
        &self,
        ctx: &dyn Ctx,
        planned: &RawValue,
        output: Option<&RawValue>,
    ) -> Result<Progress<()>, StepError> {
        let planned = read(planned)?;
        // An output that an older or newer version wrote is as good as none: compensation works
        // from what was planned.
        let output = output.and_then(|output| read(output).ok());
        Step::compensate(self, ctx, &planned, output.as_ref()).await
    }
}

/// A step of a plan, with what is fixed for it.
pub fn planned<S: Step>(step: StepId, fixed: &S::Planned) -> Result<PlannedStep, StepError> {
    debug_assert_eq!(step.kind(), S::KIND);
    Ok(PlannedStep {
        step,
        planned: Some(raw(fixed)?),
    })
}

fn raw<T: Serialize>(value: &T) -> Result<Arc<RawValue>, StepError> {
    let raw = serde_json::value::to_raw_value(value);
    raw.map(Arc::from)
        .map_err(|error| StepError::rejected(format!("cannot be stored: {error}")))
}

fn read<T: DeserializeOwned>(value: &RawValue) -> Result<T, StepError> {
    serde_json::from_str(value.get()).map_err(|error| {
        StepError::rejected(format!(
            "was stored by a version that this one cannot read: {error}"
        ))
    })
}
