//! Which previews are shown, as it is in the page's address, and how it is chosen.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use tempus_model::Phase;

use crate::console::choice::{address, chip, given, is_empty};
use crate::shape::PreviewsQuery;

/// Which previews: all that is chosen is in the page's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::console) struct Choice {
    #[serde(skip_serializing_if = "Show::is_live")]
    pub show: Show,
    #[serde(skip_serializing_if = "is_empty")]
    pub search: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr: Option<u64>,
    #[serde(skip_serializing_if = "is_empty")]
    pub cursor: Option<String>,
}

/// Which phases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::console) enum Show {
    /// What is not gone.
    #[default]
    Live,
    Ready,
    /// What something is being done to.
    Changing,
    Asleep,
    /// What waits for a person.
    Parked,
    Gone,
    Failed,
    All,
}

impl Show {
    const ALL: [(Self, &str); 8] = [
        (Self::Live, "Live"),
        (Self::Ready, "Ready"),
        (Self::Changing, "Changing"),
        (Self::Asleep, "Asleep"),
        (Self::Parked, "Parked"),
        (Self::Failed, "Failed"),
        (Self::Gone, "Gone"),
        (Self::All, "All"),
    ];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    const fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }

    const fn phases(self) -> &'static [Phase] {
        match self {
            Self::Live => &Phase::LIVE,
            Self::Ready => &[Phase::Ready],
            Self::Changing => &[
                Phase::Pending,
                Phase::Provisioning,
                Phase::Updating,
                Phase::Destroying,
            ],
            Self::Asleep => &[Phase::Asleep],
            Self::Gone => &Phase::GONE,
            Self::Failed => &[Phase::Failed],
            Self::Parked | Self::All => &[],
        }
    }
}

impl Choice {
    /// The call that lists them.
    pub fn query(&self) -> PreviewsQuery {
        let phases = self.show.phases().iter().map(|phase| phase.as_str());
        let phases = phases.collect::<Vec<_>>().join(",");
        PreviewsQuery {
            owner: given(&self.owner),
            repository: given(&self.repository),
            pr: self.pr,
            phase: Some(phases).filter(|phases| !phases.is_empty()),
            search: given(&self.search),
            parked: (self.show == Show::Parked).then_some(true),
            limit: None,
            cursor: given(&self.cursor),
        }
    }

    /// All of a repository.
    pub fn of_repository(repository: &str) -> Self {
        Self {
            show: Show::All,
            repository: Some(repository.to_owned()),
            ..Self::default()
        }
    }

    /// The address of another choice, from its first page.
    pub fn but(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = Self {
            cursor: None,
            ..self.clone()
        };
        change(&mut other);
        other.address()
    }

    pub fn address(&self) -> String {
        address("/", self)
    }

    /// Whether nothing was chosen: then an empty page means that there is nothing.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// The search, the tabs, and what else is chosen.
pub(super) fn filters(choice: &Choice, is_admin: bool) -> Markup {
    html! {
        form.filters role="search" method="get" action="/" data-filters {
            label.search {
                span.unseen { "Search by name, repository, branch or owner" }
                input #search type="search" name="search" value=[choice.search.as_deref()]
                    placeholder="Search…" autocomplete="off" spellcheck="false" aria-keyshortcuts="/";
            }
            @for (name, value) in [("owner", &choice.owner), ("repository", &choice.repository)] {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            @if let Some(pr) = choice.pr { input type="hidden" name="pr" value=(pr); }
            @if let Some(show) = (!choice.show.is_live()).then(|| serde_json::to_value(choice.show).ok()).flatten() {
                input type="hidden" name="show" value=[show.as_str()];
            }
            noscript { button type="submit" { "Search" } }
            nav.tabs aria-label="Which previews" {
                @for (show, name) in Show::ALL {
                    @if show != Show::Parked || is_admin || choice.show == Show::Parked {
                        a href=(choice.but(|to| to.show = show)) aria-current=[(show == choice.show).then_some("true")] { (name) }
                    }
                }
            }
            (chips(choice))
        }
    }
}

/// What else is chosen, each with a way to take it back.
fn chips(choice: &Choice) -> Markup {
    html! {
        @if let Some(owner) = &choice.owner { (chip("owner", owner, &choice.but(|to| to.owner = None))) }
        @if let Some(name) = &choice.repository {
            (chip("repository", name, &choice.but(|to| (to.repository, to.pr) = (None, None))))
        }
        @if let Some(pr) = choice.pr { (chip("pull request", &pr.to_string(), &choice.but(|to| to.pr = None))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_in_the_address_and_comes_back() {
        let choice = Choice {
            show: Show::Gone,
            search: Some("a&b".to_owned()),
            repository: Some("acme/shop".to_owned()),
            pr: Some(7),
            cursor: Some("00".to_owned()),
            ..Choice::default()
        };
        let address = choice.address();
        assert_eq!(
            address,
            "/?show=gone&search=a%26b&repository=acme%2Fshop&pr=7&cursor=00"
        );
        let read: Choice = serde_urlencoded::from_str(&address[2..]).unwrap();
        assert_eq!(read, choice);
        assert_eq!(Choice::default().address(), "/");
        assert!(!choice.but(|to| to.pr = None).contains("cursor"));
    }

    #[test]
    fn the_tabs_are_the_phases() {
        let query = |show| {
            Choice {
                show,
                ..Choice::default()
            }
            .query()
        };
        assert_eq!(
            query(Show::Live).phase.as_deref(),
            Some("pending,provisioning,ready,asleep,updating,destroying")
        );
        assert_eq!(query(Show::Gone).phase.as_deref(), Some("destroyed,failed"));
        assert_eq!(query(Show::All).phase, None);
        assert_eq!(query(Show::Parked).parked, Some(true));
        let empty: Choice = serde_urlencoded::from_str("search=&owner=").unwrap();
        assert_eq!(empty.query(), query(Show::Live));
    }
}
