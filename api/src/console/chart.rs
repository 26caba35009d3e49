//! Two pictures of what a time has cost: day by day, and added up towards its budget. The tables below them
//! say the same in figures, so they are for the eye alone.

use maud::{Markup, html};

use crate::shape::{CostsView, Usd};

/// How many owners have a colour of their own.
const COLOURS: usize = 5;
/// How high a picture is, in pixels.
const HEIGHT: f64 = 150.0;
/// Room above the highest bar.
const ABOVE: f64 = 18.0;

/// One day's part of one owner, or of all the others.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Block {
    colour: usize,
    usd: f64,
}

/// What each day cost, by the dearest owners; what belongs to none of them is the last part.
fn blocks(costs: &CostsView) -> Vec<Vec<Block>> {
    let named = &costs.owners[..costs.owners.len().min(COLOURS)];
    let days = costs.days.iter().enumerate();
    days.map(|(i, day)| {
        let of = |owner: &crate::shape::OwnerCost| owner.days.get(i).copied().unwrap_or(0.0);
        let mut parts: Vec<_> = named
            .iter()
            .enumerate()
            .map(|(colour, owner)| Block {
                colour,
                usd: of(owner),
            })
            .collect();
        let rest = day.usd - parts.iter().map(|part| part.usd).sum::<f64>();
        parts.push(Block {
            colour: COLOURS,
            usd: rest.max(0.0),
        });
        parts.retain(|part| part.usd > 0.0);
        parts
    })
    .collect()
}

/// The costs up to each day.
fn sums(costs: &CostsView) -> Vec<f64> {
    let mut sum = 0.0;
    let days = costs.days.iter();
    days.map(|day| {
        sum += day.usd;
        sum
    })
    .collect()
}

/// What of the scale is as high as this.
fn scale(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max).max(1e-9)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a picture has fewer days than a number digits"
)]
fn percent(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64 * 100.0
}

/// The bars of the days.
pub(super) fn days(costs: &CostsView) -> Markup {
    let days = blocks(costs);
    let most = scale(costs.days.iter().map(|day| day.usd));
    let width = percent(1, days.len());
    html! {
        figure {
            figcaption { "By day, in UTC" }
            svg.chart aria-hidden="true" width="100%" height=(HEIGHT + ABOVE) {
                @if costs.estimated_usd > 0.0 { text x="0" y="12" { (Usd(most).to_string()) } }
                line.axis x1="0" x2="100%" y1=(HEIGHT + ABOVE - 0.5) y2=(HEIGHT + ABOVE - 0.5) {}
                @for (i, day) in days.iter().enumerate() {
                    @for (block, below) in stacked(day) {
                        @let height = block.usd / most * HEIGHT;
                        rect class={ "owner" (block.colour) } rx="1"
                            x=(format!("{:.3}%", percent(i, days.len()) + width * 0.12)) width=(format!("{:.3}%", width * 0.76))
                            y=(format!("{:.2}", ABOVE + HEIGHT - below / most * HEIGHT - height)) height=(format!("{height:.2}")) {}
                    }
                }
            }
            (axis(costs))
            (legend(costs))
        }
    }
}

/// Each part of a day with what is below it.
fn stacked(day: &[Block]) -> impl Iterator<Item = (Block, f64)> {
    let mut below = 0.0;
    day.iter().map(move |block| {
        let at = below;
        below += block.usd;
        (*block, at)
    })
}

