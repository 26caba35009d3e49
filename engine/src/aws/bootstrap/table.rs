//! The table and its indexes.

use std::time::Duration;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::update_continuous_backups::UpdateContinuousBackupsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    PointInTimeRecoverySpecification, Projection, ProjectionType, ScalarAttributeType, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use tokio::time::Instant;

use super::super::client::Clients;
use super::super::error::AwsError;
use super::super::table::index::{
    COPIED, DUE, DUE_AT, DUE_SHARD, LIST_AT, LIST_KEY, LISTED, NEWEST, NEWEST_KEY, PARKED,
    PARKED_KEY,
};
use super::super::table::item::{PK, SK, TTL};
use super::Recovery;

/// How long a new table may take until it can be used.
const PATIENCE: Duration = Duration::from_mins(3);

/// Makes the table, or finds it.
pub(super) async fn make(
    clients: &Clients,
    table: &str,
    recovery: Recovery,
) -> Result<(), AwsError> {
    let created = request(clients, table).map_err(|error| AwsError::Call {
        call: "CreateTable",
        detail: error.to_string(),
    })?;
    if let Err(error) = created.send().await
        && !error
            .as_service_error()
            .is_some_and(CreateTableError::is_resource_in_use_exception)
    {
        return Err(AwsError::call("CreateTable")(error));
    }
    active(clients, table).await?;
    forget_history(clients, table).await?;
    match recovery {
        Recovery::PointInTime => recoverable(clients, table).await,
        Recovery::None => Ok(()),
    }
}

fn request(
    clients: &Clients,
    table: &str,
) -> Result<aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder, BuildError>
{
    use ScalarAttributeType::{N, S};
    let attributes = [
        (PK, S),
        (SK, S),
        (DUE_SHARD, N),
        (DUE_AT, N),
        (LIST_KEY, S),
        (LIST_AT, S),
        (NEWEST_KEY, S),
        (PARKED_KEY, S),
    ];
    let definitions = attributes.map(|(name, kind)| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(kind)
            .build()
    });
    let indexes = [
        index(DUE, DUE_SHARD, DUE_AT, &[]),
        index(LISTED, LIST_KEY, LIST_AT, &COPIED),
        index(NEWEST, NEWEST_KEY, LIST_AT, &COPIED),
        index(PARKED, PARKED_KEY, LIST_AT, &COPIED),
    ];
    Ok(clients
        .reads
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions.into_iter().collect::<Result<_, _>>()?))
        .set_key_schema(Some(keys(PK, SK)?))
        .set_global_secondary_indexes(Some(indexes.into_iter().collect::<Result<_, _>>()?)))
}

fn keys(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
    };
    Ok(vec![key(hash, KeyType::Hash)?, key(range, KeyType::Range)?])
}

fn index(
    name: &str,
    hash: &str,
    range: &str,
    copied: &[&str],
) -> Result<GlobalSecondaryIndex, BuildError> {
    let projection = match copied {
        [] => Projection::builder().projection_type(ProjectionType::KeysOnly),
        some => Projection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(some.iter().map(|&name| name.to_owned()).collect())),
    };
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(keys(hash, range)?))
        .projection(projection.build())
        .build()
}

/// Waits until the table can be used, and sees that it is one of ours.
async fn active(clients: &Clients, table: &str) -> Result<(), AwsError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let described = clients
            .reads
            .describe_table()
            .table_name(table)
            .send()
            .await;
        let described = described.map_err(AwsError::call("DescribeTable"))?;
        let described = described
            .table
            .unwrap_or_else(|| aws_sdk_dynamodb::types::TableDescription::builder().build());
        if described.table_status() == Some(&TableStatus::Active) {
            let has = |name| {
                let mut indexes = described.global_secondary_indexes().iter();
                indexes.any(|index| index.index_name() == Some(name))
            };
            return match [DUE, LISTED, NEWEST, PARKED].iter().find(|name| !has(name)) {
                None => Ok(()),
                Some(missing) => Err(AwsError::Different {
                    what: format!("table {table}"),
                    difference: format!("has no index {missing}"),
                }),
            };
        }
        if Instant::now() >= give_up {
            return Err(AwsError::Call {
                call: "DescribeTable",
                detail: format!("table {table} is still not active"),
            });
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Turning on what is on is refused, so it is looked at first.
async fn forget_history(clients: &Clients, table: &str) -> Result<(), AwsError> {
    let asked = clients.reads.describe_time_to_live().table_name(table);
    let answer = asked.send().await;
    let answer = answer.map_err(AwsError::call("DescribeTimeToLive"))?;
    let status = answer
        .time_to_live_description
        .and_then(|description| description.time_to_live_status);
    if matches!(
        status,
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    ) {
        return Ok(());
    }
    let on = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(TTL)
        .build()
        .map_err(|error| AwsError::Call {
            call: "UpdateTimeToLive",
            detail: error.to_string(),
        })?;
    let asked = clients.reads.update_time_to_live().table_name(table);
    let answer = asked.time_to_live_specification(on).send().await;
    answer.map_err(AwsError::call("UpdateTimeToLive"))?;
    Ok(())
}

async fn recoverable(clients: &Clients, table: &str) -> Result<(), AwsError> {
    let on = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(true)
        .build()
        .map_err(|error| AwsError::Call {
            call: "UpdateContinuousBackups",
            detail: error.to_string(),
        })?;
    let give_up = Instant::now() + PATIENCE;
    loop {
        let asked = clients.reads.update_continuous_backups().table_name(table);
        let asked = asked.point_in_time_recovery_specification(on.clone());
        let Err(error) = asked.send().await else {
            return Ok(());
        };
        // A new table is not ready for this at once.
        let not_yet =
            |e: &UpdateContinuousBackupsError| e.is_continuous_backups_unavailable_exception();
        if error.as_service_error().is_some_and(not_yet) && Instant::now() < give_up {
            tokio::time::sleep(Duration::from_secs(1)).await;
        } else if is_unknown(&error) {
            tracing::warn!(table, "this endpoint knows no point-in-time recovery");
            return Ok(());
        } else {
            return Err(AwsError::call("UpdateContinuousBackups")(error));
        }
    }
}

/// Whether the endpoint does not know the call: AWS does.
fn is_unknown<E>(
    error: &aws_sdk_dynamodb::error::SdkError<
        E,
        aws_smithy_runtime_api::client::orchestrator::HttpResponse,
    >,
) -> bool
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata,
{
    let code = error.as_service_error().and_then(|error| error.code());
    code.is_some_and(|code| code.contains("UnknownOperation") || code.contains("NotImplemented"))
}
