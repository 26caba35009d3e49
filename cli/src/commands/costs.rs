//! `tempus costs`

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::AnsiColor;
use clap::Args;
use tempus_api::shape::{BudgetStanding, CostView, CostsQuery, CostsView, EstimateView, Usd};

use super::{Remote, Session};
use crate::failure::Failure;
use crate::output::{Cell, Format, Table};

/// Show what previews have cost, by estimate: this month's, unless another time is named
#[derive(Debug, Clone, Args)]
pub struct Costs {
    /// Of this month, such as 2026-11
    #[arg(long, value_name = "MONTH", conflicts_with_all = ["from", "to"])]
    month: Option<String>,
    /// From this day on, such as 2026-11-01; the first of its month unless given
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// To this day, which counts too; today unless given
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Of this owner
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Of this repository
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Day by day too
    #[arg(long)]
    days: bool,
    /// Which server, and what the answer is for
    #[command(flatten)]
    pub remote: Remote,
}

impl Costs {
    /// Asks and shows.
    pub async fn run(&self, session: &mut Session) -> Result<(), Failure> {
        let query = CostsQuery {
            month: self.month.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            owner: self.owner.clone(),
            repository: self.repository.clone(),
        };
        let answer = session.client.costs(&query).await?;
        if session.screen.format() == Format::Json {
            return Ok(session.screen.json(&answer.raw)?);
        }
        let costs = &answer.value;
        if costs.prices.is_none() {
            return Ok(session.screen.note(
                "nothing has a price on this server; its operator sets costs.vcpu_usd_per_hour and \
                 costs.memory_usd_per_gb_hour",
            )?);
        }
        session.screen.write(whole(costs))?;
        let mut tables = vec![
            ("owners", owners(costs)),
            ("repositories", repositories(costs)),
            ("previews", previews(costs)),
            ("budgets of this month", budgets(costs)),
        ];
        if self.days {
            tables.insert(0, ("days", days(costs)));
        }
        for (title, table) in tables {
            if !table.is_empty() {
                session.screen.write(format_args!("\n{title}\n{table}"))?;
            }
        }
        Ok(())
    }
}

/// What a preview that lives so long is about to cost, in a line.
pub(super) fn estimate(of: &EstimateView, left: Duration) -> String {
    format!(
        "about {} an hour, {} until it expires ({})",
        Usd(of.hourly_usd),
        Usd(of.hourly_usd * left.as_secs_f64() / 3600.0),
        of.prices
    )
}

/// What a preview has cost, in a line.
pub(super) fn cost(of: &CostView) -> String {
    let mut text = format!("about {} so far", Usd(of.so_far_usd));
    if of.hourly_usd > 0.0 {
        let _ = write!(text, ", {} an hour now", Usd(of.hourly_usd));
    }
    if let Some(in_all) = of.until_expiry_usd {
        let _ = write!(text, ", {} by its expiry", Usd(in_all));
    }
    format!("{text} ({})", of.prices)
}

fn whole(costs: &CostsView) -> Table {
    let mut table = Table::list();
    table.item("days", format!("{} to {}", costs.from, costs.to));
    table.item("costs", format!("about {}", Usd(costs.estimated_usd)));
    table.item("an hour now", Usd(costs.hourly_usd).to_string());
    if let Some(prices) = &costs.prices {
        table.item("estimated by", prices.to_string());
    }
    table
}

fn owners(costs: &CostsView) -> Table {
    let mut table = Table::new(["OWNER", "COST", "AN HOUR NOW", "PREVIEWS"]);
    for owner in &costs.owners {
        table.row(amounts(
            &owner.login,
            owner.usd,
            owner.hourly_usd,
            owner.previews,
        ));
    }
    table
}

fn repositories(costs: &CostsView) -> Table {
    let mut table = Table::new(["REPOSITORY", "COST", "AN HOUR NOW", "PREVIEWS"]);
    for of in &costs.repositories {
        let name = of.repository.as_deref().unwrap_or("-");
        table.row(amounts(name, of.usd, of.hourly_usd, of.previews));
    }
    table
}

fn amounts(name: &str, usd: f64, hourly: f64, previews: u32) -> [Cell; 4] {
    [
        Cell::plain(name),
        Cell::plain(Usd(usd).to_string()),
        Cell::plain(Usd(hourly).to_string()),
        Cell::plain(previews.to_string()),
    ]
}

