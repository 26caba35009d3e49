//! The timer: one-time schedules of EventBridge Scheduler, each posting its hint to the queue.
//!
//! A schedule fires somewhere within the minute that contains its time. What comes early is
//! delayed by whoever receives it, so the time is only rounded to the next whole second.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode,
    ScheduleState, Target,
};
use tempus_model::{Hint, InstallationId, PreviewId, Timestamp, resource_name};

use super::client::Clients;
use super::error::Fault;
use super::queue::SqsQueue;
use crate::{Alarm, Clock, Outgoing, Queue, Timer, TimerError};

/// The longest name of a schedule.
const LONGEST_NAME: usize = 64;

/// What fires sooner than this is put on the queue itself, with a delay: by the time that the
/// schedule stood it might be one of the past, of which nobody promises that it ever fires.
const NEAR: Duration = Duration::from_secs(5);

/// The schedules of one group.
pub(super) struct ScheduleTimer {
    pub(super) clients: Clients,
    pub(super) installation: InstallationId,
    pub(super) group: String,
    pub(super) post: Post,
    pub(super) queue: SqsQueue,
    pub(super) clock: Arc<dyn Clock>,
}

/// Where schedules post to, and as whom: ARNs.
#[derive(Debug, Clone)]
pub(super) struct Post {
    /// The queue.
    pub(super) queue: String,
    /// The role that may send to it.
    pub(super) role: String,
    /// Where a message goes that could not be sent to it for a day.
    pub(super) dead_letters: String,
}

impl Post {
    /// A schedule's target: this hint, on the queue.
    pub(super) fn hint(&self, hint: &Hint) -> Result<Target, Fault> {
        let refused =
            |error: aws_sdk_scheduler::error::BuildError| Fault::Refused(error.to_string());
        let dead = DeadLetterConfig::builder().arn(&self.dead_letters).build();
        Target::builder()
            .arn(&self.queue)
            .role_arn(&self.role)
            .input(hint.encode())
            .dead_letter_config(dead)
            .build()
            .map_err(refused)
    }
}

/// Fires when it says, as exactly as it can.
pub(super) fn punctually() -> Result<FlexibleTimeWindow, Fault> {
    FlexibleTimeWindow::builder()
        .mode(FlexibleTimeWindowMode::Off)
        .build()
        .map_err(|error| Fault::Refused(error.to_string()))
}

/// What an alarm is to the scheduler.
struct Wanted {
    expression: String,
    target: Target,
}

impl ScheduleTimer {
    fn wanted(&self, alarm: &Alarm) -> Result<Wanted, TimerError> {
        Ok(Wanted {
            expression: at(alarm.fires_at)?,
            target: self.post.hint(&alarm.hint())?,
        })
    }

    async fn create(&self, name: &str, wanted: &Wanted) -> Result<Created, Fault> {
        let answer = self
            .clients
            .scheduler
            .create_schedule()
            .name(name)
            .group_name(&self.group)
            .client_token(token(name))
            .schedule_expression(&wanted.expression)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(punctually()?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .state(ScheduleState::Enabled)
            .target(wanted.target.clone())
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Created::Yes),
            Err(error) => match error.as_service_error() {
                Some(e) if e.is_conflict_exception() => Ok(Created::StandsAlready),
                _ => Err(Fault::of(&error)),
            },
        }
    }

    /// `None` if it has fired, or was cleared, meanwhile.
    async fn get(&self, name: &str) -> Result<Option<GetScheduleOutput>, Fault> {
        let asked = self.clients.scheduler.get_schedule().name(name);
        match asked.group_name(&self.group).send().await {
            Ok(schedule) => Ok(Some(schedule)),
            Err(error) => match error.as_service_error() {
                Some(e) if e.is_resource_not_found_exception() => Ok(None),
                _ => Err(Fault::of(&error)),
            },
        }
    }

    /// The alarm stands, but it posts elsewhere, or as somebody else: the configuration changed.
    async fn update(&self, name: &str, wanted: &Wanted) -> Result<(), Fault> {
        self.clients
            .scheduler
            .update_schedule()
            .name(name)
            .group_name(&self.group)
            .schedule_expression(&wanted.expression)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(punctually()?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .state(ScheduleState::Enabled)
            .target(wanted.target.clone())
            .send()
            .await
            .map_err(|error| Fault::of(&error))?;
        Ok(())
    }
}

enum Created {
    Yes,
    StandsAlready,
}

