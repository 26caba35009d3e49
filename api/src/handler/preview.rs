//! `GET /preview/{preview_id}` and `GET /previews`

use axum::Json;
use axum::extract::State;
use futures::{StreamExt, TryStreamExt, stream};
use tempus_engine::{Cursor, Filter, Page};
use tempus_model::{Absence, AccessMode, Desired, Phase, Row, Service, Snapshot, Spec, SpecId};
use tracing::warn;

use super::costs;
use crate::doc::Missing;
use crate::extract::{Query, Theirs};
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{
    Ending, JobSummary, PreviewView, Previews, PreviewsQuery, RunView, ServiceView,
};
use crate::state::Api;

/// How many of a preview's jobs are shown.
const JOBS: usize = 10;

/// How many previews are looked through for one page of a search.
const SEARCHED: usize = 2000;

/// How many of them are read at a time.
const LOOK: usize = 200;

/// How many specs of a page are read at a time.
const READS: usize = 16;

/// Show a preview
#[utoipa::path(
    get,
    path = "/preview/{preview_id}",
    tag = "previews",
    params(("preview_id" = Uuid, Path, description = "The preview")),
    responses(
        (status = 200, description = "The preview", body = PreviewView),
        Missing,
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Theirs(snapshot): Theirs<Snapshot>,
) -> Result<Json<PreviewView>, Refusal> {
    let jobs = api.store().jobs(snapshot.row.preview, JOBS).await?;
    let jobs = jobs.into_iter().map(|job| job.seen_with(&snapshot.row));
    let jobs = jobs.map(|job| JobSummary::from(&job)).collect();
    let runs = runs(&api, &snapshot).await;
    let mut view = view(&api, snapshot).await?;
    view.jobs = Some(jobs);
    view.runs = runs.filter(|_| view.schedule.is_some());
    Ok(Json(view))
}

/// The last runs of its task. That the platform cannot say is no reason to say nothing else.
async fn runs(api: &Api, of: &Snapshot) -> Option<Vec<RunView>> {
    match api.platform().runs(of).await {
        Ok(runs) => Some(runs?.into_iter().map(Into::into).collect()),
        Err(error) => {
            warn!(%error, preview = %of.identity.id, "a task's runs are not known");
            None
        }
    }
}

/// List previews
///
/// Newest first, a page at a time. What is gone stays listed, as history. Only an administrator sees
/// those of others.
#[utoipa::path(
    get,
    path = "/previews",
    tag = "previews",
    params(PreviewsQuery),
    responses((status = 200, description = "A page of previews", body = Previews))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<PreviewsQuery>,
) -> Result<Json<Previews>, Refusal> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Refusal::unreadable("limit", "must be 1 to 200"));
    }
    let filter = Filter {
        phases: phases(query.phase.as_deref().unwrap_or_default())?,
        owner: owner(&caller, query.owner)?,
        repository: query.repository,
        pr_number: query.pr,
        parked: query.parked.unwrap_or_default(),
    };
    let cursor = query.cursor.map(Cursor);
    let page = match query.search.as_deref().map(Search::read).transpose()? {
        Some(search) => search.list(&api, &filter, cursor, limit).await?,
        None => api.store().list(&filter, cursor.as_ref(), limit).await?,
    };
    let previews = stream::iter(page.items)
        .map(|snapshot| view(&api, snapshot))
        .buffered(READS)
        .try_collect()
        .await?;
    Ok(Json(Previews {
        previews,
        next_cursor: page.next.map(|Cursor(text)| text),
    }))
}

/// What is searched for, in small letters.
struct Search(String);

impl Search {
    fn read(text: &str) -> Result<Self, Refusal> {
        let text = text.trim().to_lowercase();
        if text.is_empty() || text.chars().count() > 200 {
            return Err(Refusal::unreadable("search", "must be 1 to 200 characters"));
        }
        Ok(Self(text))
    }

    /// A page of what is found among so many previews as are looked through for one.
    async fn list(
        &self,
        api: &Api,
        filter: &Filter,
        mut cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<Snapshot>, Refusal> {
        let mut items = Vec::new();
        for _ in 0..SEARCHED / LOOK {
            let mut page = api.store().list(filter, cursor.as_ref(), LOOK).await?;
            let mut found = page.items.iter().enumerate();
            let mut found = found.by_ref().filter(|(_, preview)| self.fits(preview));
            if let Some((last, _)) = found.nth(limit - items.len() - 1)
                && last + 1 < page.items.len()
            {
                // Where a page ends only the store can say: it is read again up to there.
                page = api.store().list(filter, cursor.as_ref(), last + 1).await?;
            }
            items.extend(page.items.into_iter().filter(|preview| self.fits(preview)));
            cursor = page.next;
            if cursor.is_none() || items.len() >= limit {
                break;
            }
        }
        Ok(Page {
            items,
            next: cursor,
        })
    }

    fn fits(&self, preview: &Snapshot) -> bool {
        let identity = &preview.identity;
        let origin = &identity.origin;
        let texts = [
            Some(identity.name.as_str()),
            Some(identity.owner.login.as_str()),
            origin.repository.as_deref(),
            origin.branch.as_deref(),
        ];
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| text.to_lowercase().contains(&self.0))
            || identity.id.to_string().starts_with(&self.0)
    }
}

