//! `/console/costs`: what previews cost, by estimate.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use tempus_model::Day;

use super::chart;
use super::choice::{address, chip, given, is_empty};
use super::frame::{Content, Frame, Place};
use super::words::{self, Tone};
use crate::extract::Query;
use crate::handler::costs;
use crate::identity::Caller;
use crate::refusal::Refusal;
use crate::shape::{BudgetStanding, BudgetView, CostsQuery, CostsView, Usd};
use crate::state::Api;

/// How often the page is brought up to date, in milliseconds.
const REFRESH: u32 = 15_000;

/// Which costs: all that is chosen is in the page's address.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Choice {
    #[serde(skip_serializing_if = "is_empty")]
    month: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    repository: Option<String>,
}

impl Choice {
    fn query(&self) -> CostsQuery {
        CostsQuery {
            month: given(&self.month),
            owner: given(&self.owner),
            repository: given(&self.repository),
            ..CostsQuery::default()
        }
    }

    fn but(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        change(&mut other);
        address("/console/costs", &other)
    }
}

/// The page.
pub(super) async fn page(
    State(api): State<Api>,
    caller: Caller,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asked = costs::costs(State(api.clone()), caller.clone(), Query(choice.query()));
    let (frame, asked) = tokio::join!(Frame::of(&api, &caller), asked);
    let axum::Json(costs) = asked?;
    let content = Content {
        place: Place::Costs,
        title: "Costs".to_owned(),
        body: html! {
            div.head { h1 { "Costs" } (months(&choice, &costs)) }
            (chosen(&choice))
            @match &costs.prices {
                None => section.card.empty {
                    p { "Nothing has a price here." }
                    p.hint { "An operator sets " code { "costs.vcpu_usd_per_hour" } " and " code { "costs.memory_usd_per_gb_hour" } "." }
                },
                Some(prices) => {
                    p.hint { "By estimate: sizes times how long they ran, by " (prices) ". No bill." }
                    (figures(&costs))
                    div.pictures { (chart::days(&costs)) (chart::towards(&costs, budget(&costs))) }
                    (tables(&choice, &costs))
                },
            }
        },
        dialogs: html! {},
        refresh: Some(REFRESH),
    };
    Ok(frame.page(&content, &headers))
}

/// The budget of what is shown, if it is a month that has one.
fn budget(costs: &CostsView) -> Option<f64> {
    let present = Day::of(costs.at).first_of_month() == costs.from;
    let whole = costs
        .budgets
        .iter()
        .find(|budget| budget.owner_id.is_none());
    let own = || match costs.owners.as_slice() {
        [only] => costs
            .budgets
            .iter()
            .find(|budget| budget.owner_id.as_ref() == Some(&only.id)),
        _ => None,
    };
    let budget = whole.or_else(own).filter(|_| present)?;
    Some(budget.monthly_usd)
}

fn months(choice: &Choice, costs: &CostsView) -> Markup {
    let month = |day: Day| day.to_string().chars().take(7).collect::<String>();
    let before = month(Day::of(
        costs
            .from
            .begins()
            .before(std::time::Duration::from_hours(1)),
    ));
    let after = costs.to.next();
    let is_past = after.begins() <= costs.at;
    html! {
        nav.months aria-label="Month" {
            a rel="prev" href=(choice.but(|to| to.month = Some(before.clone()))) { "‹ " (before) }
            b { (month(costs.from)) }
            @if is_past {
                a rel="next" href=(choice.but(|to| to.month = Some(month(after)))) { (month(after)) " ›" }
            }
        }
    }
}

fn chosen(choice: &Choice) -> Markup {
    html! {
        @if choice.owner.is_some() || choice.repository.is_some() { div.filters {
            @if let Some(owner) = &choice.owner { (chip("owner", owner, &choice.but(|to| to.owner = None))) }
            @if let Some(name) = &choice.repository {
                (chip("repository", name, &choice.but(|to| to.repository = None)))
            }
        } }
    }
}

