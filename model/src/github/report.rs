//! What is said about a preview on GitHub: rendered whole from what is stored, so that saying it again
//! changes nothing, and what was lost is made up for by the next look.
//!
//! Nothing in it depends on the time at which it is rendered: the cost so far is that at the preview's
//! last change. Otherwise every look would be an edit.

use std::fmt::Write;

use super::{Absent, CommandKind, Source, SourceKey, Verdict};
use crate::{
    Absence, Desired, Failure, Footprint, InstallationId, Job, JobStatus, Phase, Prices, Receipt,
    Row, Snapshot, StepState, Timestamp,
};

/// The longest that is shown of an application's own words, in bytes.
const SHOWN: usize = 4000;
/// The longest description that GitHub takes of a status, in characters.
const DESCRIPTION: usize = 140;

/// Everything that a report is rendered from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The installation of Tempus.
    pub installation: InstallationId,
    /// The source.
    pub source: &'a Source,
    /// What it calls for, as far as that is known.
    pub verdict: Option<&'a Verdict>,
    /// Its latest preview.
    pub preview: Option<&'a Snapshot>,
    /// That preview's newest job, as its row shows it.
    pub job: Option<&'a Job>,
    /// The proof that it is gone.
    pub receipt: Option<&'a Receipt>,
    /// What it costs, where it costs anything.
    pub cost: Option<Cost<'a>>,
    /// Where more can be read.
    pub links: Links<'a>,
}

/// What a preview costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost<'a> {
    /// The prices.
    pub prices: &'a Prices,
    /// What is wanted of it takes this.
    pub wanted: Footprint,
}

/// Where more can be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Links<'a> {
    /// The API's public address, without a slash at its end.
    pub api: Option<&'a str>,
}

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The comment; `None` where there is nothing worth one.
    pub comment: Option<String>,
    /// The status of the commit that the preview was called for by.
    pub status: Option<CommitStatus>,
    /// The deployment of that commit.
    pub deployment: Option<DeploymentReport>,
}

/// A commit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStatus {
    /// The commit.
    pub sha: String,
    /// How it stands.
    pub state: CommitState,
    /// In a few words.
    pub description: String,
    /// What it links to.
    pub url: Option<String>,
}

/// How a commit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitState {
    /// Not known yet.
    Pending,
    /// Good.
    Success,
    /// Not good.
    Failure,
}

impl CommitState {
    /// In GitHub's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentReport {
    /// The commit.
    pub sha: String,
    /// The environment's name.
    pub environment: String,
    /// How it stands.
    pub state: DeploymentState,
    /// In a few words.
    pub description: String,
    /// Where the preview answers, if it does.
    pub url: Option<String>,
    /// Where its logs are.
    pub log_url: Option<String>,
}

/// How a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentState {
    /// Being made.
    InProgress,
    /// Running.
    Success,
    /// It could not be made.
    Failure,
    /// Gone.
    Inactive,
}

impl DeploymentState {
    /// In GitHub's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Inactive => "inactive",
        }
    }
}

/// The hidden line by which a source's own comment is found.
pub fn marker(installation: InstallationId, source: &SourceKey) -> String {
    let (scope, item) = (source.scope(), source.item());
    format!("<!-- tempus {installation} {scope} {item} -->")
}

/// What there is to say.
pub fn render(scene: &Scene<'_>) -> Report {
    let about = scene.preview.zip(scene.called_for());
    Report {
        comment: scene.comment(),
        status: about.map(|(preview, sha)| scene.status(preview, sha)),
        deployment: about
            .filter(|_| scene.source.tended.problem.is_none())
            .map(|(preview, sha)| scene.deployment(preview, sha)),
    }
}

