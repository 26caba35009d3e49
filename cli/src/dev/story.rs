//! The life of one preview, as `dev` shows it: made, up, removed, proved gone.
//!
//! Nothing here knows what comes next: the preview is asked again and again, and whatever job it
//! has is shown. So an update by somebody else, an early destroy, or a server that was restarted
//! half-way need no cases of their own.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use tempus_api::shape::{CreateRequest, JobView, LinkQuery, PreviewView};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{AccessMode, JobId, JobKind, JobStatus, Phase, PreviewId, Ttl};

use crate::client::Client;
use crate::commands::access::AccessWord;
use crate::commands::create::name_of;
use crate::commands::receipt::{has_findings, text, until_proved};
use crate::failure::Failure;
use crate::output::Exit;
use crate::output::time::{exact, lifetime, relative, rough};
use crate::progress::{Progress, failure, follow, outcome};
use crate::repository_file::{Asked, Repository};

/// How often the preview is looked at while nothing happens.
const POLL: Duration = Duration::from_millis(300);

/// How much longer than its delay the receipt's check may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// What `dev` asks for.
pub(super) fn asks(dir: &Path, name: Option<String>, ttl: Option<Ttl>) -> Result<Asked, Failure> {
    let mut asked = Repository::of_folder(dir)?.asks()?;
    let request = &mut asked.request;
    request.name = name.or_else(|| name_of(dir));
    if let Some(ttl) = ttl {
        request.ttl = Some(lifetime(ttl.duration()));
    }
    request.access = asked.access.map(AccessWord::request).transpose()?;
    asked.complete();
    Ok(asked)
}

pub(super) struct Story<'a> {
    client: &'a Client,
    progress: &'a mut Progress,
    /// How long after its destroy the receipt's check comes.
    verify_delay: Duration,
    /// Whether a parked saga ends the story: nobody is there to replay it.
    must_end: bool,
    told: HashSet<JobId>,
    /// Jobs whose reason for being parked has been shown.
    parked: HashSet<JobId>,
    /// The first thing that fell short. The story goes on: there is still something to remove.
    short: Option<Failure>,
}

impl<'a> Story<'a> {
    pub(super) fn new(
        client: &'a Client,
        progress: &'a mut Progress,
        verify_delay: Duration,
        must_end: bool,
    ) -> Self {
        Self {
            client,
            progress,
            verify_delay,
            must_end,
            told: HashSet::new(),
            parked: HashSet::new(),
            short: None,
        }
    }

    /// Asks for the preview and shows its life. What fell short is the error.
    pub(super) async fn tell(mut self, asked: &Asked) -> Result<(), Failure> {
        for note in &asked.notes {
            self.progress.line(&format!("note: {note}"))?;
        }
        let ended = self.live(&asked.request).await;
        self.progress.idle()?;
        ended?;
        self.short.map_or(Ok(()), Err)
    }

    async fn live(&mut self, request: &CreateRequest) -> Result<(), Failure> {
        if let Some(name) = &request.name
            && let Some(found) = self.client.find_live(name).await?
        {
            let age = rough(found.created_at.until(SystemClock.now()));
            let line = match found.phase {
                Phase::Destroying => format!("{name}: the one before is being removed first"),
                _ => format!("{name} is there since {age}: updating it"),
            };
            self.progress.line(&line)?;
        }
        let accepted = self.client.create(request).await?.value;
        self.job(accepted.job_id).await?;
        loop {
            let preview = self.client.preview(accepted.preview_id).await?.value;
            let open = preview.open_jobs.iter().map(|job| job.job_id);
            let next = open
                .chain([preview.last_job.job_id])
                .find(|job| !self.told.contains(job));
            if let Some(job) = next {
                self.job(job).await?;
            }
            if preview.phase.is_gone() {
                break;
            }
            self.rest(&preview)?;
            tokio::time::sleep(POLL).await;
        }
        self.receipt(accepted.preview_id).await
    }