fn figures(costs: &CostsView) -> Markup {
    html! {
        div.figures {
            section.card.figure { h2 { "In all" } p.value { (Usd(costs.estimated_usd).to_string()) } p.hint { (costs.from) " to " (costs.to) } }
            section.card.figure { h2 { "An hour, now" } p.value { (Usd(costs.hourly_usd).to_string()) } p.hint { "what runs at this moment" } }
            @for of in &costs.budgets { (standing(of)) }
        }
    }
}

fn standing(of: &BudgetView) -> Markup {
    let (tone, word) = match of.standing {
        BudgetStanding::Within => (Tone::Good, "within"),
        BudgetStanding::Warned => (Tone::Warn, "nearly spent"),
        BudgetStanding::Spent => (Tone::Bad, "spent: no new previews"),
    };
    html! {
        section.card.figure {
            h2 { "Budget of " (of.whose) }
            p.value { (Usd(of.used_usd).to_string()) span.hint { " of " (Usd(of.monthly_usd).to_string()) } }
            meter min="0" max=(of.monthly_usd) high=(of.monthly_usd * 0.8) optimum="0" value=(of.used_usd) aria-hidden="true" {}
            p { (words::badge(tone, word)) }
        }
    }
}

fn tables(choice: &Choice, costs: &CostsView) -> Markup {
    html! {
        div.tables.amounts {
            (amounts("By owner", "Owner", costs.owners.iter().map(|of| Amount {
                name: html! { a.soft href=(choice.but(|to| to.owner = Some(of.id.clone()))) { (of.login) } },
                usd: of.usd, hourly: of.hourly_usd, previews: Some(of.previews),
            })))
            (amounts("By repository", "Repository", costs.repositories.iter().map(|of| Amount {
                name: html! { @match &of.repository {
                    Some(name) => a.soft href=(choice.but(|to| to.repository = Some(name.clone()))) { (name) },
                    None => span.none { "no repository" },
                } },
                usd: of.usd, hourly: of.hourly_usd, previews: Some(of.previews),
            })))
            (amounts("The dearest previews", "Preview", costs.previews.iter().map(|of| Amount {
                name: html! { a href={ "/console/preview/" (of.preview_id) } { (of.name) } " " span.soft { (of.owner) } },
                usd: of.usd, hourly: of.hourly_usd, previews: None,
            })))
            (days(costs))
        }
    }
}

/// A line of a table.
struct Amount {
    name: Markup,
    usd: f64,
    hourly: f64,
    previews: Option<u32>,
}

fn amounts(title: &str, of: &str, amounts: impl Iterator<Item = Amount>) -> Markup {
    let amounts: Vec<_> = amounts.collect();
    let counts = amounts.iter().any(|amount| amount.previews.is_some());
    html! {
        section.card.list {
            table {
                caption { (title) }
                thead { tr { th scope="col" { (of) } th.number scope="col" { "Cost" } th.number scope="col" { "An hour now" }
                    @if counts { th.number.wide scope="col" { "Previews" } } } }
                @if amounts.is_empty() { tbody { tr { td.none colspan="4" { "Nothing yet." } } } }
                tbody { @for amount in &amounts {
                    tr { td { (amount.name) } td.number { (Usd(amount.usd).to_string()) } td.number { (Usd(amount.hourly).to_string()) }
                        @if let Some(previews) = amount.previews { td.number.wide { (previews) } } }
                } }
            }
        }
    }
}

fn days(costs: &CostsView) -> Markup {
    html! {
        section.card.list {
            details {
                summary { "Every day" }
                table {
                    caption.unseen { "By day" }
                    thead { tr { th scope="col" { "Day" } th.number scope="col" { "Cost" } } }
                    tbody { @for day in costs.days.iter().filter(|day| day.day.begins() <= costs.at) {
                        tr { td { (day.day) } td.number { (Usd(day.usd).to_string()) } }
                    } }
                }
            }
        }
    }
}
