//! What previews cost: an estimate by list price, wherever it is shown.

use std::fmt;

use serde::{Deserialize, Serialize};
use tempus_model::{Day, PreviewId, Prices, Timestamp};
use utoipa::{IntoParams, ToSchema};

/// An amount as it is sent: to a millionth of a dollar.
pub(crate) fn usd(amount: f64) -> f64 {
    (amount * 1e6).round() / 1e6
}

/// An amount as people read it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usd(pub f64);

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A small preview costs about a cent an hour.
        if self.0 > 0.0 && self.0 < 0.1 {
            write!(f, "${:.4}", self.0)
        } else {
            write!(f, "${:.2}", self.0)
        }
    }
}

/// Whose prices an estimate is by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricesView {
    /// The region that they are of.
    #[schema(example = "us-east-1")]
    pub region: String,
    /// When they were so.
    #[schema(example = "autumn 2026")]
    pub dated: String,
}

impl From<&Prices> for PricesView {
    fn from(prices: &Prices) -> Self {
        Self {
            region: prices.region.clone(),
            dated: prices.dated.clone(),
        }
    }
}

impl fmt::Display for PricesView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "prices of {}, {}", self.region, self.dated)
    }
}

/// What a preview is about to cost, by estimate. Until its expiry it is so much for each hour: no sum is
/// given, since a repeated request must be answered as the first one was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EstimateView {
    /// An hour, in US dollars.
    pub hourly_usd: f64,
    /// By whose prices.
    pub prices: PricesView,
}

/// What a preview has cost, and what it is about to, by estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostView {
    /// From the first service that was seen to run until now, or until the last was seen removed.
    pub so_far_usd: f64,
    /// What runs of it now costs an hour, in US dollars: nothing while nothing runs.
    pub hourly_usd: f64,
    /// What it will have cost at its expiry, if it runs until then as it is wanted. Not of one that is
    /// being removed, or is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_expiry_usd: Option<f64>,
    /// By whose prices.
    pub prices: PricesView,
}

/// What costs to add up. This month's, unless another month or other days are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct CostsQuery {
    /// A month, such as `2026-11`. Instead of `from` and `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(example = "2026-11")]
    pub month: Option<String>,
    /// The first day, such as `2026-11-01`; the first of its month unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day, at most a year later; today unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The owner's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The repository's full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

/// What previews have cost, by estimate: sizes times how long they ran, by list price. No bill, which
/// also has traffic, discounts and what all previews share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostsView {
    /// The first day, in UTC.
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub to: Day,
    /// Until when it is counted, at most.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// By whose prices. Without any, nothing costs anything here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PricesView>,
    /// All of it, in US dollars.
    pub estimated_usd: f64,
    /// What runs now costs an hour.
    pub hourly_usd: f64,
    /// Every day, in its order.
    pub days: Vec<DayCost>,
    /// Every owner, the dearest first.
    pub owners: Vec<OwnerCost>,
    /// Every repository, the dearest first.
    pub repositories: Vec<RepositoryCost>,
    /// The dearest previews, at most fifty.
    pub previews: Vec<PreviewCost>,
    /// How the budgets of the present month stand: one's own, or to an administrator all of them.
    pub budgets: Vec<BudgetView>,
}

/// What a day cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DayCost {
    /// The day, in UTC.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// In US dollars.
    pub usd: f64,
}

/// What an owner's previews cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OwnerCost {
    /// Stable id.
    pub id: String,
    /// What people call them.
    pub login: String,
    /// In US dollars.
    pub usd: f64,
    /// What runs now costs an hour.
    pub hourly_usd: f64,
    /// How many previews that is.
    pub previews: u32,
    /// Day by day, in the order of `days`.
    pub days: Vec<f64>,
}

/// What a repository's previews cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RepositoryCost {
    /// Its full name; absent for what is from none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// In US dollars.
    pub usd: f64,
    /// What runs now costs an hour.
    pub hourly_usd: f64,
    /// How many previews that is.
    pub previews: u32,
    /// Day by day, in the order of `days`.
    pub days: Vec<f64>,
}

/// What a preview cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreviewCost {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub preview_id: PreviewId,
    /// Its name.
    pub name: String,
    /// Its owner's login.
    pub owner: String,
    /// Its repository's full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// In US dollars.
    pub usd: f64,
    /// What runs of it now costs an hour.
    pub hourly_usd: f64,
}

/// How a month's budget stands, by estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetView {
    /// Whose it is: an owner's login, or everybody's.
    pub whose: String,
    /// The owner's id; absent where it is everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// What the month may cost, in US dollars.
    pub monthly_usd: f64,
    /// What it has cost so far.
    pub used_usd: f64,
    /// Whether that is much.
    pub standing: BudgetStanding,
    /// When the month is over.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// Who or what has cost most of it, where the caller may know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<SpentBy>,
}

/// Whether much of a budget is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetStanding {
    /// It is not.
    Within,
    /// So much that it is warned of.
    Warned,
    /// All of it: new previews are refused.
    Spent,
}

/// A part of what was spent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpentBy {
    /// A preview's name or an owner's login.
    pub name: String,
    /// In US dollars.
    pub usd: f64,
}

impl fmt::Display for BudgetView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            whose,
            monthly_usd: monthly,
            used_usd: used,
            ..
        } = self;
        let percent = if *monthly > 0.0 {
            (used / monthly * 100.0).floor()
        } else {
            100.0
        };
        write!(
            f,
            "{percent} % of the monthly budget of {whose} is used, {} of {} by estimate",
            Usd(*used),
            Usd(*monthly)
        )?;
        if !self.by.is_empty() {
            let by = self.by.iter();
            let by: Vec<_> = by
                .map(|by| format!("{} ({})", by.name, Usd(by.usd)))
                .collect();
            write!(f, ", most of it by {}", by.join(", "))?;
        }
        write!(f, "; the month ends at {}", self.ends_at)
    }
}