    async fn job(&mut self, job: JobId) -> Result<(), Failure> {
        let job = follow(self.client, job, self.progress).await?;
        if job.status.is_final() {
            // A parked job may yet go on: it is told again until it is over.
            self.told.insert(job.job_id);
        }
        match job.status {
            JobStatus::Failed => self.fell_short(&job, Exit::Failed)?,
            JobStatus::Parked if self.must_end => return Err(fallen(&job, Exit::Parked)),
            JobStatus::Parked if self.parked.insert(job.job_id) => {
                let reason = job.error.as_ref().map(failure).unwrap_or_default();
                self.progress.line(&reason)?;
            }
            JobStatus::Succeeded if job.kind != JobKind::Destroy => {
                let preview = self.client.preview(job.preview_id).await?.value;
                let ends = relative(SystemClock.now(), preview.expires_at);
                let what = preview.url.as_deref().unwrap_or(&preview.name);
                self.progress.line(&format!("\n  {what}  (ends {ends})"))?;
                if preview.access != AccessMode::Open {
                    self.link(&preview).await?;
                }
                self.progress.line("")?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Shows a link to a protected preview. It may be gone again by now, which is told elsewhere.
    async fn link(&mut self, preview: &PreviewView) -> Result<(), Failure> {
        let query = LinkQuery::default();
        if let Ok(link) = self.client.link(preview.preview_id, &query).await {
            let (mode, url) = (preview.access, link.value.url);
            self.progress
                .line(&format!("  protected by {mode}; a link: {url}"))?;
        }
        Ok(())
    }

    fn fell_short(&mut self, job: &JobView, exit: Exit) -> Result<(), Failure> {
        let fallen = fallen(job, exit);
        if let Some(error) = &job.error {
            self.progress.line(&failure(error))?;
        }
        self.short.get_or_insert(fallen);
        Ok(())
    }

    fn rest(&mut self, preview: &PreviewView) -> Result<(), Failure> {
        if preview.parked {
            let help = format!(
                "parked: `tempus dead-letters replay {}` lets it go on",
                preview.name
            );
            return Ok(self.progress.waiting("parked", &help)?);
        }
        if preview.phase == Phase::Asleep {
            let line = format!("{} sleeps until somebody uses it", preview.name);
            self.progress.waiting("asleep", &line)?;
        }
        if preview.phase == Phase::Ready {
            let left = rough(SystemClock.now().until(preview.expires_at));
            self.progress
                .waiting("up", &format!("{} is up, {left} left", preview.name))?;
        }
        Ok(())
    }

    async fn receipt(&mut self, preview: PreviewId) -> Result<(), Failure> {
        self.progress
            .waiting("proof", "looking once more whether anything is left")?;
        let longest = self.verify_delay + PATIENCE;
        let proved = tokio::time::timeout(longest, until_proved(self.client, preview)).await;
        let Ok(receipt) = proved else {
            let after = exact(longest);
            let message = format!("there is no receipt after {after}: it is not proved gone");
            self.short
                .get_or_insert(Failure::new(Exit::NotProved, message));
            return Ok(());
        };
        let receipt = match receipt {
            Ok(answer) => answer.value,
            Err(error) => {
                let message = format!("there is no receipt: {error}");
                self.short
                    .get_or_insert(Failure::new(Exit::NotProved, message));
                return Ok(());
            }
        };
        self.progress
            .line(&format!("\nreceipt\n{}", text(&receipt)))?;
        if has_findings(&receipt) {
            let message = "the receipt has findings: something was left over by its steps";
            self.short
                .get_or_insert(Failure::new(Exit::NotProved, message));
        }
        Ok(())
    }
}

fn fallen(job: &JobView, exit: Exit) -> Failure {
    let reason = job
        .error
        .as_ref()
        .map(|error| format!(": {}", failure(error)));
    Failure::new(
        exit,
        format!("{}{}", outcome(job), reason.unwrap_or_default()),
    )
}

#[cfg(test)]
mod tests;
