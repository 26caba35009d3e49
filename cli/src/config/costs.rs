//! What is configured about money: `[costs]`, all of it in US dollars.

use serde_json::Value;

use super::text::Word;
use super::{Setting, list};

/// `[costs]`: what previews cost, and what they may.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// What all previews may cost in a month.
    pub monthly_usd: Option<Dollars>,
    /// What the previews of one owner may.
    pub monthly_usd_per_owner: Option<Dollars>,
    /// Owners of whom that is another sum.
    pub owners: Vec<OwnerBudget>,
    /// From what part of a budget on it is warned of.
    pub warn_percent: u32,
    /// What a core costs an hour; set if and only if the price of memory is.
    pub vcpu_usd_per_hour: Option<Dollars>,
    /// What a gigabyte of memory costs an hour.
    pub memory_usd_per_gb_hour: Option<Dollars>,
    /// What a service costs an hour besides.
    pub task_usd_per_hour: Option<Dollars>,
    /// The region that these prices are of.
    pub region: Option<Word>,
    /// When they were so.
    pub dated: Option<Word>,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            monthly_usd: None,
            monthly_usd_per_owner: None,
            owners: Vec::new(),
            warn_percent: 80,
            vcpu_usd_per_hour: None,
            memory_usd_per_gb_hour: None,
            task_usd_per_hour: None,
            region: None,
            dated: None,
        }
    }
}

/// An amount of US dollars, not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dollars(f64);

impl Dollars {
    /// The amount.
    pub const fn amount(self) -> f64 {
        self.0
    }
}

impl Setting for Dollars {
    const EXPECTS: &'static str = "an amount of US dollars, such as \"0.04048\" or \"250\"";

    fn read(text: &str) -> Option<Self> {
        let amount: f64 = text.parse().ok()?;
        (amount.is_finite() && amount >= 0.0).then_some(Self(amount))
    }

    fn show(&self) -> Value {
        self.0.to_string().into()
    }
}

/// The budget of one owner.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnerBudget {
    /// The owner's login or id.
    pub owner: Word,
    /// What its previews may cost in a month.
    pub monthly: Dollars,
}

impl Setting for Vec<OwnerBudget> {
    const EXPECTS: &'static str = "budgets with commas between them, each OWNER=DOLLARS and each \
        owner once, such as \"octo/shop=80, ada=20\"";

    fn read(text: &str) -> Option<Self> {
        let one = |entry: &str| {
            let (owner, monthly) = entry.rsplit_once('=')?;
            Some(OwnerBudget {
                owner: Word::read(owner.trim())?,
                monthly: Dollars::read(monthly.trim())?,
            })
        };
        list::read_once(text, one, |of| of.owner.to_string())
    }

    fn show(&self) -> Value {
        list::show(self, |of| format!("{}={}", of.owner, of.monthly.amount()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_shown() {
        for text in ["0", "0.04048", "250"] {
            assert_eq!(Dollars::read(text).unwrap().show().as_str(), Some(text));
        }
        for wrong in ["", "-1", "NaN", "inf", "$5", "1,5"] {
            assert_eq!(Dollars::read(wrong), None, "{wrong}");
        }
        let text = "octo/shop=80, ada=20.5";
        assert_eq!(
            Vec::<OwnerBudget>::read(text).unwrap().show().as_str(),
            Some(text)
        );
        assert_eq!(Vec::<OwnerBudget>::read("").unwrap(), []);
        for wrong in ["ada", "ada=", "=5", "ada=-1", "ada=1, ada=2", "a b=1"] {
            assert!(Vec::<OwnerBudget>::read(wrong).is_none(), "{wrong}");
        }
    }
}
