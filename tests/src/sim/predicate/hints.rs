//! That everything is taken up in time: expiries, what is due, and the hints that lead to it.

use std::time::Duration;

use tempus_model::{Timestamp, invariant};

use super::super::witness::Written;
use super::{Around, Weather};

/// What went wrong shortly before is what is felt now: the hint that was lost had been sent ahead.
fn a_minute_before(time: Timestamp) -> Timestamp {
    Timestamp::from_millis(time.millis() - 60_000)
}

pub(super) fn nothing_outlives(around: &dyn Around) -> Result<(), String> {
    let (now, bounds) = (around.now(), around.bounds());
    for row in around.rows() {
        if row.is_gone() || row.expires_at > now {
            continue;
        }
        let over = row.expires_at.until(now);
        let bound = bounds.remind_every + bounds.skew + bounds.hint;
        let mut most = bound + around.injected(row.preview, a_minute_before(row.expires_at));
        if row.desired.is_present() {
            if over > most {
                return Err(format!(
                    "{} expired at {} and is still wanted",
                    row.preview, row.expires_at
                ));
            }
            continue;
        }
        most += bounds.unwind;
        if over > most && row.parked.is_none() {
            return Err(format!(
                "{} expired at {} and is still there",
                row.preview, row.expires_at
            ));
        }
    }
    Ok(())
}

/// What is to be warned of its end, and has nothing else to do, is so in time. It may have come to rest
/// after that time: then a saga has just ended.
pub(super) fn warned_in_time(around: &dyn Around) -> Result<(), String> {
    let (now, bounds) = (around.now(), around.bounds());
    for row in around.rows() {
        let rests = invariant::is_at_rest(&row) || row.parked.is_some();
        let Some(at) = row
            .warning_at()
            .filter(|_| rests && row.desired.is_present())
        else {
            continue;
        };
        let since = at.max(row.settled.at);
        let since = row.parked.as_ref().map_or(since, |p| since.max(p.since));
        let most = bounds.remind_every + bounds.skew + bounds.hint + bounds.unwind;
        let most = most + around.injected(row.preview, a_minute_before(since));
        if since.until(now) > most && !row.is_expired(now) {
            return Err(format!(
                "{} is to be warned of at {at}, and nobody has begun",
                row.preview
            ));
        }
    }
    Ok(())
}

/// What ends because its time is over ends in time.
pub(super) fn ended_in_time(written: &Written<'_>, around: &dyn Around) -> Result<(), String> {
    let (Some(before), after) = (written.before, written.after) else {
        return Ok(());
    };
    let over = after.expires_at.until(around.now());
    let (bounds, since) = (around.bounds(), a_minute_before(after.expires_at));
    let most = bounds.remind_every + bounds.skew + bounds.hint;
    let ends = before.desired.is_present() && !after.desired.is_present();
    if !ends || over <= most + around.injected(after.preview, since) {
        return Ok(());
    }
    Err(format!(
        "{} expired at {}, and that was acted on {} s later",
        after.preview,
        after.expires_at,
        over.as_secs()
    ))
}

/// Who gives a lease back has seen to it that somebody comes when there is something to do.
pub(super) fn sent_ahead(written: &Written<'_>, around: &dyn Around) -> Result<(), String> {
    let (Some(before), after) = (written.before, written.after) else {
        return Ok(());
    };
    let Some(messages) = around.messages() else {
        return Ok(());
    };
    let (Some(_), Some(lease), None) = (written.fence, &before.lease, &after.lease) else {
        return Ok(());
    };
    let Some(due) = after.due_at.filter(|_| after.parked.is_none()) else {
        return Ok(());
    };
    let now = around.now();
    let at_expiry = after.desired.is_present() && due == after.expires_at;
    // A hand-over makes its own message visible; what is too far away is left to others.
    let handed_over = due <= around.latest_clock();
    if at_expiry || handed_over || now.until(due) > Duration::from_mins(14) {
        return Ok(());
    }
    let sent = messages.iter().any(|(about, message)| {
        *about == Some(after.preview) && Some(&message.id) != lease.message.as_ref()
    });
    if sent
        || !around
            .injected(after.preview, a_minute_before(now))
            .is_zero()
    {
        return Ok(());
    }
    Err(format!(
        "{} gave its lease back until {due} and no hint is on its way",
        after.preview
    ))
}

pub(super) fn taken_up_in_time(written: &Written<'_>, around: &dyn Around) -> Result<(), String> {
    let (Some(before), after) = (written.before, written.after) else {
        return Ok(());
    };
    if after.epoch == before.epoch {
        return Ok(());
    }
    let bounds = around.bounds();
    let free = before
        .lease
        .as_ref()
        .map(|lease| lease.until.after(bounds.skew));
    let Some(since) = before.due_at.max(free) else {
        return Ok(());
    };
    let waited = since.until(around.now());
    // A warning may have been too far away for a hint, and a look whether anybody uses it was moved
    // by whoever did: then the reminder brings it.
    let reminded = before.due_at == before.warning_at() || before.due_at == before.idle_at;
    let most = match around.weather() {
        Weather::Calm if reminded => bounds.remind_every + bounds.hint + bounds.skew,
        Weather::Calm => bounds.hint + bounds.skew,
        Weather::Rough => {
            bounds.remind_every
                + bounds.hint
                + around.injected(after.preview, a_minute_before(since))
        }
    };
    if waited <= most {
        return Ok(());
    }
    Err(format!(
        "{} was due at {since} and was taken up {:.1} s later",
        after.preview,
        waited.as_secs_f64()
    ))
}

pub(super) fn messages_are_few(around: &dyn Around) -> Result<(), String> {
    let Some(messages) = around.messages() else {
        return Ok(());
    };
    if messages.len() > around.bounds().messages {
        return Err(format!("{} messages are on the queue", messages.len()));
    }
    let again = messages.iter().find(|(_, message)| message.receives > 1);
    match (around.weather(), again) {
        (Weather::Calm, Some((about, message))) => Err(format!(
            "message {} about {about:?} was delivered {} times",
            message.id, message.receives
        )),
        _ => Ok(()),
    }
}

pub(super) fn no_message_is_left(around: &dyn Around) -> Result<(), String> {
    match around.messages() {
        Some(messages) if !messages.is_empty() => Err(format!(
            "{} messages are left at rest: {:?}",
            messages.len(),
            messages[0]
        )),
        _ => Ok(()),
    }
}
