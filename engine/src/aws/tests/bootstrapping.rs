//! Bootstrap and open.

use tempus_model::InstallationId;

use super::super::{AwsEngine, AwsError, AwsNames, AwsOptions, Bootstrap, bootstrap};
use super::{access, wanted};
use crate::testing::emulator::Emulator;

/// The second time finds what the first made, installation and all.
#[tokio::test]
async fn a_bootstrap_that_is_repeated_changes_nothing() {
    let wanted = wanted(Emulator::shared().endpoint());
    let first = bootstrap(&wanted).await.unwrap();
    assert_eq!(first.installation, wanted.installation);
    let again = Bootstrap {
        installation: InstallationId::new(!wanted.installation.bits()),
        ..wanted.clone()
    };
    assert_eq!(bootstrap(&again).await.unwrap(), first);

    let AwsNames {
        table,
        schedule_group,
        schedule_role_arn,
        ..
    } = &first.names;
    assert_eq!((table, schedule_group), (&wanted.prefix, &wanted.prefix));
    assert!(schedule_role_arn.starts_with("arn:aws:iam::000000000000:role/t-"));
}

/// What nobody has bootstrapped is not opened, and the error says what to do.
#[tokio::test]
async fn a_table_without_an_installation_is_refused() {
    let endpoint = Emulator::shared().endpoint();
    let made = bootstrap(&wanted(endpoint)).await.unwrap();
    let names = AwsNames {
        table: "nowhere".to_owned(),
        ..made.names
    };
    let opened = AwsEngine::open(AwsOptions::new(access(endpoint), names)).await;
    let error = opened.err().unwrap();
    assert!(matches!(error, AwsError::Call { .. }), "{error}");
    assert!(error.to_string().contains("GetItem"), "{error}");
}

/// Nobody answers: the error comes soon and names the call.
#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_named() {
    let names = bootstrap(&wanted("http://127.0.0.1:1")).await;
    let error = names.unwrap_err().to_string();
    assert!(error.starts_with("CreateTable: "), "{error}");
}
