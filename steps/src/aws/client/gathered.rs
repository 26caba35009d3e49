//! What is asked within a moment, across previews, goes in one call where AWS takes several of a kind.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::Instrument;

use crate::StepError;

/// How long whoever asks waits for others to join where somebody waits for a preview.
pub(in crate::aws) const HURRIED: Duration = Duration::from_millis(100);
/// The same where nobody does: in a verify, or for what is deleted last.
pub(in crate::aws) const UNHURRIED: Duration = Duration::from_millis(500);
/// The same for what a verify asks first: nobody waits for a receipt, and verifies that begin together
/// ask the rest together as well.
pub(in crate::aws) const AT_LEISURE: Duration = Duration::from_secs(2);

/// A question, and where its answer goes.
type Asked<Q, A> = (Q, oneshot::Sender<Result<A, StepError>>);

/// Questions of one kind that wait for their call. Each is answered by a call that begins after it was
/// asked, so that no answer is older than its question.
#[derive(Debug)]
pub(in crate::aws) struct Gathered<Q, A> {
    waiting: Mutex<Vec<Asked<Q, A>>>,
    linger: Duration,
}

impl<Q, A> Gathered<Q, A> {
    /// Each call waits so long for further questions.
    pub(in crate::aws) fn new(linger: Duration) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            linger,
        })
    }
}

impl<Q: Send + 'static, A: Send + 'static> Gathered<Q, A> {
    /// Asks. Whoever asks first has all of them answered: `answers` gives as many as it was asked, in order.
    pub(in crate::aws) async fn ask<F>(
        self: &Arc<Self>,
        question: Q,
        answers: impl FnOnce(Vec<Q>) -> F + Send + 'static,
    ) -> Result<A, StepError>
    where
        F: Future<Output = Vec<Result<A, StepError>>> + Send,
    {
        let (sender, answer) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push((question, sender));
            waiting.len() == 1
        };
        if is_first {
            let this = Arc::clone(self);
            let all = async move {
                tokio::time::sleep(this.linger).await;
                let asked = {
                    let mut waiting = this.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    std::mem::take(&mut *waiting)
                };
                let (questions, senders): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
                for (sender, answer) in senders.into_iter().zip(answers(questions).await) {
                    // Whoever asked may have gone.
                    drop(sender.send(answer));
                }
            };
            // A part of the trace of whoever asked first; the others share its call.
            tokio::spawn(all.in_current_span());
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StepError::transient("a call to AWS was cut short")))
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn what_is_asked_within_a_moment_is_answered_together_and_each_by_its_own() {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let gathered = Gathered::<u32, u32>::new(HURRIED);
        let ask = |question| {
            let calls = Arc::clone(&calls);
            gathered.ask(question, async move |asked: Vec<u32>| {
                calls.lock().unwrap().push(asked.len());
                let answer = |of: &u32| match of {
                    0 => Err(StepError::rejected("nothing")),
                    of => Ok(of * 10),
                };
                asked.iter().map(answer).collect()
            })
        };
        let answers = join_all([ask(1), ask(0), ask(2)]).await;
        assert_eq!(answers[0], Ok(10));
        assert!(answers[1].is_err());
        assert_eq!(answers[2], Ok(20));
        assert_eq!(ask(3).await, Ok(30), "later, by another call");
        assert_eq!(*calls.lock().unwrap(), [3, 1]);
    }
}