/// The sum as it grew, and the budget that it may grow to.
pub(super) fn towards(costs: &CostsView, budget: Option<f64>) -> Markup {
    let sums = sums(costs);
    let known = costs
        .days
        .iter()
        .take_while(|day| day.day.begins() <= costs.at)
        .count();
    let most = scale(sums.iter().copied().chain(budget));
    let y = |usd: f64| format!("{:.2}", ABOVE + HEIGHT - usd / most * HEIGHT);
    let x = |i: usize| format!("{:.3}%", percent(i, sums.len()));
    html! {
        figure {
            figcaption { "Added up" @if budget.is_some() { ", and the month's budget" } }
            svg.chart aria-hidden="true" width="100%" height=(HEIGHT + ABOVE) {
                line.axis x1="0" x2="100%" y1=(HEIGHT + ABOVE - 0.5) y2=(HEIGHT + ABOVE - 0.5) {}
                @for (i, sum) in sums.iter().take(known).enumerate() {
                    @let before = if i == 0 { 0.0 } else { sums[i - 1] };
                    line.sum x1=(x(i)) x2=(x(i + 1)) y1=(y(before)) y2=(y(*sum)) {}
                }
                @if let Some(budget) = budget {
                    line.budget x1="0" x2="100%" y1=(y(budget)) y2=(y(budget)) {}
                    text x="0" y=(format!("{:.2}", (ABOVE + HEIGHT - budget / most * HEIGHT - 5.0).max(11.0))) { "budget " (Usd(budget).to_string()) }
                } @else if costs.estimated_usd > 0.0 {
                    text x="0" y="12" { (Usd(most).to_string()) }
                }
            }
            (axis(costs))
        }
    }
}

fn axis(costs: &CostsView) -> Markup {
    html! { div.axis aria-hidden="true" { span { (costs.from) } span { (costs.to) } } }
}

fn legend(costs: &CostsView) -> Markup {
    html! {
        ul.legend {
            @for (i, owner) in costs.owners.iter().take(COLOURS).enumerate() {
                li { svg aria-hidden="true" width="10" height="10" { rect class={ "owner" (i) } width="10" height="10" rx="2" {} } (owner.login) }
            }
            @if costs.owners.len() > COLOURS {
                li { svg aria-hidden="true" width="10" height="10" { rect class={ "owner" (COLOURS) } width="10" height="10" rx="2" {} } "others" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn costs(owners: &[[f64; 2]]) -> CostsView {
        let days = |i: usize| owners.iter().map(|owner| owner[i]).sum::<f64>();
        let owners: Vec<_> = owners
            .iter()
            .enumerate()
            .map(|(i, days)| {
                json!({"id": i.to_string(), "login": format!("<owner {i}>"), "usd": days[0] + days[1],
                    "hourly_usd": 0.0, "previews": 1, "days": days})
            })
            .collect();
        serde_json::from_value(json!({
            "from": "2026-11-01", "to": "2026-11-02", "at": "2026-11-02T12:00:00.000Z",
            "estimated_usd": days(0) + days(1), "hourly_usd": 0.0,
            "days": [{"day": "2026-11-01", "usd": days(0)}, {"day": "2026-11-02", "usd": days(1)}],
            "owners": owners, "repositories": [], "previews": [], "budgets": [],
        }))
        .unwrap()
    }

    #[test]
    fn a_day_is_the_sum_of_its_owners_and_the_others_share_a_colour() {
        let costs = costs(&[
            [4.0, 1.0],
            [3.0, 0.0],
            [2.0, 0.0],
            [1.0, 0.0],
            [1.0, 0.0],
            [0.5, 0.25],
            [0.5, 0.25],
        ]);
        let days = blocks(&costs);
        let colours = |i: usize| days[i].iter().map(|block| block.colour).collect::<Vec<_>>();
        assert_eq!(colours(0), [0, 1, 2, 3, 4, COLOURS]);
        assert_eq!(colours(1), [0, COLOURS]);
        let of = |i: usize| days[i].iter().map(|block| block.usd).sum::<f64>();
        assert!((of(0) - 12.0).abs() < 1e-9 && (of(1) - 1.5).abs() < 1e-9);
        assert_eq!(sums(&costs), [12.0, 13.5]);
    }

    #[test]
    fn the_budget_is_a_line_within_the_picture_and_names_are_texts() {
        let costs = costs(&[[4.0, 1.0]]);
        let page = towards(&costs, Some(10.0)).into_string();
        assert!(
            page.contains("budget $10.00") && page.contains("class=\"budget\""),
            "{page}"
        );
        assert!(
            page.contains("y1=\"18.00\""),
            "the budget is the highest there is: {page}"
        );
        assert!(!towards(&costs, None).into_string().contains("budget"));
        let page = days(&costs).into_string();
        assert!(page.contains("&lt;owner 0&gt;"), "{page}");
    }
}
