//! What only schedules do.

use std::time::Duration;

use tempus_model::{PreviewId, resource_name};
use uuid::Uuid;

use super::super::{AwsEngine, AwsNames, AwsOptions, bootstrap};
use super::{access, wanted};
use crate::testing::emulator::Emulator;
use crate::{Alarm, Clock, SystemClock, TimerError};

/// A schedule that posts as a role which has been replaced is set right, and stays one alarm.
#[tokio::test]
async fn an_alarm_follows_the_configuration() {
    let endpoint = Emulator::shared().endpoint();
    let made = bootstrap(&wanted(endpoint)).await.unwrap();
    let open = async |role: &str| {
        let names = AwsNames {
            schedule_role_arn: format!("arn:aws:iam::000000000000:role/{role}"),
            ..made.names.clone()
        };
        let options = AwsOptions::new(access(endpoint), names);
        AwsEngine::open(options).await.unwrap()
    };
    let (old, new) = (open("old").await, open("new").await);
    let preview = PreviewId::new(Uuid::new_v4());
    let alarm = Alarm {
        name: resource_name(made.installation, preview, "1", 64),
        preview,
        fires_at: SystemClock.now().after(Duration::from_hours(1)),
        set_by: None,
    };
    old.timer().set(&alarm).await.unwrap();
    new.timer().set(&alarm).await.unwrap();
    assert_eq!(new.timer().list(preview).await.unwrap(), [&*alarm.name]);
    let stands = new
        .clients
        .scheduler
        .get_schedule()
        .name(&alarm.name)
        .group_name(&made.names.schedule_group)
        .send()
        .await
        .unwrap();
    assert!(stands.target().unwrap().role_arn().ends_with("/new"));
    assert_eq!(
        new.usage().requests.get("Scheduler.UpdateSchedule"),
        Some(&1)
    );
}

/// A name that no schedule can have is refused when it is set, and is not there to be cleared.
#[tokio::test]
async fn a_name_that_no_schedule_can_have_is_refused() {
    let engine = super::fresh(Emulator::shared().endpoint()).await;
    let alarm = Alarm {
        name: "two words".to_owned(),
        preview: PreviewId::new(Uuid::new_v4()),
        fires_at: SystemClock.now().after(Duration::from_hours(1)),
        set_by: None,
    };
    let set = engine.timer().set(&alarm).await;
    assert!(matches!(set, Err(TimerError::Rejected(_))), "{set:?}");
    engine.timer().clear(&alarm.name).await.unwrap();
}