impl Scene<'_> {
    /// The commit that the preview was called for by. After its end it is what was said last.
    fn called_for(&self) -> Option<&str> {
        let tended = &self.source.tended;
        let made = tended.made.as_ref().map(|call| call.sha.as_str());
        let deployed = tended.posted.deployment.as_ref();
        made.or_else(|| deployed.map(|deployed| deployed.sha.as_str()))
    }

    fn comment(&self) -> Option<String> {
        let tended = &self.source.tended;
        let waits = matches!(self.verdict, Some(Verdict::Absent(Absent::Unapproved(_))));
        let silent = self.preview.is_none()
            && tended.answer.is_none()
            && tended.problem.is_none()
            && tended.posted.comment.is_none();
        if silent && !waits {
            return None;
        }
        let mut text = marker(self.installation, &self.source.key);
        text.push('\n');
        if let Some(preview) = self.preview {
            self.preview_lines(&mut text, preview);
        } else {
            text.push_str("### No preview\n");
        }
        self.verdict_lines(&mut text);
        if let Some(problem) = &tended.problem {
            paragraph(&mut text, "No preview could be made of the latest commit:");
            quote(&mut text, &[problem.as_str()]);
        }
        let wanted = self.preview.is_some_and(|of| of.row.desired.is_present());
        if let Some(warning) = tended.warning.as_ref().filter(|_| wanted) {
            paragraph(&mut text, &format!("When it was called for: {warning}."));
        }
        if let Some(answer) = &tended.answer {
            paragraph(&mut text, answer);
        }
        Some(text)
    }

    fn preview_lines(&self, text: &mut String, preview: &Snapshot) {
        let (identity, row) = (&preview.identity, &preview.row);
        let phase = row.phase();
        let _ = writeln!(
            text,
            "### Preview `{}`: {}",
            identity.name,
            words(row, self.receipt)
        );
        if let Some(url) = identity.url()
            && matches!(phase, Phase::Ready | Phase::Asleep | Phase::Updating)
        {
            paragraph(text, &format!("**<{url}>**"));
        }
        let mut facts = Vec::new();
        if let Some(sha) = self.called_for() {
            facts.push(("Commit", sha.to_owned()));
        }
        if row.desired.is_present() {
            let end = minute(row.expires_at);
            let pinned = row.pinned().map(|pin| {
                let reason = code(pin.reason.as_str());
                format!("{end}; pinned until {}: {reason}", minute(pin.until))
            });
            facts.push(("Ends", pinned.unwrap_or(end)));
        }
        if let Some(cost) = self.cost(preview) {
            facts.push(("Cost (estimate)", cost));
        }
        if let Some(api) = self.links.api.filter(|_| !row.is_gone()) {
            facts.push(("Logs", format!("{api}/preview/{}/logs", identity.id)));
        }
        text.push('\n');
        for (name, fact) in facts {
            let _ = writeln!(text, "- {name}: {fact}");
        }
        if row.is_ending() {
            let end = minute(row.expires_at);
            let line =
                format!("**Its time is over at {end}.** `/preview extend 2d` lets it live longer.");
            paragraph(text, &line);
        }
        if let Some(failure) = self.failure(row) {
            paragraph(text, "It failed:");
            let mut lines = vec![failure.reason.as_str()];
            lines.extend(failure.detail.iter().map(String::as_str));
            quote(text, &lines);
        }
        // Each edit counts against what GitHub allows, so steps are shown when all have their times.
        if let Some(job) = self
            .job
            .filter(|job| job.status.is_final() || row.parked.is_some())
        {
            timeline(text, job);
        }
        if let Some(receipt) = self.receipt {
            receipt_lines(text, receipt);
        }
    }

    /// Why the newest job failed, or the preview could not be made.
    fn failure<'s>(&'s self, row: &'s Row) -> Option<&'s Failure> {
        let of_job = self.job.and_then(|job| job.error.as_ref());
        let of_row = match &row.desired {
            Desired::Absent(Absence::Failed(failure)) => Some(failure),
            _ => None,
        };
        let parked = row.parked.as_ref().map(|parked| &parked.failure);
        of_job.or(of_row).or(parked)
    }

    fn verdict_lines(&self, text: &mut String) {
        let why = match self.verdict {
            Some(Verdict::Absent(why)) => why,
            Some(Verdict::Present(_)) if self.preview.is_some_and(|of| of.row.is_gone()) => {
                return paragraph(text, "The next push, or `/preview`, asks for another.");
            }
            _ => return,
        };
        let line = match why {
            Absent::Closed => return,
            Absent::Gone => "The App was taken away from this repository.".to_owned(),
            Absent::Stopped => {
                "It was stopped by a comment; `/preview` asks for another.".to_owned()
            }
            Absent::Draft => {
                "Drafts have no preview here; `/preview` asks for one all the same.".to_owned()
            }
            Absent::Unlabeled(labels) => {
                let labels: Vec<_> = labels.iter().map(|label| code(label)).collect();
                format!(
                    "It has a preview with one of these labels: {}. `/preview` asks for one all \
                     the same.",
                    labels.join(", ")
                )
            }
            Absent::Unapproved(sha) => format!(
                "This is a fork's commit, and runs only when somebody who may write to this \
                 repository has looked at it and comments `/preview {sha}`."
            ),
            Absent::HasPull(number) => format!("The branch has pull request #{number}."),
        };
        paragraph(text, &line);
    }

    /// What it has cost until its last change, and what it costs from then on.
    fn cost(&self, preview: &Snapshot) -> Option<String> {
        let Cost { prices, wanted } = self.cost?;
        let (spans, until) = (&preview.row.spans, preview.row.settled.at);
        let spent = prices.of(spans.used_until(until));
        let said = if preview.row.is_gone() {
            format!("${spent:.2} in all")
        } else {
            let runs = spans.running().unwrap_or(wanted);
            let hourly = prices.hourly(runs);
            format!(
                "${spent:.2} by {}, then ${hourly:.3} an hour",
                minute(until)
            )
        };
        Some(format!(
            "{said} (prices of {}, {})",
            prices.region, prices.dated
        ))
    }

    fn status(&self, preview: &Snapshot, sha: &str) -> CommitStatus {
        let row = &preview.row;
        // What still runs is not of this commit.
        if let Some(problem) = &self.source.tended.problem {
            return CommitStatus {
                sha: sha.to_owned(),
                state: CommitState::Failure,
                description: short(problem),
                url: None,
            };
        }
        let failed = self.job.is_some_and(|job| job.status == JobStatus::Failed);
        let unmade = matches!(row.desired, Desired::Absent(Absence::Failed(_)));
        let state = match row.phase() {
            Phase::Ready | Phase::Asleep if failed => CommitState::Failure,
            Phase::Destroying if unmade => CommitState::Failure,
            Phase::Failed => CommitState::Failure,
            Phase::Ready | Phase::Asleep | Phase::Destroying | Phase::Destroyed => {
                CommitState::Success
            }
            Phase::Pending | Phase::Provisioning | Phase::Updating => CommitState::Pending,
        };
        let shown = matches!(row.phase(), Phase::Ready | Phase::Asleep | Phase::Updating);
        CommitStatus {
            sha: sha.to_owned(),
            state,
            description: short(&self.in_short(row)),
            url: preview.identity.url().filter(|_| shown).map(str::to_owned),
        }
    }

    fn deployment(&self, preview: &Snapshot, sha: &str) -> DeploymentReport {
        let (identity, row) = (&preview.identity, &preview.row);
        let failed = self.job.is_some_and(|job| job.status == JobStatus::Failed);
        let api = self.links.api;
        DeploymentReport {
            sha: sha.to_owned(),
            environment: format!("preview/{}", identity.name),
            state: match row.phase() {
                Phase::Ready | Phase::Asleep if failed => DeploymentState::Failure,
                Phase::Failed => DeploymentState::Failure,
                Phase::Ready | Phase::Asleep => DeploymentState::Success,
                Phase::Destroying | Phase::Destroyed => DeploymentState::Inactive,
                Phase::Pending | Phase::Provisioning | Phase::Updating => {
                    DeploymentState::InProgress
                }
            },
            description: short(&self.in_short(row)),
            url: identity.url().map(str::to_owned),
            log_url: api.map(|api| format!("{api}/preview/{}/logs", identity.id)),
        }
    }

    fn in_short(&self, row: &Row) -> String {
        match self.failure(row) {
            Some(failure) => format!("{}: {}", words(row, None), failure.reason),
            None => words(row, self.receipt),
        }
    }
}

