//! The store against a second endpoint, which refuses what ministack lets pass: malformed
//! expressions, wrong types, keys of indexes. Only what happens one after the other: moto carries
//! concurrent requests out on threads and holds no transaction together.

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;

use super::{fresh, ports};
use crate::conformance::{Harness, Ports};
use crate::testing::emulator::{Emulator, Kind};

/// The moto that the tests of this process share.
pub(super) fn shared() -> &'static Emulator {
    static SHARED: OnceLock<Emulator> = OnceLock::new();
    SHARED.get_or_init(|| Emulator::start(Kind::Moto))
}

struct Moto;

#[async_trait]
impl Harness for Moto {
    async fn fresh(&self) -> Ports {
        ports(fresh(shared().endpoint()).await)
    }

    fn timer_bound(&self) -> Duration {
        Duration::MAX
    }

    fn tick(&self) -> Duration {
        Duration::from_secs(1)
    }
}

macro_rules! properties {
    ($($topic:ident: $($property:ident)*;)*) => {$($(
        #[tokio::test]
        async fn $property() {
            crate::conformance::$topic::$property(&Moto).await;
        }
    )*)*};
}

properties! {
    lifecycle: a_create_becomes_ready a_failed_update_goes_back a_destroy_ends_in_a_receipt
        what_never_was_is_not_found;
    fences: a_claim_that_was_lost_writes_nothing a_repeated_release_is_recognised
        a_release_requires_what_was_seen;
    jobs: at_most_two_are_open the_first_outcome_stands;
    slots: listeners_fill_in_order_and_empty_with_the_receipt a_short_id_is_used_once;
    names: the_same_source_updates an_ending_one_is_waited_for;
    reserves: what_others_use_is_avoided the_receipt_frees_them;
    idempotency: a_day_later_it_is_forgotten updates_and_destroys_have_keys_too;
    dues: only_what_is_due_and_free_is_listed_longest_first;
    parking: a_discard_ends_every_open_job;
    lists: every_filter_holds pages_are_complete_and_newest_first;
    letters: a_letter_is_kept_once_and_until_it_is_deleted;
}
