//! Whether a service is ready: a pure judgement of what was seen.

use tempus_model::Timestamp;

use crate::aws::client::{Deployment, Life, Rollout, Seen};

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// ECS's part is done; its targets must be healthy. A deployment that ECS calls completed was
    /// held against its load balancer already.
    Running {
        /// When ECS said so itself, if it did.
        completed: Option<Timestamp>,
    },
    /// Not yet, and why.
    Starting(String),
    /// ECS gave up.
    GaveUp,
    /// ECS gave up and went back to what ran before. That ends "completed" as well, on another
    /// task definition.
    RolledBack,
    /// It stands at another task definition, and nothing says why: an older answer, or somebody
    /// moved it.
    Elsewhere(String),
    /// It is not there.
    Gone,
}

/// Ready means: the primary deployment is on *our* task definition, runs as many tasks as it
/// should, and is the only one or completed.
pub(super) fn judge(seen: Option<&Seen>, family: &str) -> Verdict {
    let Some(seen) = seen.filter(|seen| seen.life == Life::Active) else {
        return Verdict::Gone;
    };
    let primary = seen
        .deployments
        .iter()
        .find(|deployment| deployment.primary);
    let Some(primary) = primary else {
        return Verdict::Starting("no deployment has begun".to_owned());
    };
    if primary.family != family {
        let ours = seen.deployments.iter().find(|other| other.family == family);
        let failed = ours.is_some_and(|ours| ours.rollout == Rollout::Failed);
        if failed || speaks_of_rollback(&primary.reason) {
            return Verdict::RolledBack;
        }
        return Verdict::Elsewhere(primary.family.clone());
    }
    if primary.rollout == Rollout::Failed {
        return Verdict::GaveUp;
    }
    let completed = match primary.rollout {
        // Of whenever, if it is not said.
        Rollout::Completed => Some(primary.updated_at.unwrap_or(Timestamp::from_millis(0))),
        _ => None,
    };
    if primary.running < primary.desired || primary.desired == 0 {
        return Verdict::Starting(starting(primary));
    }
    if completed.is_some() || seen.deployments.len() == 1 {
        return Verdict::Running { completed };
    }
    Verdict::Starting("the tasks of the version before are being stopped".to_owned())
}

/// "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1".
fn speaks_of_rollback(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("circuit breaker")
        || reason.contains("rolling back")
        || reason.contains("rolled back")
}

fn starting(deployment: &Deployment) -> String {
    match deployment.failed {
        0 => "the task is starting".to_owned(),
        failed => format!("{failed} tasks failed to start; ECS tries again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{deployment, seen};

    const OURS: &str = "ours";

    #[test]
    fn ready_is_ours_running_and_alone_or_completed() {
        let mut primary = deployment(OURS);
        primary.rollout = Rollout::InProgress;
        let mut old = deployment("old");
        old.primary = false;
        let running = |completed| Verdict::Running { completed };

        assert_eq!(
            judge(Some(&seen(vec![primary.clone()])), OURS),
            running(None)
        );
        let two = seen(vec![primary.clone(), old.clone()]);
        assert!(matches!(judge(Some(&two), OURS), Verdict::Starting(_)));
        primary.rollout = Rollout::Completed;
        assert_eq!(
            judge(Some(&seen(vec![primary.clone(), old])), OURS),
            running(Some(Timestamp::from_millis(0)))
        );
        primary.running = 0;
        let none = seen(vec![primary]);
        assert!(matches!(judge(Some(&none), OURS), Verdict::Starting(_)));
    }

    #[test]
    fn a_rollback_that_completed_is_no_success() {
        let mut old = deployment("old");
        old.reason = "ECS deployment circuit breaker: rolling back to deploymentId x".into();
        assert_eq!(
            judge(Some(&seen(vec![old.clone()])), OURS),
            Verdict::RolledBack
        );
        old.reason = String::new();
        let mut failed = deployment(OURS);
        (failed.primary, failed.rollout) = (false, Rollout::Failed);
        assert_eq!(
            judge(Some(&seen(vec![old.clone(), failed])), OURS),
            Verdict::RolledBack
        );
        // Right after an update, an older answer may still come.
        assert_eq!(
            judge(Some(&seen(vec![old])), OURS),
            Verdict::Elsewhere("old".into())
        );
    }

    #[test]
    fn what_is_gone_or_gave_up_is_told() {
        assert_eq!(judge(None, OURS), Verdict::Gone);
        let mut draining = seen(vec![deployment(OURS)]);
        draining.life = Life::Draining;
        assert_eq!(judge(Some(&draining), OURS), Verdict::Gone);
        let mut failed = deployment(OURS);
        failed.rollout = Rollout::Failed;
        assert_eq!(judge(Some(&seen(vec![failed])), OURS), Verdict::GaveUp);
    }
}
