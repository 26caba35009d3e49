//! What any engine must do: one suite that every engine passes unchanged.
//!
//! Each property is a function of a [`Harness`], which makes fresh engines. [`conformance!`]
//! turns all of them into tests of one engine. Store properties pass the time in; those of queue
//! and timer wait for it, so they are written in terms of what the harness says an engine can
//! resolve.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a property that does not hold panics: that is how a test says so"
)]

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Clock, Queue, Store, Timer};

pub mod deeds;
pub mod doubts;
pub mod dues;
pub mod expiries;
pub mod fences;
pub mod idempotency;
pub mod jobs;
pub mod leases;
pub mod letters;
pub mod lifecycle;
pub mod lists;
pub mod names;
pub mod parking;
pub mod queues;
pub mod reserves;
pub mod sleeping;
pub mod slots;
pub mod sources;
pub mod timers;
pub mod tokens;
mod world;

#[cfg(test)]
pub(crate) use world::{at, claim, new_preview, next_write};

/// Makes engines of one kind.
#[async_trait]
pub trait Harness: Send + Sync {
    /// An engine with an empty store and an empty queue.
    async fn fresh(&self) -> Ports;

    /// How far from its time an alarm may fire.
    fn timer_bound(&self) -> Duration;

    /// The shortest delay that the queue tells from none. Properties of the queue wait for small
    /// multiples of it.
    fn tick(&self) -> Duration;
}