fn previews(costs: &CostsView) -> Table {
    let mut table = Table::new(["PREVIEW", "ID", "OWNER", "COST", "AN HOUR NOW"]);
    for preview in &costs.previews {
        table.row([
            Cell::plain(&preview.name),
            Cell::plain(preview.preview_id.short().to_string()),
            Cell::plain(&preview.owner),
            Cell::plain(Usd(preview.usd).to_string()),
            Cell::plain(Usd(preview.hourly_usd).to_string()),
        ]);
    }
    table
}

fn days(costs: &CostsView) -> Table {
    let mut table = Table::new(["DAY", "COST"]);
    for day in &costs.days {
        table.row([
            Cell::plain(day.day.to_string()),
            Cell::plain(Usd(day.usd).to_string()),
        ]);
    }
    table
}

fn budgets(costs: &CostsView) -> Table {
    let mut table = Table::new(["BUDGET OF", "MONTHLY", "USED", "STANDING"]);
    for budget in &costs.budgets {
        let standing = match budget.standing {
            BudgetStanding::Within => Cell::coloured("within", AnsiColor::Green),
            BudgetStanding::Warned => Cell::coloured("nearly spent", AnsiColor::Yellow),
            BudgetStanding::Spent => Cell::coloured("spent: no new previews", AnsiColor::Red),
        };
        table.row([
            Cell::plain(&budget.whose),
            Cell::plain(Usd(budget.monthly_usd).to_string()),
            Cell::plain(Usd(budget.used_usd).to_string()),
            standing,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view() -> CostsView {
        serde_json::from_value(json!({
            "from": "2026-11-01", "to": "2026-11-02", "at": "2026-11-02T12:00:00.000Z",
            "prices": {"region": "us-east-1", "dated": "autumn 2026"},
            "estimated_usd": 1.5, "hourly_usd": 0.0123,
            "days": [{"day": "2026-11-01", "usd": 1.0}, {"day": "2026-11-02", "usd": 0.5}],
            "owners": [{"id": "7", "login": "octo/shop", "usd": 1.5, "hourly_usd": 0.0123,
                "previews": 2, "days": [1.0, 0.5]}],
            "repositories": [{"usd": 1.5, "hourly_usd": 0.0123, "previews": 2, "days": [1.0, 0.5]}],
            "previews": [{"preview_id": "1f2e3d4c-0000-4000-8000-000000000000", "name": "pr-7-shop",
                "owner": "octo/shop", "usd": 1.5, "hourly_usd": 0.0123}],
            "budgets": [{"whose": "octo/shop", "owner_id": "7", "monthly_usd": 1.75, "used_usd": 1.5,
                "standing": "warned", "ends_at": "2026-12-01T00:00:00.000Z",
                "by": [{"name": "pr-7-shop", "usd": 1.5}]}],
        }))
        .unwrap()
    }

    #[test]
    fn costs_read_at_a_glance() {
        let view = view();
        let tables = [
            whole(&view),
            days(&view),
            owners(&view),
            repositories(&view),
            previews(&view),
            budgets(&view),
        ];
        let text: Vec<_> = tables.iter().map(ToString::to_string).collect();
        let seen = anstream::adapter::strip_str(&text.join("\n")).to_string();
        insta::assert_snapshot!(seen);
    }

    #[test]
    fn a_budget_and_an_estimate_say_by_what() {
        let view = view();
        assert_eq!(
            view.budgets[0].to_string(),
            "85 % of the monthly budget of octo/shop is used, $1.50 of $1.75 by estimate, most of it \
             by pr-7-shop ($1.50); the month ends at 2026-12-01T00:00:00.000Z"
        );
        let prices = view.prices.unwrap();
        let asked = EstimateView {
            hourly_usd: 0.012_343,
            prices: prices.clone(),
        };
        assert_eq!(
            estimate(&asked, Duration::from_hours(7 * 24)),
            "about $0.0123 an hour, $2.07 until it expires (prices of us-east-1, autumn 2026)"
        );
        let gone = CostView {
            so_far_usd: 0.5,
            hourly_usd: 0.0,
            until_expiry_usd: None,
            prices,
        };
        assert_eq!(
            cost(&gone),
            "about $0.50 so far (prices of us-east-1, autumn 2026)"
        );
    }
}