/// Whose previews are listed: one's own, or anybody's to an administrator.
pub(super) fn owner(caller: &Caller, asked: Option<String>) -> Result<Option<String>, Refusal> {
    let own = &caller.owner;
    match asked {
        asked if caller.is_admin() => Ok(asked),
        Some(asked) if !caller.is_called(&asked) => Err(Refusal::other_owner("owner", &own.login)),
        _ => Ok(Some(own.id.clone())),
    }
}

fn phases(list: &str) -> Result<Vec<Phase>, Refusal> {
    let names = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            let mut all = Phase::ALL.into_iter();
            let phase = all.find(|phase| phase.as_str() == name);
            phase.ok_or_else(|| {
                let all = Phase::ALL.map(Phase::as_str).join(", ");
                Refusal::unreadable("phase", format!("{name:?} is none of {all}"))
            })
        })
        .collect()
}

/// The preview as a client sees it.
async fn view(api: &Api, snapshot: Snapshot) -> Result<PreviewView, Refusal> {
    let Snapshot { identity, row } = snapshot;
    let spec = match spec_id(api, &row).await? {
        Some(id) => api.store().spec(row.preview, id).await?,
        None => None,
    };
    let url = identity.route.map(|route| route.url);
    Ok(PreviewView {
        preview_id: identity.id,
        name: identity.name.to_string(),
        access: spec
            .as_ref()
            .map_or(AccessMode::Open, |spec| spec.access.mode()),
        phase: row.phase(),
        sleep: spec.as_ref().and_then(|spec| spec.sleep),
        parked: row.parked.is_some(),
        parked_since: row.parked.as_ref().map(|parked| parked.since),
        error: error(&row),
        ending: ending(&row),
        generation: row.generation,
        created_at: identity.created_at,
        expires_at: row.expires_at,
        pin: row.pinned().map(Into::into),
        verified_at: row.receipt_at,
        template: spec
            .as_ref()
            .map_or(identity.template, |spec| spec.template.clone()),
        owner: identity.owner.into(),
        repository: identity.origin.repository,
        repository_id: identity.origin.repository_id,
        pr_number: identity.origin.pr_number,
        branch: identity.origin.branch,
        commit_sha: spec.as_ref().and_then(|spec| spec.commit_sha.clone()),
        installation_id: identity.origin.installation_id,
        schedule: spec
            .as_ref()
            .and_then(|spec| spec.schedule.as_ref())
            .map(ToString::to_string),
        runs: None,
        log_retention_days: spec.as_ref().and_then(|spec| spec.log_retention_days),
        cost: costs::cost(api, &row, spec.as_ref()),
        services: services(spec, url.as_deref()),
        url,
        resources: api.platform().resources(&row.ledger),
        open_jobs: open_jobs(&row),
        last_job: row.last_job.into(),
        jobs: None,
    })
}

/// What it shall run, or else what it ran last.
async fn spec_id(api: &Api, row: &Row) -> Result<Option<SpecId>, Refusal> {
    match (&row.desired, row.settled.spec) {
        (Desired::Present(spec), _) => Ok(Some(*spec)),
        (Desired::Absent(_), Some(spec)) => Ok(Some(spec)),
        // It was never ready: its jobs say what it should have run.
        (Desired::Absent(_), None) => {
            let jobs = api.store().jobs(row.preview, JOBS).await?;
            Ok(jobs.iter().find_map(|job| job.spec))
        }
    }
}

fn error(row: &Row) -> Option<crate::shape::FailureView> {
    let failed = match &row.desired {
        Desired::Absent(Absence::Failed(failure)) => Some(failure),
        _ => None,
    };
    let parked = row.parked.as_ref().map(|parked| &parked.failure);
    parked.or(failed).cloned().map(Into::into)
}

fn ending(row: &Row) -> Option<Ending> {
    match &row.desired {
        Desired::Present(_) => None,
        Desired::Absent(Absence::Asked) => Some(Ending::Asked),
        Desired::Absent(Absence::Expired) => Some(Ending::Expired),
        Desired::Absent(Absence::Failed(_)) => Some(Ending::Failed),
    }
}

fn open_jobs(row: &Row) -> Vec<crate::shape::JobRefView> {
    let running = row.saga.as_ref().and_then(|saga| saga.job);
    let open = running.into_iter().chain(row.pending);
    open.map(Into::into).collect()
}

fn services(spec: Option<Spec>, url: Option<&str>) -> Vec<ServiceView> {
    let services = spec.map(|spec| spec.services).unwrap_or_default();
    services
        .into_iter()
        .map(|service| service_view(service, url))
        .collect()
}

fn service_view(service: Service, url: Option<&str>) -> ServiceView {
    let public = url.zip(service.path.as_deref());
    ServiceView {
        replicas: service.replicas(),
        autoscale: service.autoscale.map(Into::into),
        url: public.map(|(url, path)| format!("{}{path}", url.trim_end_matches('/'))),
        name: service.name.to_string(),
        command: service.command,
        image: service.image,
        dir: service.dir,
        port: service.port,
        env: service.env.into_keys().collect(),
        secrets: service.secrets.into_keys().collect(),
        health_path: service.health_path,
        path: service.path,
        cpu: service.cpu,
        memory: service.memory,
    }
}