/// The phase in words.
fn words(row: &Row, receipt: Option<&Receipt>) -> String {
    let words = match row.phase() {
        _ if row.parked.is_some() => "needs a person",
        Phase::Pending => "about to begin",
        Phase::Provisioning => "being made",
        Phase::Ready => "ready",
        Phase::Asleep => "asleep until somebody uses it",
        Phase::Updating => "ready, and moving to the latest commit",
        Phase::Destroying => "being removed",
        Phase::Destroyed if receipt.is_some() => "gone, and seen to be gone",
        Phase::Destroyed => "gone",
        Phase::Failed => "failed",
    };
    words.to_owned()
}

fn timeline(text: &mut String, job: &Job) {
    if job.steps.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n<details><summary>{} {}: {} steps</summary>\n\n| step | state | began | took |\n|---|---|---|---|\n",
        job.kind,
        job.status,
        job.steps.len()
    );
    for step in &job.steps {
        let took = step.finished_at.map_or_else(String::new, |end| {
            let began = step.undo_started_at.unwrap_or(step.started_at);
            format!("{:.1} s", began.until(end).as_secs_f64())
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {took} |",
            code(&step.step.to_string()),
            state(step.state),
            step.started_at,
        );
    }
    text.push_str("\n</details>\n");
}

const fn state(state: StepState) -> &'static str {
    match state {
        StepState::Running => "running",
        StepState::Waiting => "waiting",
        StepState::Done => "done",
        StepState::Failed => "failed",
        StepState::Removing => "being removed",
        StepState::Removed => "removed",
        StepState::Stuck => "stuck",
    }
}