#[async_trait]
impl Timer for ScheduleTimer {
    async fn set(&self, alarm: &Alarm) -> Result<(), TimerError> {
        let left = self.clock.now().until(alarm.fires_at);
        if left < NEAR {
            let fired = Outgoing::later(&alarm.hint(), left);
            let sent = self.queue.send(&[fired]).await;
            return sent.map_err(|error| TimerError::Transient(error.to_string()));
        }
        let wanted = self.wanted(alarm)?;
        if let Created::Yes = self.create(&alarm.name, &wanted).await? {
            return Ok(());
        }
        let Some(stands) = self.get(&alarm.name).await? else {
            let why = format!("alarm {} went while it was looked at", alarm.name);
            return Err(TimerError::Transient(why));
        };
        match compare(&stands, &wanted) {
            Compared::Same => Ok(()),
            Compared::PostsElsewhere => Ok(self.update(&alarm.name, &wanted).await?),
            Compared::Another => Err(TimerError::Rejected(format!(
                "alarm {} stands for {}: {}",
                alarm.name,
                stands.schedule_expression().unwrap_or("no time"),
                stands.target().and_then(Target::input).unwrap_or("nothing"),
            ))),
        }
    }

    async fn clear(&self, name: &str) -> Result<(), TimerError> {
        if !can_be_set(name) {
            return Ok(());
        }
        let asked = self.clients.scheduler.delete_schedule().name(name);
        match asked.group_name(&self.group).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(e) if e.is_resource_not_found_exception() => Ok(()),
                _ => Err(Fault::of(&error).into()),
            },
        }
    }

    /// Found by the beginning that the names of one preview's resources share
    /// ([`resource_name`]): an alarm of any other name is set and cleared, but not listed.
    async fn list(&self, preview: PreviewId) -> Result<Vec<String>, TimerError> {
        let prefix = resource_name(self.installation, preview, "", LONGEST_NAME);
        let mut pages = self
            .clients
            .scheduler
            .list_schedules()
            .group_name(&self.group)
            .name_prefix(prefix)
            .into_paginator()
            .items()
            .send();
        let mut names = Vec::new();
        while let Some(schedule) = pages.next().await {
            let schedule = schedule.map_err(|error| Fault::of(&error))?;
            names.extend(schedule.name);
        }
        Ok(names)
    }
}

/// How a schedule that stands compares with the one that is wanted.
enum Compared {
    Same,
    PostsElsewhere,
    Another,
}

fn compare(stands: &GetScheduleOutput, wanted: &Wanted) -> Compared {
    let target = stands.target();
    let same_alarm = stands.schedule_expression() == Some(wanted.expression.as_str())
        && target.and_then(posts) == posts(&wanted.target);
    let same_post = |target: &Target| {
        target.arn() == wanted.target.arn() && target.role_arn() == wanted.target.role_arn()
    };
    let enabled = stands.state() == Some(&ScheduleState::Enabled);
    match (same_alarm, enabled && target.is_some_and(same_post)) {
        (false, _) => Compared::Another,
        (true, false) => Compared::PostsElsewhere,
        (true, true) => Compared::Same,
    }
}

/// What a target puts on the queue, whoever set it.
fn posts(target: &Target) -> Option<(PreviewId, Timestamp)> {
    match Hint::decode(target.input()?).ok()? {
        Hint::Expire {
            preview,
            expires_at,
            ..
        } => Some((preview, expires_at)),
        _ => None,
    }
}

/// Whether a schedule can have this name. Of any other name none stands, and asking for it is an
/// error that says nothing about that.
fn can_be_set(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed)
}

/// A name as a token: of 64 characters at most, and without the dot that a name may have.
pub(super) fn token(name: &str) -> String {
    let undotted = |c| if c == '.' { '-' } else { c };
    name.chars().map(undotted).take(LONGEST_NAME).collect()
}

/// The expression of one moment: whole seconds, not before it.
fn at(time: Timestamp) -> Result<String, TimerError> {
    let seconds = time.millis().saturating_add(999).div_euclid(1000);
    let text = Timestamp::from_millis(seconds.saturating_mul(1000)).to_string();
    let moment = text.split_once('.').map(|(moment, _)| moment);
    moment.map(|moment| format!("at({moment})")).ok_or_else(|| {
        TimerError::Rejected(format!("{time} is beyond what a schedule can be set for"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_makes_a_token() {
        assert_eq!(token("tempus-1.a_b"), "tempus-1-a_b");
        assert_eq!(token(&"x".repeat(70)).len(), LONGEST_NAME);
    }

    #[test]
    fn a_moment_is_never_early() {
        let at = |millis| at(Timestamp::from_millis(millis)).unwrap();
        assert_eq!(at(1_800_000_000_000), "at(2027-01-15T08:00:00)");
        assert_eq!(at(1_800_000_000_001), "at(2027-01-15T08:00:01)");
    }
}
