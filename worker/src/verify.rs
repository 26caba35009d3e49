//! The end of a verify: compare with what really exists, remove what no ledger knows, and vouch. The
//! same look, before a person is asked what keeps a compensation from its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tempus_model::{
    Course, Failure, FailureKind, Receipt, Removed, StepId, StepProgress, StepState, Timestamp,
    broken,
};
use tempus_steps::{Audit, Landed, Progress, StepError, Stray, Trust};
use tracing::Instrument;

use crate::backoff::pause;
use crate::ctx::AttemptCtx;
use crate::drive::Drive;
use crate::held::{Held, NotWritten};
use crate::metrics;

/// How a look at what exists ended.
pub(crate) enum AuditEnd {
    /// Something was removed: look again.
    Again,
    /// There is nothing that should not be.
    Clear,
    /// Nothing was found that should not be; the row is written.
    Vouched,
    /// Something is on its way out.
    Wait(Timestamp),
    /// Something cannot be removed.
    Stuck(Failure),
}

/// The step under which looks are counted.
const AUDIT: &str = "audit";

/// How often what is in the way of a removal is removed before a person is asked.
const CLEARINGS: u32 = 5;

/// How long the platform may fail to say what exists before a person is asked to look.
const DEADLINE: Duration = Duration::from_mins(15);