/// A fresh engine.
pub struct Ports {
    /// Its store.
    pub store: Arc<dyn Store>,
    /// Its queue.
    pub queue: Arc<dyn Queue>,
    /// Its timer, which posts to that queue.
    pub timer: Arc<dyn Timer>,
    /// The clock that the timer goes by.
    pub clock: Arc<dyn Clock>,
    /// What must live as long as they do.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Makes a test of every property, in a module per topic: `conformance! { { #[tokio::test] }
/// harness }`, where the expression `harness` makes a [`Harness`].
#[macro_export]
macro_rules! conformance {
    ({ $($attribute:tt)* } $harness:expr) => {
        $crate::conformance! { @topics { $($attribute)* } { $harness }
            lifecycle {
                a_create_becomes_ready
                an_update_moves_to_another_spec
                a_failed_update_goes_back
                a_destroy_ends_in_a_receipt
                a_failed_create_is_final
                a_saga_waits_and_goes_on
                what_never_was_is_not_found
            }
            fences {
                of_many_claims_one_wins
                a_claim_that_was_lost_writes_nothing
                a_write_out_of_sequence_is_refused
                a_repeated_checkpoint_is_recognised
                a_repeated_release_is_recognised
                a_repeat_after_another_claim_is_refused
                what_was_made_is_recorded_whatever_is_wanted
                a_release_requires_what_was_seen
                a_renewal_never_shortens_a_lease
            }
            leases {
                a_row_is_claimed_only_when_it_is_due_and_as_it_was_seen
                an_expired_lease_is_counted_and_suspected
                a_checkpoint_resets_the_count
                five_expired_leases_park
                a_released_lease_is_not_counted
            }
            jobs {
                at_most_two_are_open
                each_ends_exactly_once
                the_first_outcome_stands
                destroying_twice_is_one_job
                destroying_what_is_gone_succeeds_at_once
                updating_to_the_ready_spec_succeeds_at_once
                what_has_ended_is_not_changed
            }
            slots {
                a_quota_holds_under_concurrency
                the_total_holds_under_concurrency
                a_quota_slot_comes_back_when_the_preview_is_gone
                a_refused_create_takes_nothing
                a_spent_budget_keeps_out_new_previews_alone
                listeners_fill_in_order_and_empty_with_the_receipt
                a_short_id_is_used_once
                no_url_takes_no_listener
            }
            names {
                a_live_name_is_its_owners
                the_same_source_updates
                an_update_by_name_takes_no_slot_and_shortens_nothing
                an_ending_one_is_waited_for
                a_gone_one_is_free
                of_many_owners_one_gets_it
            }
            reserves {
                the_same_item_gets_the_same_number
                no_two_get_the_same_number
                items_of_a_preview_ask_at_once
                what_others_use_is_avoided
                an_exhausted_pool_says_so
                the_receipt_frees_them
            }
            idempotency {
                a_repeat_gets_the_first_answer
                another_body_is_refused
                keys_belong_to_owners
                of_many_at_once_one_acts
                a_day_later_it_is_forgotten
                a_refusal_is_not_kept
                updates_and_destroys_have_keys_too
            }
            expiries {
                an_extension_moves_the_expiry_and_makes_due
                an_extension_is_capped_and_takes_nothing_away
                an_extension_to_the_same_expiry_leaves_nothing_to_do
                what_is_over_is_not_extended
                a_create_over_what_has_expired_names_it
                a_destroy_for_another_expiry_is_refused
                of_extension_and_expiry_one_wins
            }
            sleeping {
                an_idle_preview_sleeps_and_is_woken_once
                a_look_at_another_row_puts_nobody_to_sleep
                who_is_roused_is_not_settled_asleep
            }
            deeds {
                a_job_carries_who_asked_for_it
                what_is_done_without_a_job_is_kept
                of_many_at_once_none_is_lost
                a_pin_holds_and_can_be_taken_back
                a_warning_is_begun_by_one_and_given_once
            }
            dues {
                only_what_is_due_and_free_is_listed_longest_first
                the_depth_says_how_long_work_has_waited
                a_dead_holders_row_is_still_due
                a_reminder_is_sent_once_in_a_while
                only_what_waits_is_woken
                a_pending_verify_is_not_woken
            }
            doubts {
                a_doubted_row_is_due_for_a_verify
                a_doubt_delays_nothing
                a_verify_vouches_only_for_what_it_began_with
                without_proof_there_is_no_receipt_and_no_rest
                a_receipt_can_be_doubted
            }
            parking {
                a_parked_saga_stands_still_until_it_is_replayed
                a_destroy_unparks
                what_owns_something_is_not_discarded
                a_discard_ends_every_open_job
                only_what_is_parked_is_replayed_or_discarded
            }
            lists {
                every_filter_holds
                pages_are_complete_and_newest_first
                arrivals_move_nothing
                a_made_up_cursor_is_refused
            }
            letters {
                a_letter_is_kept_once_and_until_it_is_deleted
            }
            tokens {
                a_token_is_found_as_it_was_put
                a_tokens_id_is_its_own
                a_revocation_is_final
                revocations_at_once_agree
            }
            sources {
                what_is_noted_is_due_and_found
                of_many_claims_one_wins
                news_during_work_is_not_lost
            }
            timers {
                an_alarm_fires_within_the_bound
                an_alarm_that_is_set_twice_fires_once
                a_cleared_alarm_does_not_fire
                alarms_are_listed_until_they_fire
                an_alarm_in_the_past_fires_at_once
                a_name_means_one_alarm
            }
            queues {
                a_message_arrives_at_once
                what_is_sent_along_arrives
                a_delay_is_respected
                an_unfinished_message_comes_back
                a_hidden_message_stays_hidden_until_it_is_shown
                a_stale_handle_does_no_harm
                nothing_is_lost_or_multiplied
                an_empty_queue_answers_in_time
            }
        }
    };
    (@topics $attribute:tt $harness:tt $($topic:ident { $($property:ident)* })*) => {
        $(
            mod $topic {
                #[allow(unused_imports, reason = "the harness may be named by a path")]
                use super::*;
                $($crate::conformance! { @test $attribute $harness $topic $property })*
            }
        )*
    };
    (@test { $($attribute:tt)* } { $harness:expr } $topic:ident $property:ident) => {
        $($attribute)*
        async fn $property() {
            $crate::conformance::$topic::$property(&$harness).await;
        }
    };
}
