//! Budgets: what a month may cost before new previews are refused. By estimate, and so a soft limit;
//! quotas are the hard one.

use std::collections::BTreeMap;
use std::time::Duration;

use tempus_engine::Budget;
use tempus_model::{Owner, Prices, Timestamp};

use super::{Line, Range, Tally};
use crate::identity::Caller;
use crate::shape::{BudgetStanding, BudgetView, SpentBy};
use crate::state::Api;

/// How many of those who spent a budget are named.
const NAMED: usize = 5;

/// What previews cost, and what they may.
#[derive(Debug, Clone)]
pub struct Costs {
    /// What an hour costs; without prices nothing costs anything.
    pub prices: Option<Prices>,
    /// What a month may cost.
    pub budgets: Budgets,
    /// How old what is known may be of what previews ran: what is asked for often is not read each
    /// time.
    pub fresh: Duration,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            prices: None,
            budgets: Budgets::default(),
            fresh: Duration::from_secs(10),
        }
    }
}

/// What a month may cost, in US dollars.
#[derive(Debug, Clone)]
pub struct Budgets {
    /// All previews together.
    pub total: Option<f64>,
    /// Those of one owner.
    pub per_owner: Option<f64>,
    /// Owners, by login or id, of whom that is another sum.
    pub owners: BTreeMap<String, f64>,
    /// The part of a budget from which on it is warned of: 0 to 1.
    pub warn_at: f64,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            total: None,
            per_owner: None,
            owners: BTreeMap::new(),
            warn_at: 0.8,
        }
    }
}

impl Budgets {
    /// Whether there is any.
    pub(crate) fn are_set(&self) -> bool {
        self.total.is_some() || self.per_owner.is_some() || !self.owners.is_empty()
    }

    fn of(&self, owner: &str, login: &str) -> Option<f64> {
        let named = self.owners.get(login).or_else(|| self.owners.get(owner));
        named.copied().or(self.per_owner)
    }

    fn standing(&self, monthly: f64, used: f64) -> BudgetStanding {
        if used >= monthly {
            BudgetStanding::Spent
        } else if used >= monthly * self.warn_at {
            BudgetStanding::Warned
        } else {
            BudgetStanding::Within
        }
    }
}

/// How the budgets stand that somebody's new preview would be held to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checked(Vec<BudgetView>);

impl Checked {
    /// What the store is told.
    pub fn verdict(&self) -> Budget {
        match self.spent() {
            Some(_) => Budget::Spent,
            None => Budget::Within,
        }
    }

    /// The one that is spent, if one is.
    pub fn spent(&self) -> Option<&BudgetView> {
        let mut all = self.0.iter();
        all.find(|budget| budget.standing == BudgetStanding::Spent)
    }

    /// Those that are spent, or nearly.
    pub fn worth_a_word(self) -> Vec<BudgetView> {
        let told = |budget: &BudgetView| budget.standing != BudgetStanding::Within;
        self.0.into_iter().filter(told).collect()
    }
}

impl Api {
    /// How this owner's budgets stand. What cannot be counted now keeps nobody out: it is an estimate.
    /// Who or what has spent them is told to whoever may know.
    pub(crate) async fn check_budgets(&self, owner: &Owner, caller: &Caller) -> Checked {
        let costs = &self.config().costs;
        if costs.prices.is_none() || !costs.budgets.are_set() {
            return Checked::default();
        }
        let Some((month, tally)) = self.month_soon().await else {
            return Checked::default();
        };
        let mut all = standings(&costs.budgets, &tally, month);
        all.retain(|budget| {
            let whose = budget.owner_id.as_ref();
            whose.is_none_or(|id| *id == owner.id)
        });
        for budget in &mut all {
            let theirs = budget.owner_id.is_some() && caller.sees(owner);
            if !theirs && !caller.is_admin() {
                budget.by.clear();
            }
        }
        Checked(all)
    }
}

/// How every budget stands of whoever spent anything in a month, the installation's first.
pub(crate) fn standings(budgets: &Budgets, tally: &Tally, month: Range) -> Vec<BudgetView> {
    let ends_at = month.to.next().begins();
    let total = budgets.total.map(|monthly| {
        let mut by: Vec<_> = tally.owners.values().map(spent_by).collect();
        by.sort_by(|a, b| b.usd.total_cmp(&a.usd));
        view(budgets, None, monthly, tally.all.dollars, by, ends_at)
    });
    let owners = tally.owners.iter().filter_map(|(id, line)| {
        let monthly = budgets.of(id, &line.name)?;
        let previews = tally.previews.iter();
        let own = previews.filter(|of| of.owner.id == *id);
        let by = own.map(|of| SpentBy {
            name: of.name.clone(),
            usd: of.dollars,
        });
        let whose = Some((id.as_str(), line.name.as_str()));
        Some(view(
            budgets,
            whose,
            monthly,
            line.dollars,
            by.collect(),
            ends_at,
        ))
    });
    total.into_iter().chain(owners).collect()
}

fn spent_by(line: &Line) -> SpentBy {
    SpentBy {
        name: line.name.clone(),
        usd: line.dollars,
    }
}

fn view(
    budgets: &Budgets,
    whose: Option<(&str, &str)>,
    monthly: f64,
    used: f64,
    mut by: Vec<SpentBy>,
    ends_at: Timestamp,
) -> BudgetView {
    by.retain(|spent| spent.usd > 0.0);
    by.truncate(NAMED);
    BudgetView {
        whose: whose.map_or_else(
            || "this installation".to_owned(),
            |(_, login)| login.to_owned(),
        ),
        owner_id: whose.map(|(id, _)| id.to_owned()),
        monthly_usd: monthly,
        used_usd: crate::shape::usd(used),
        standing: budgets.standing(monthly, used),
        ends_at,
        by: by
            .into_iter()
            .map(|spent| SpentBy {
                usd: crate::shape::usd(spent.usd),
                ..spent
            })
            .collect(),
    }
}
