//! Handles of messages that are somebody else's by now, in every spelling that SQS has for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::{AwsEngine, AwsOptions, bootstrap};
use super::{access, wanted};
use crate::testing::emulator::Emulator;
use crate::testing::wire::{Fate, Request, Wire};
use crate::{Handle, Queue};

/// What becomes of the next batches.
type Told = Arc<Mutex<Option<Fate>>>;

async fn behind() -> (AwsEngine, Told, Wire) {
    let emulator = Emulator::shared();
    let told = Told::default();
    let tell = Arc::clone(&told);
    let judge = move |request: &Request| {
        let batch = ["DeleteMessageBatch", "ChangeMessageVisibilityBatch"];
        let told = tell.lock().unwrap().clone();
        told.filter(|_| batch.iter().any(|call| request.call.ends_with(call)))
            .unwrap_or(Fate::Passes)
    };
    let wire = Wire::to(emulator.endpoint(), judge).await.unwrap();
    let mut made = bootstrap(&wanted(emulator.endpoint())).await.unwrap();
    for url in [&mut made.names.queue_url, &mut made.names.dead_letter_url] {
        *url = url.replace(emulator.endpoint(), wire.endpoint());
    }
    let options = AwsOptions::new(access(wire.endpoint()), made.names);
    (AwsEngine::open(options).await.unwrap(), told, wire)
}

/// A batch of two, of which the second was not done for this reason.
fn second_failed(code: &str) -> Fate {
    Fate::IsAnswered {
        status: 200,
        body: format!(
            r#"{{"Successful":[{{"Id":"0"}}],"Failed":[{{"Id":"1","SenderFault":true,"Code":"{code}","Message":"injected"}}]}}"#
        ),
    }
}

async fn both(queue: &dyn Queue) -> [bool; 2] {
    let handles = ["one", "two"].map(|handle| Handle(handle.to_owned()));
    let hidden = queue.hide(&handles, Duration::from_secs(1)).await;
    let deleted = queue.delete(&handles).await;
    [hidden.is_ok(), deleted.is_ok()]
}

/// That a message has been delivered again, or is gone, is not an error: alone or in a batch. That
/// a part of a batch was not done is one.
#[tokio::test]
async fn a_stale_handle_is_harmless_and_a_part_that_failed_is_not() {
    let (engine, told, _wire) = behind().await;
    let queue = engine.queue();
    for code in [
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    ] {
        *told.lock().unwrap() = Some(second_failed(code));
        assert_eq!(both(&*queue).await, [true, true], "{code} of one");
        *told.lock().unwrap() = Some(Fate::error(400, code));
        assert_eq!(both(&*queue).await, [true, true], "{code} of all");
    }
    for code in ["InternalError", "AccessDenied", "RequestThrottled"] {
        *told.lock().unwrap() = Some(second_failed(code));
        assert_eq!(both(&*queue).await, [false, false], "{code} of one");
    }
    *told.lock().unwrap() = Some(Fate::error(400, "AccessDenied"));
    assert_eq!(both(&*queue).await, [false, false]);
}
