//! The end of a verify: compare with what really exists, remove what no ledger knows, and vouch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tempus_model::{
    Course, Failure, FailureKind, Receipt, Removed, StepId, StepState, Timestamp, broken,
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
    /// Nothing was found that should not be; the row is written.
    Vouched,
    /// Something is on its way out.
    Wait(Timestamp),
    /// Something cannot be removed.
    Stuck(Failure),
}

/// How long the platform may fail to say what exists before a person is asked to look.
const DEADLINE: Duration = Duration::from_mins(15);

impl Drive<'_> {
    pub(crate) async fn audit(&mut self) -> Result<AuditEnd, NotWritten> {
        let ctx = Arc::new(AttemptCtx {
            parts: self.parts.clone(),
            identity: Arc::clone(&self.held.identity),
            generation: self.held.saga.generation,
            expires_at: self.held.saga.expires_at,
            since: self.held.saga.started_at,
            trust: Trust::Suspect,
        });
        let ledger = self.held.ledger.clone();
        let looking = Arc::clone(&ctx);
        let audit = self
            .call(async move { looking.parts.platform.audit(&*looking, &ledger).await })
            .await?;
        let audit = match audit {
            Ok(audit) => audit,
            Err(error) => return Ok(self.try_later(&error)),
        };
        if audit.strays.is_empty() || broken!(BlindVerify) {
            return self.vouch(audit).await;
        }
        let mut until = None;
        for stray in audit.strays {
            tracing::warn!(
                kind = stray.resource.kind,
                name = stray.resource.name,
                "found something that no ledger knows: removing it"
            );
            let (ctx, removing) = (Arc::clone(&ctx), stray.clone());
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
        if !self.held.has_time_for(self.config.call) {
            self.held.renew().await?;
        }
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
        let (step, now) = (StepId::single("audit"), self.parts.now());
        let saga = &mut self.held.saga;
        saga.begin(&step, StepState::Running, now);
        let Some(progress) = saga.progress_mut(&step) else {
            return AuditEnd::Wait(now);
        };
        progress.attempts += 1;
        progress.error = Some(error.to_string());
        if progress.since.get_or_insert(now).after(DEADLINE) <= now {
            return AuditEnd::Stuck(Failure {
                kind: FailureKind::Deadline,
                step: Some(step),
                reason: format!("what exists could not be listed for 15 minutes: {error}"),
                detail: Vec::new(),
            });
        }
        let most = self.config.backoff_most;
        AuditEnd::Wait(now.after(pause(self.config.backoff, most, progress.attempts)))
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
        }
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
                    removed
                        .entry(step.clone())
                        .or_insert(Removed { step, resource, at });
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
            progress.resource = Some(stray.resource.name.clone());
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
            resource: progress.resource.clone().unwrap_or_default(),
            at: progress.finished_at.unwrap_or(progress.started_at),
        })
        .collect()
    }
}
