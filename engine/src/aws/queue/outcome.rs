//! What became of a batch, one by one.

use aws_sdk_sqs::types::BatchResultErrorEntry;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::QueueError;
use crate::aws::error::Fault;

/// The message has been delivered again since, or is gone: it is no longer ours, which is what a
/// holder that lost its fence should hear nothing of.
pub(super) fn is_stale(entry: &BatchResultErrorEntry) -> bool {
    says_stale(entry.code())
}

fn says_stale(code: &str) -> bool {
    matches!(
        code.rsplit('.').next().unwrap_or_default(),
        "ReceiptHandleIsInvalid"
            | "InvalidParameterValue"
            | "MessageNotInflight"
            | "InvalidIdFormat"
    )
}

/// The same, said of a whole batch.
pub(super) fn harmless<E>(error: &SdkError<E, HttpResponse>) -> Result<(), QueueError>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match error.code() {
        Some(code) if says_stale(code) => Ok(()),
        _ => Err(Fault::of(error).into()),
    }
}

/// What became of each of a batch.
pub(super) fn each_done(
    verb: &str,
    size: usize,
    failed: &[BatchResultErrorEntry],
    harmless: impl Fn(&BatchResultErrorEntry) -> bool,
) -> Vec<Result<(), QueueError>> {
    let mut outcomes = vec![Ok(()); size];
    for entry in failed.iter().filter(|entry| !harmless(entry)) {
        let place = entry.id().parse::<usize>().ok();
        if let Some(outcome) = place.and_then(|place| outcomes.get_mut(place)) {
            let (code, why) = (entry.code(), entry.message().unwrap_or_default());
            *outcome = Err(QueueError(format!(
                "could not {verb} a message: {code}: {why}"
            )));
        }
    }
    outcomes
}