fn receipt_lines(text: &mut String, receipt: &Receipt) {
    let _ = write!(
        text,
        "\n<details><summary>Receipt: {} removed, nothing found at {}</summary>\n\n",
        receipt.removed.len(),
        minute(receipt.verified_at)
    );
    for removed in &receipt.removed {
        let _ = writeln!(text, "- {} at {}", code(&removed.resource), removed.at);
    }
    for check in &receipt.checks {
        let _ = writeln!(text, "- looked for {} by {}: nothing", check.kind, check.by);
    }
    text.push_str("\n</details>\n");
}

fn paragraph(text: &mut String, line: &str) {
    let _ = write!(text, "\n{line}\n");
}

/// Somebody else's words, in which nothing is read as Markdown, a mention or a marker.
fn quote(text: &mut String, lines: &[&str]) {
    let mut whole = lines.join("\n");
    whole.truncate(whole.floor_char_boundary(SHOWN));
    let longest = whole.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = write!(text, "\n{fence}text\n{whole}\n{fence}\n");
}

/// A word as code.
fn code(word: &str) -> String {
    let plain: String = word
        .chars()
        .filter(|c| !matches!(c, '`' | '|') && !c.is_control())
        .collect();
    format!("`{plain}`")
}

/// A time to the minute, as people read it.
fn minute(time: Timestamp) -> String {
    let text = time.to_string();
    match text.split_once('T') {
        Some((day, rest)) if rest.len() > 5 => format!("{day} {} UTC", &rest[..5]),
        _ => text,
    }
}

/// As much as a description may have.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(DESCRIPTION).collect();
    if line.chars().count() > DESCRIPTION {
        short.pop();
        short.push('…');
    }
    short
}

impl CommandKind {
    /// What is answered to somebody who may not write.
    pub fn not_allowed(by: &str) -> String {
        format!(
            "{} may not: commands are for those who may write to this repository.",
            code(by)
        )
    }
}
