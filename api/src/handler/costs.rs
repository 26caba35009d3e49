//! `GET /costs`

use axum::Json;
use axum::extract::State;
use tempus_model::{Day, Phase, Row, Spec, Timestamp};

use super::preview::owner;
use crate::books::{Line, Only, Range, standings};
use crate::extract::Query;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{
    CostView, CostsQuery, CostsView, DayCost, EstimateView, OwnerCost, PreviewCost, RepositoryCost,
    usd,
};
use crate::state::Api;

/// The longest time that is added up, in days.
const LONGEST: u32 = 366;
/// How many previews are listed.
const PREVIEWS: usize = 50;

/// Add up what previews cost
///
/// By day, owner, repository and preview: an estimate by list price, from when services were seen to
/// run to when they were seen removed. Only an administrator sees what others' previews cost.
#[utoipa::path(
    get,
    path = "/costs",
    tag = "previews",
    params(CostsQuery),
    responses((status = 200, description = "What they cost, by estimate", body = CostsView))
)]
pub(crate) async fn costs(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<CostsQuery>,
) -> Result<Json<CostsView>, Refusal> {
    let (now, costs) = (api.now(), &api.config().costs);
    let range = range(&query, now)?;
    let only = Only {
        owner: owner(&caller, query.owner)?,
        repository: query.repository,
    };
    let tally = api.tally(range, &only).await?;
    let month = Range::month_of(now);
    let mut budgets = Vec::new();
    if costs.prices.is_some() && costs.budgets.are_set() {
        let everything = Only::default();
        // What is mostly asked for is just that, and adding up takes its time where there is much of it.
        budgets = if (range, &only) == (month, &everything) {
            standings(&costs.budgets, &tally, month)
        } else {
            let of_month = api.tally(month, &everything).await?;
            standings(&costs.budgets, &of_month, month)
        };
        // What everybody's budget was spent on is an administrator's business.
        budgets.retain(|budget| match &only.owner {
            Some(owner) => budget.owner_id.as_ref() == Some(owner),
            None => true,
        });
    }
    let days = range.days().zip(&tally.all.days);
    let mut owners: Vec<_> = tally.owners.into_iter().map(owner_cost).collect();
    owners.sort_by(|a, b| b.usd.total_cmp(&a.usd));
    let mut repositories: Vec<_> = tally
        .repositories
        .into_iter()
        .map(repository_cost)
        .collect();
    repositories.sort_by(|a, b| b.usd.total_cmp(&a.usd));
    let previews = tally.previews.into_iter().take(PREVIEWS);
    Ok(Json(CostsView {
        from: range.from,
        to: range.to,
        at: now,
        prices: costs.prices.as_ref().map(Into::into),
        estimated_usd: usd(tally.all.dollars),
        hourly_usd: usd(tally.all.hourly),
        days: days
            .map(|(day, cost)| DayCost {
                day,
                usd: usd(*cost),
            })
            .collect(),
        owners,
        repositories,
        previews: previews
            .map(|of| PreviewCost {
                preview_id: of.id,
                name: of.name,
                owner: of.owner.login,
                repository: of.repository,
                usd: usd(of.dollars),
                hourly_usd: usd(of.hourly),
            })
            .collect(),
        budgets,
    }))
}

fn owner_cost((id, line): (String, Line)) -> OwnerCost {
    OwnerCost {
        id,
        days: line.days.iter().copied().map(usd).collect(),
        login: line.name,
        usd: usd(line.dollars),
        hourly_usd: usd(line.hourly),
        previews: line.previews,
    }
}

fn repository_cost((repository, line): (Option<String>, Line)) -> RepositoryCost {
    RepositoryCost {
        repository,
        days: line.days.iter().copied().map(usd).collect(),
        usd: usd(line.dollars),
        hourly_usd: usd(line.hourly),
        previews: line.previews,
    }
}

/// The days that are asked about.
fn range(query: &CostsQuery, now: Timestamp) -> Result<Range, Refusal> {
    if let Some(month) = &query.month {
        if query.from.is_some() || query.to.is_some() {
            let problem = "cannot be given together with from or to";
            return Err(Refusal::unreadable("month", problem));
        }
        let from = Day::of_month(month);
        let from = from.map_err(|error| Refusal::unreadable("month", error.to_string()))?;
        let to = from.last_of_month();
        return Ok(Range { from, to });
    }
    if query.from.is_none() && query.to.is_none() {
        return Ok(Range::month_of(now));
    }
    let to = day("to", query.to.as_deref())?.unwrap_or(Day::of(now));
    let from = day("from", query.from.as_deref())?.unwrap_or(to.first_of_month());
    if from > to {
        let problem = format!("must not be after to, which is {to}");
        return Err(Refusal::unreadable("from", problem));
    }
    if from.days_until(to) >= LONGEST {
        let problem = format!("must be less than {LONGEST} days before to, which is {to}");
        return Err(Refusal::unreadable("from", problem));
    }
    Ok(Range { from, to })
}

fn day(field: &str, text: Option<&str>) -> Result<Option<Day>, Refusal> {
    let day = text.map(str::parse::<Day>).transpose();
    day.map_err(|error| Refusal::unreadable(field, error.to_string()))
}

/// What a preview of this specification is about to cost, where that can be told: what a scheduled
/// task costs depends on how long its runs take.
pub(super) fn estimate(api: &Api, spec: &Spec) -> Option<EstimateView> {
    let prices = api.config().costs.prices.as_ref()?;
    if spec.schedule.is_some() {
        return None;
    }
    let hourly = prices.hourly(spec.footprint());
    Some(EstimateView {
        hourly_usd: usd(hourly),
        prices: prices.into(),
    })
}

/// What a preview has cost, and what it is about to. `spec` is the one that is wanted of it.
pub(super) fn cost(api: &Api, row: &Row, spec: Option<&Spec>) -> Option<CostView> {
    let (prices, now) = (api.config().costs.prices.as_ref()?, api.now());
    if spec.is_some_and(|spec| spec.schedule.is_some()) {
        return None;
    }
    let so_far = prices.of(row.spans.used_until(now));
    let running = row.spans.running();
    let wanted = spec.filter(|_| row.desired.is_present());
    let until_expiry = wanted.map(|spec| {
        // What is still to be made costs from now on, as what runs does; what sleeps may sleep on.
        let hourly = match row.phase() {
            Phase::Asleep => 0.0,
            _ => prices.hourly(spec.footprint()),
        };
        usd(so_far + hourly * hours(now, row.expires_at))
    });
    Some(CostView {
        so_far_usd: usd(so_far),
        hourly_usd: usd(running.map_or(0.0, |footprint| prices.hourly(footprint))),
        until_expiry_usd: until_expiry,
        prices: prices.into(),
    })
}

fn hours(from: Timestamp, to: Timestamp) -> f64 {
    from.until(to).as_secs_f64() / 3600.0
}
