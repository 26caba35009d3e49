//! What is asked of the queue within a moment goes in one request: SQS bills a batch of ten as one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::Instrument;

use super::BATCH;
use crate::QueueError;

/// An item, and where it is told what became of it.
type Asked<T> = (T, oneshot::Sender<Result<(), QueueError>>);

/// Items of one kind that wait for their request. Whoever brings one waits until it was made, so that
/// nothing is left when a worker has finished its tasks.
#[derive(Debug)]
pub(in crate::aws) struct Gathered<T> {
    waiting: Arc<Mutex<Vec<Asked<T>>>>,
    /// How long the first of them waits for others.
    linger: Duration,
}

impl<T> Clone for Gathered<T> {
    fn clone(&self) -> Self {
        Self {
            waiting: Arc::clone(&self.waiting),
            linger: self.linger,
        }
    }
}

impl<T: Send + 'static> Gathered<T> {
    pub(super) fn new(linger: Duration) -> Self {
        Self {
            waiting: Arc::default(),
            linger,
        }
    }

    /// Has them sent, with what else comes within a moment, or at once with the tenth. `request` takes at
    /// most ten and says what became of each, in order.
    pub(super) async fn send<F>(
        &self,
        items: Vec<T>,
        request: impl Fn(Vec<T>) -> F + Clone + Send + Sync + 'static,
    ) -> Result<(), QueueError>
    where
        F: Future<Output = Vec<Result<(), QueueError>>> + Send,
    {
        let mut answers = Vec::with_capacity(items.len());
        for item in items {
            let (sender, answer) = oneshot::channel();
            answers.push(answer);
            self.put((item, sender), request.clone());
        }
        // Every one is waited for, whatever became of the others.
        let mut outcome = Ok(());
        for answer in answers {
            let cut_short = || Err(QueueError("a request was cut short".to_owned()));
            outcome = outcome.and(answer.await.unwrap_or_else(|_| cut_short()));
        }
        outcome
    }

    /// The tenth takes the others along at once; otherwise the first of them does, after a moment.
    fn put<F>(&self, asked: Asked<T>, request: impl Fn(Vec<T>) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Vec<Result<(), QueueError>>> + Send,
    {
        let full = {
            let mut waiting = self.lock();
            waiting.push(asked);
            match waiting.len() {
                BATCH => Some(std::mem::take(&mut *waiting)),
                1 => None,
                _ => return,
            }
        };
        let this = self.clone();
        let all = async move {
            let asked = if let Some(asked) = full {
                asked
            } else {
                tokio::time::sleep(this.linger).await;
                std::mem::take(&mut *this.lock())
            };
            if asked.is_empty() {
                return;
            }
            let (items, senders): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            for (sender, answer) in senders.into_iter().zip(request(items).await) {
                // Whoever asked may have gone.
                drop(sender.send(answer));
            }
        };
        // A part of the trace of whoever came first.
        tokio::spawn(all.in_current_span());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Asked<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    const LINGER: Duration = Duration::from_millis(20);

    /// What each request took.
    type Requests = Arc<Mutex<Vec<usize>>>;

    /// Refuses 13.
    fn recording(
        requests: &Requests,
    ) -> impl Fn(Vec<u32>) -> std::future::Ready<Vec<Result<(), QueueError>>>
    + Clone
    + Send
    + Sync
    + 'static {
        let requests = Arc::clone(requests);
        move |items: Vec<u32>| {
            requests.lock().unwrap().push(items.len());
            let answer = |item: &u32| match item {
                13 => Err(QueueError("refused".to_owned())),
                _ => Ok(()),
            };
            std::future::ready(items.iter().map(answer).collect())
        }
    }

    #[tokio::test]
    async fn what_comes_within_a_moment_shares_a_request_and_each_hears_of_its_own() {
        let (gathered, requests) = (Gathered::new(LINGER), Requests::default());
        let send = |items: Vec<u32>| gathered.send(items, recording(&requests));
        let (first, second) = tokio::join!(send(vec![1, 2]), send(vec![13]));
        assert!(first.is_ok() && second.is_err());
        assert_eq!(*requests.lock().unwrap(), [3]);
        send(vec![4]).await.unwrap();
        assert_eq!(*requests.lock().unwrap(), [3, 1], "later, by another");
    }

    #[tokio::test]
    async fn no_request_takes_more_than_ten_and_none_is_left() {
        let (gathered, requests) = (Gathered::new(LINGER), Requests::default());
        let mut sent = JoinSet::new();
        for item in 40..53 {
            let (gathered, request) = (gathered.clone(), recording(&requests));
            sent.spawn(async move { gathered.send(vec![item], request).await });
        }
        assert!(sent.join_all().await.iter().all(Result::is_ok));
        gathered
            .send((20..32).collect(), recording(&requests))
            .await
            .unwrap();
        assert_eq!(*requests.lock().unwrap(), [10, 3, 10, 2]);
    }
}
