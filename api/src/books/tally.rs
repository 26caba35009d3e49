//! Adding up: by day, owner, repository and preview.

use std::collections::BTreeMap;

use tempus_model::{Day, Owner, PreviewId, Prices, Timestamp};

use super::Account;

/// Days, the first and the last of which are meant too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub from: Day,
    pub to: Day,
}

impl Range {
    /// The month of this time.
    pub fn month_of(now: Timestamp) -> Self {
        let from = Day::of(now).first_of_month();
        Self {
            from,
            to: from.last_of_month(),
        }
    }

    /// Its days, in their order.
    pub fn days(self) -> impl Iterator<Item = Day> {
        let days = std::iter::successors(Some(self.from), |day| Some(day.next()));
        let number = self.from.days_until(self.to).saturating_add(1);
        days.take(usize::try_from(number).unwrap_or(0))
    }
}

/// What is counted: everything, unless somebody or something is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Only {
    pub owner: Option<String>,
    pub repository: Option<String>,
}

/// What somebody's or something's previews cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// What people call it.
    pub name: String,
    pub dollars: f64,
    /// What runs of it now costs an hour.
    pub hourly: f64,
    /// How many previews it is.
    pub previews: u32,
    /// Day by day, as many as the range has.
    pub days: Vec<f64>,
}

/// What all of it comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub all: Line,
    /// By their ids.
    pub owners: BTreeMap<String, Line>,
    /// By their full names; what is from none is among them too.
    pub repositories: BTreeMap<Option<String>, Line>,
    /// Those that cost anything, the dearest first.
    pub previews: Vec<One>,
}

/// What one preview costs.
#[derive(Debug, Clone)]
pub(crate) struct One {
    pub id: PreviewId,
    pub name: String,
    pub owner: Owner,
    pub repository: Option<String>,
    pub dollars: f64,
    /// What runs of it now costs an hour.
    pub hourly: f64,
}

/// Adds up what previews cost on these days, until now.
pub(super) fn of(
    accounts: &BTreeMap<PreviewId, Account>,
    prices: Option<&Prices>,
    range: Range,
    only: &Only,
    now: Timestamp,
) -> Tally {
    let days: Vec<_> = range.days().collect();
    let mut tally = Tally::default();
    tally.all.days = vec![0.0; days.len()];
    let Some(prices) = prices else { return tally };
    let asked = |account: &Account| {
        let owner = only.owner.as_ref();
        let repository = only.repository.as_ref();
        owner.is_none_or(|id| account.owner.id == *id)
            && repository.is_none_or(|name| account.repository.as_ref() == Some(name))
    };
    for (id, account) in accounts.iter().filter(|(_, account)| asked(account)) {
        let Some(began) = account.spans.began() else {
            continue;
        };
        let mut costs = vec![0.0; days.len()];
        for (day, cost) in days.iter().zip(&mut costs) {
            let ends = day.next().begins().min(now);
            if began < ends {
                *cost = prices.of(account.spans.used(day.begins(), ends));
            }
        }
        let hourly = account.spans.running();
        let hourly = hourly.map_or(0.0, |footprint| prices.hourly(footprint));
        let dollars: f64 = costs.iter().sum();
        if dollars <= 0.0 && hourly <= 0.0 {
            continue;
        }
        let owner = tally.owners.entry(account.owner.id.clone()).or_default();
        owner.name.clone_from(&account.owner.login);
        let repository = tally.repositories.entry(account.repository.clone());
        for line in [&mut tally.all, owner, repository.or_default()] {
            line.add(&costs, hourly);
        }
        tally.previews.push(One {
            id: *id,
            name: account.name.clone(),
            owner: account.owner.clone(),
            repository: account.repository.clone(),
            dollars,
            hourly,
        });
    }
    tally
        .previews
        .sort_by(|a, b| b.dollars.total_cmp(&a.dollars));
    tally
}

impl Line {
    fn add(&mut self, costs: &[f64], hourly: f64) {
        self.days.resize(costs.len(), 0.0);
        for (sum, cost) in self.days.iter_mut().zip(costs) {
            *sum += cost;
        }
        self.dollars += costs.iter().sum::<f64>();
        self.hourly += hourly;
        self.previews += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempus_model::{Footprint, Spans};
    use uuid::Uuid;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn hours(day: Day, hours: u64) -> Timestamp {
        day.begins().after(Duration::from_hours(hours))
    }

    /// One core from then to then.
    fn account(owner: &str, repository: &str, from: Timestamp, to: Option<Timestamp>) -> Account {
        let mut spans = Spans::default();
        let footprint = Footprint {
            cpu: 1024,
            memory: 0,
            tasks: 1,
        };
        spans.open(footprint, from);
        if let Some(to) = to {
            spans.close(to);
        }
        Account {
            name: "app".to_owned(),
            owner: Owner {
                id: owner.to_owned(),
                login: owner.to_uppercase(),
                avatar_url: None,
            },
            repository: (!repository.is_empty()).then(|| repository.to_owned()),
            created_at: from,
            spans,
            gone: to.is_some(),
        }
    }

    #[test]
    fn a_life_over_midnight_costs_on_both_days_and_only_what_is_asked_about_is_counted() {
        let (first, second) = (day("2026-10-31"), day("2026-11-01"));
        let accounts = [
            account("ada", "o/shop", hours(first, 20), Some(hours(second, 2))),
            account("ada", "", hours(second, 10), None),
            account("bob", "o/shop", hours(second, 11), Some(hours(second, 12))),
            account("bob", "o/shop", hours(second, 30), None),
        ];
        let ids = (1..).map(|n| PreviewId::new(Uuid::from_u128(n << 96)));
        let accounts: BTreeMap<_, _> = ids.zip(accounts).collect();
        let prices = Prices {
            region: "here".to_owned(),
            dated: "now".to_owned(),
            core: 1.0,
            gigabyte: 9.0,
            task: 0.5,
        };
        let now = hours(second, 20);
        let count =
            |from, to, only: &Only| of(&accounts, Some(&prices), Range { from, to }, only, now);
        let all = count(first, second, &Only::default());
        assert_eq!(format!("{:?}", all.all.days), "[6.0, 19.5]");
        assert_eq!((all.all.dollars, all.all.hourly), (25.5, 3.0));
        assert_eq!(format!("{:?}", all.owners["ada"].days), "[6.0, 18.0]");
        assert_eq!(all.owners["ada"].name, "ADA");
        assert_eq!(all.owners["bob"].previews, 2);
        let shop = &all.repositories[&Some("o/shop".to_owned())];
        assert_eq!((shop.dollars, shop.previews), (10.5, 3));
        assert_eq!(
            (all.repositories[&None].dollars, 1),
            (15.0, all.repositories[&None].previews)
        );
        assert!((all.previews[0].dollars - 15.0).abs() < 1e-9);

        let november = Range::month_of(now);
        assert_eq!((november.from, november.to), (second, day("2026-11-30")));
        assert_eq!(november.days().count(), 30);
        let only = Only {
            owner: Some("ada".to_owned()),
            repository: Some("o/shop".to_owned()),
        };
        let some = count(november.from, november.to, &only);
        assert_eq!((some.all.dollars, some.owners.len()), (3.0, 1));
        let free = of(&accounts, None, november, &only, now);
        assert!(free.previews.is_empty() && free.all.dollars == 0.0);
    }
}
