//! Whether anybody uses a preview: the load balancer counts the requests of each target group, and
//! CloudWatch keeps the counts.
//!
//! A minute without requests has no count, and neither has a minute that CloudWatch knows nothing
//! of. So the healthy targets are asked for with the requests: they are counted as long as there are
//! any, and only where they were is silence taken for idleness. Counts come some minutes late; what is
//! later than the last of them is not known, and idleness is reckoned up to there.

use std::time::Duration;

use serde::Deserialize;
use tempus_model::{Snapshot, Timestamp};

use super::client::{Asked, Points};
use super::steps::{TargetGroup, Tools};
use crate::{Step, StepError, Used};

/// How late counts may come.
const LATE: Duration = Duration::from_mins(5);
/// How much older than that the last may be before nothing is taken from any.
const STALE: Duration = Duration::from_mins(10);
/// The shortest and the longest period of a count, in seconds. Each a whole number of minutes.
const PERIODS: (u64, u64) = (60, 3600);

/// Whether anybody has used it since then.
pub(super) async fn used_since(
    tools: &Tools,
    of: &Snapshot,
    since: Timestamp,
    now: Timestamp,
) -> Result<Used, StepError> {
    let route = of.identity.route.as_ref();
    let listener = route.and_then(|route| tools.options.listener(&route.listener));
    let balancer = listener.and_then(|listener| balancer(&listener.listener_arn));
    let (Some(balancer), Some(groups)) = (balancer, target_groups(of)) else {
        return Ok(Used::Unknown);
    };
    let asked: Vec<_> = groups
        .iter()
        .flat_map(|group| {
            let of = |metric, statistic| Asked {
                metric,
                statistic,
                balancer: balancer.to_owned(),
                target_group: group.clone(),
            };
            [of("RequestCount", "Sum"), of("HealthyHostCount", "Maximum")]
        })
        .collect();
    let from = since.before(LATE);
    let minutes = from.until(now).as_secs() / 60;
    // Sixty counts of each metric, more or less.
    let period = (minutes.div_ceil(60) * 60).clamp(PERIODS.0, PERIODS.1);
    let counted = tools.client.metrics(&asked, (from, now), period).await?;
    let seen = Seen {
        from,
        now,
        period: Duration::from_secs(period),
    };
    let each = counted.chunks_exact(2);
    Ok(together(each.map(|of| seen.judge(&of[0], &of[1]))))
}

/// The load balancer of a listener, as CloudWatch names it.
fn balancer(listener_arn: &str) -> Option<&str> {
    let (_, name) = listener_arn.split_once(":listener/")?;
    let (balancer, _) = name.rsplit_once('/')?;
    Some(balancer)
}

/// The preview's target groups, as CloudWatch names them; `None` if it has none, or one whose name is
/// not known.
fn target_groups(of: &Snapshot) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Output {
        arn: String,
    }
    let entries = of.row.ledger.entries().iter();
    let groups = entries.filter(|entry| entry.step.kind() == TargetGroup::KIND);
    let named = groups.map(|entry| {
        let output: Output = serde_json::from_str(entry.output.as_ref()?.get()).ok()?;
        let (_, name) = output.arn.split_once(":targetgroup/")?;
        Some(format!("targetgroup/{name}"))
    });
    let named = named.collect::<Option<Vec<_>>>()?;
    (!named.is_empty()).then_some(named)
}

/// What is seen of all of a preview's target groups: one that is used is enough, and one of which it
/// cannot be told as well.
fn together(each: impl Iterator<Item = Used>) -> Used {
    each.fold(Used::No, |all, one| match (all, one) {
        (Used::At(a), Used::At(b)) => Used::At(a.max(b)),
        (Used::At(at), _) | (_, Used::At(at)) => Used::At(at),
        (Used::Unknown, _) | (_, Used::Unknown) => Used::Unknown,
        (Used::No, Used::No) => Used::No,
    })
}

/// What was looked at.
struct Seen {
    from: Timestamp,
    now: Timestamp,
    period: Duration,
}

impl Seen {
    /// Judges one target group.
    fn judge(&self, requests: &Points, targets: &Points) -> Used {
        let used = requests.iter().filter(|(_, count)| *count > 0.0);
        if let Some(last) = used.map(|(at, _)| at.after(self.period)).max() {
            return Used::At(last.min(self.now));
        }
        let mut known: Vec<_> = targets.iter().map(|(at, _)| *at).collect();
        known.sort();
        // From the beginning to a short while ago, without a gap.
        let longest = self.period * 2;
        let mut until = self.from;
        for at in known {
            if until.until(at) > longest {
                return Used::Unknown;
            }
            until = at.after(self.period);
        }
        if until.until(self.now) > STALE.max(longest) {
            return Used::Unknown;
        }
        Used::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(minute: u64) -> Timestamp {
        Timestamp::from_millis(0).after(MINUTE * u32::try_from(minute).unwrap())
    }

    fn points(minutes: impl IntoIterator<Item = u64>, count: f64) -> Points {
        minutes
            .into_iter()
            .map(|minute| (at(minute), count))
            .collect()
    }

    fn judge(requests: &Points, targets: &Points) -> Used {
        let seen = Seen {
            from: at(0),
            now: at(35),
            period: MINUTE,
        };
        seen.judge(requests, targets)
    }

    #[test]
    fn silence_is_idleness_only_where_the_targets_were_counted() {
        let counted = points(0..33, 1.0);
        assert_eq!(judge(&Points::new(), &counted), Used::No);
        assert_eq!(judge(&points(0..33, 0.0), &counted), Used::No);
        for missing in [
            Points::new(),
            points(10..33, 1.0),
            points((0..10).chain(20..33), 1.0),
            points(0..20, 1.0),
        ] {
            assert_eq!(
                judge(&Points::new(), &missing),
                Used::Unknown,
                "{missing:?}"
            );
        }
        // A minute that is missing now and then is CloudWatch's way.
        let gap = points((0..10).chain(11..33), 1.0);
        assert_eq!(judge(&Points::new(), &gap), Used::No);
    }

    #[test]
    fn a_request_counts_whatever_else_is_known() {
        assert_eq!(judge(&points([20], 2.0), &Points::new()), Used::At(at(21)));
        assert_eq!(
            judge(&points([3, 35], 1.0), &Points::new()),
            Used::At(at(35))
        );
        let all = |each: &[Used]| together(each.iter().copied());
        assert_eq!(all(&[Used::No, Used::Unknown]), Used::Unknown);
        assert_eq!(all(&[Used::Unknown, Used::At(at(1))]), Used::At(at(1)));
        assert_eq!(all(&[Used::No, Used::No]), Used::No);
    }

    #[test]
    fn cloudwatch_names_a_load_balancer_by_the_end_of_its_arn() {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/main/50dc6c49/f2f7dc8e";
        assert_eq!(balancer(arn), Some("app/main/50dc6c49"));
        assert_eq!(balancer("arn:x"), None);
    }
}