impl Drive<'_> {
    pub(crate) async fn audit(&mut self) -> Result<AuditEnd, NotWritten> {
        let ctx = self.suspecting();
        let audit = match self.look_at_all(&ctx).await? {
            Ok(audit) => audit,
            Err(error) => return Ok(self.try_later(&error)),
        };
        if audit.strays.is_empty() || broken!(BlindVerify) {
            return self.vouch(audit).await;
        }
        self.remove(&ctx, audit.strays).await
    }

    /// Removes what no ledger knows and may be in the way of a removal: a rule that a dead worker's
    /// call made after its compensation keeps the target group that it leads to, and no replay of
    /// the removal alone would ever end that.
    pub(crate) async fn clear_the_way(&mut self) -> Result<AuditEnd, NotWritten> {
        let tries = self.held.saga.progress(&StepId::single(AUDIT));
        let enough = tries.is_some_and(|tries| tries.attempts >= CLEARINGS);
        if !self.held.is_suspect() || enough || broken!(AskAtOnce) {
            return Ok(AuditEnd::Clear);
        }
        let ctx = self.suspecting();
        let audit = match self.look_at_all(&ctx).await? {
            Ok(audit) => audit,
            Err(error) => return Ok(self.try_later(&error)),
        };
        if audit.strays.is_empty() {
            return Ok(AuditEnd::Clear);
        }
        self.count_look(self.parts.now());
        let end = self.remove(&ctx, audit.strays).await?;
        self.held.saga.retry_anew();
        Ok(end)
    }

    fn suspecting(&self) -> Arc<AttemptCtx> {
        Arc::new(AttemptCtx {
            parts: self.parts.clone(),
            identity: Arc::clone(&self.held.identity),
            generation: self.held.saga.generation,
            expires_at: self.held.saga.expires_at,
            since: self.held.saga.started_at,
            trust: Trust::Suspect,
        })
    }

    async fn look_at_all(
        &mut self,
        ctx: &Arc<AttemptCtx>,
    ) -> Result<Result<Audit, StepError>, NotWritten> {
        let (ctx, ledger) = (Arc::clone(ctx), self.held.ledger.clone());
        self.call(async move { ctx.parts.platform.audit(&*ctx, &ledger).await })
            .await
    }

    async fn remove(
        &mut self,
        ctx: &Arc<AttemptCtx>,
        strays: Vec<Stray>,
    ) -> Result<AuditEnd, NotWritten> {
        let mut until = None;
        for stray in strays {
            tracing::warn!(
                kind = stray.resource.kind,
                name = stray.resource.name,
                "found something that no ledger knows: removing it"
            );
            let (ctx, removing) = (Arc::clone(ctx), stray.clone());
            let removed = self
                .call(async move { ctx.parts.platform.remove(&*ctx, &removing).await })
                .await?;
            match removed {
                Ok(Progress::Done(())) => self.held.removed_late(&stray, self.parts.now()),
                Ok(Progress::Wait { after, .. }) => until = Some(self.parts.now().after(after)),
                Err(StepError::Rejected { reason, detail }) => {
                    return Ok(AuditEnd::Stuck(Failure {
                        kind: FailureKind::Rejected,
                        step: None,
                        reason: format!("{} cannot be removed: {reason}", stray.resource.name),
                        detail,
                    }));
                }
                Err(error) => return Ok(self.try_later(&error)),
            }
        }
        Ok(until.map_or(AuditEnd::Again, AuditEnd::Wait))
    }

    /// Makes a call that is never dropped, and keeps the lease meanwhile.
    async fn call<T: Send + 'static>(
        &mut self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, NotWritten> {
        self.held.make_time_for(self.config.call).await?;
        let mut call = self.tasks.spawn(call.in_current_span());
        loop {
            tokio::select! {
                biased;
                answer = &mut call => return answer.map_err(|_| NotWritten::Lost),
                () = tokio::time::sleep_until(self.held.renewal_due()) => self.held.renew().await?,
            }
        }
    }

    fn try_later(&mut self, error: &StepError) -> AuditEnd {
        if matches!(
            error,
            StepError::Transient {
                landed: Landed::Unknown,
                ..
            }
        ) {
            self.held.lost_answers += 1;
        }
        let now = self.parts.now();
        let Some(progress) = self.count_look(now) else {
            return AuditEnd::Wait(now);
        };
        let attempts = progress.attempts;
        progress.error = Some(error.to_string());
        if progress.since.get_or_insert(now).after(DEADLINE) <= now {
            return AuditEnd::Stuck(Failure {
                kind: FailureKind::Deadline,
                step: Some(StepId::single(AUDIT)),
                reason: format!("what exists could not be listed for 15 minutes: {error}"),
                detail: Vec::new(),
            });
        }
        let most = self.config.backoff_most;
        AuditEnd::Wait(now.after(pause(self.config.backoff, most, attempts)))
    }

    /// Counts a look that was not the last.
    fn count_look(&mut self, now: Timestamp) -> Option<&mut StepProgress> {
        let (saga, step) = (&mut self.held.saga, StepId::single(AUDIT));
        saga.begin(&step, StepState::Running, now);
        let progress = saga.progress_mut(&step)?;
        progress.attempts += 1;
        Some(progress)
    }

    async fn vouch(&mut self, audit: Audit) -> Result<AuditEnd, NotWritten> {
        let now = self.parts.now();
        let receipt = if self.held.saga.course == Course::Unwind {
            Some(self.receipt(audit, now).await?)
        } else {
            None
        };
        let verify_at = self.verify_at(now);
        let trusted = self.held.saga.vouches == Some(self.held.row().suspicion)
            && self.held.lost_answers == 0;
        if !trusted {
            self.send_ahead(verify_at).await;
        } else if let Some(idle_at) = self.held.idle_at() {
            self.send_ahead(idle_at).await;
        }
        self.send_for_warning().await;
        self.held.vouch(receipt, verify_at).await?;
        self.send_late(!trusted).await;
        tracing::info!(trusted, phase = %self.held.row().phase(), "verified");
        self.after_release().await;
        Ok(AuditEnd::Vouched)
    }

    /// The proof: what the preview's jobs removed, what only this verify found, and a listing
    /// that finds nothing.
    async fn receipt(&self, audit: Audit, now: Timestamp) -> Result<Receipt, NotWritten> {
        let (row, identity) = (self.held.row(), &self.held.snapshot.identity);
        let mut removed = BTreeMap::new();
        for job in self
            .parts
            .store
            .jobs(identity.id, 50)
            .await
            .unwrap_or_default()
        {
            for step in job.steps {
                if let (Some(resource), Some(at), Some(_)) =
                    (step.resource, step.finished_at, step.undo_started_at)
                {
                    let step = step.step.to_string();
                    removed.entry(step.clone()).or_insert(Removed {
                        step,
                        resource: resource.to_string(),
                        at,
                    });
                }
            }
        }
        Ok(Receipt {
            preview_id: identity.id,
            installation: self.parts.store.installation(),
            generation: row.generation,
            destroyed_at: row.settled.at,
            verified_at: now,
            checks: audit.checks,
            removed: removed.into_values().collect(),
            found_late: self.held.found_late(),
        })
    }
}

/// The kind under which a verify's removals are kept in its saga, so that they survive a wait.
const LATE: &str = "late";

impl Held {
    fn removed_late(&mut self, stray: &Stray, now: Timestamp) {
        metrics::found_late();
        let step = StepId::of(
            LATE,
            &format!("{} {}", stray.resource.kind, stray.resource.name),
        );
        self.saga.begin(&step, StepState::Removing, now);
        if let Some(progress) = self.saga.progress_mut(&step) {
            progress.state = StepState::Removed;
            progress.finished_at = Some(now);
            progress.resource = Some(stray.resource.name.as_str().into());
        }
    }

    fn found_late(&self) -> Vec<Removed> {
        let late = self
            .saga
            .progress
            .iter()
            .filter(|progress| progress.step.kind() == LATE);
        late.map(|progress| Removed {
            step: progress.step.item().unwrap_or_default().to_owned(),
            resource: progress.resource.as_deref().unwrap_or_default().to_owned(),
            at: progress.finished_at.unwrap_or(progress.started_at),
        })
        .collect()
    }
}
