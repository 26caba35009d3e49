//! What a cancelled transaction means.

use aws_sdk_dynamodb::types::CancellationReason;

use super::super::error::Fault;
use super::item::Item;
use super::write::{Refusal, Verdict};

/// A failed condition decides, whatever else there was; a
/// conflict with another transaction says nothing about any condition, and least of all that a
/// lease was lost.
pub(super) fn verdict(reasons: &[CancellationReason]) -> Result<Verdict, Fault> {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let refused: Vec<_> = reasons
        .iter()
        .enumerate()
        .filter(|(_, reason)| code(reason) == "ConditionalCheckFailed")
        .map(|(place, reason)| Refusal {
            place,
            item: reason
                .item
                .clone()
                .filter(|item| !item.is_empty())
                .map(Item),
        })
        .collect();
    if !refused.is_empty() {
        return Ok(Verdict::Refused(refused));
    }
    let codes: Vec<_> = reasons.iter().map(code).collect();
    let passing = |code: &String| {
        matches!(
            code.as_str(),
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
        )
    };
    let said = format!("transaction cancelled: {}", codes.join(", "));
    if codes.iter().any(passing) {
        return Err(Fault::Busy(said));
    }
    Err(Fault::Refused(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        codes.iter().map(reason).collect()
    }

    #[test]
    fn a_conflict_is_never_a_failed_condition() {
        for passing in [
            "TransactionConflict",
            "ThrottlingError",
            "ProvisionedThroughputExceeded",
        ] {
            let cancelled = verdict(&reasons(&["None", passing]));
            assert!(matches!(cancelled, Err(Fault::Busy(_))), "{cancelled:?}");
        }
        let cancelled = verdict(&reasons(&["ValidationError", "None"]));
        assert!(matches!(cancelled, Err(Fault::Refused(_))), "{cancelled:?}");
    }

    #[test]
    fn failed_conditions_are_told_by_their_place() {
        let cancelled = verdict(&reasons(&[
            "TransactionConflict",
            "ConditionalCheckFailed",
            "None",
            "ConditionalCheckFailed",
        ]));
        let Ok(Verdict::Refused(refusals)) = cancelled else {
            panic!("{cancelled:?}")
        };
        let places: Vec<_> = refusals.iter().map(|refusal| refusal.place).collect();
        assert_eq!(places, [1, 3]);
    }
}
