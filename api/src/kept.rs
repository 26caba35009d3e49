//! What takes long to find out, kept so that hardly anybody waits for it.
//!
//! ```text
//!   age      0 ──────── fresh ──────── twice that ────────►
//!   asked    what is kept │ what is kept, and │ waits: it is found
//!            │ is told    │ it is found out   │ out anew first
//!                         │ anew meanwhile    │
//! ```
//!
//! So a page that is looked at again and again waits once, at first. Only one finds out at a time;
//! others who must wait, wait for that one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempus_engine::StoreError;
use tokio::sync::Mutex as Turn;
use tokio::time::Instant;
use tracing::warn;

/// What is kept.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    last: Arc<Mutex<Option<Known<T>>>>,
    turn: Arc<Turn<()>>,
}

/// Something that was found out, and when.
#[derive(Debug)]
struct Known<T> {
    at: Instant,
    what: Arc<T>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            last: Arc::default(),
            turn: Arc::default(),
        }
    }
}

impl<T: Send + Sync + 'static> Kept<T> {
    /// What is known, at most twice as old as `fresh`. `look` finds it out, from what was known before, and
    /// `serves` says whether it answers what is asked: if not, it is as good as nothing.
    pub async fn get<F>(
        &self,
        fresh: Duration,
        serves: impl Fn(&T) -> bool,
        look: impl FnOnce(Option<Arc<T>>) -> F,
    ) -> Result<Arc<T>, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let known = |most: Duration| {
            let last = self.last();
            let last = last.as_ref().filter(|last| serves(&last.what))?;
            (last.at.elapsed() < most).then(|| (last.at, Arc::clone(&last.what)))
        };
        if let Some((at, what)) = known(2 * fresh) {
            if at.elapsed() >= fresh
                && let Ok(turn) = Arc::clone(&self.turn).try_lock_owned()
            {
                let (last, found) = (Arc::clone(&self.last), look(Some(Arc::clone(&what))));
                tokio::spawn(async move {
                    let at = Instant::now();
                    match found.await {
                        Ok(found) => drop(keep(&last, at, found)),
                        Err(error) => warn!(%error, "what is kept was not found out anew"),
                    }
                    drop(turn);
                });
            }
            return Ok(what);
        }
        let _turn = self.turn.lock().await;
        if let Some((_, what)) = known(fresh) {
            return Ok(what);
        }
        let before = self.last().as_ref().map(|last| Arc::clone(&last.what));
        let at = Instant::now();
        let found = look(before).await?;
        Ok(keep(&self.last, at, found))
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Known<T>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep<T>(last: &Mutex<Option<Known<T>>>, at: Instant, what: T) -> Arc<T> {
    let what = Arc::new(what);
    let known = Known {
        at,
        what: Arc::clone(&what),
    };
    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    what
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const FRESH: Duration = Duration::from_secs(2);

    /// Something that takes a second to find out, and is another each time.
    #[derive(Default)]
    struct Slow {
        kept: Kept<u32>,
        looks: Arc<AtomicU32>,
    }

    impl Slow {
        /// What is told, and how long that took.
        async fn ask(&self) -> (u32, Duration) {
            let (began, looks) = (Instant::now(), Arc::clone(&self.looks));
            let look = |_| async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(looks.fetch_add(1, Ordering::Relaxed) + 1)
            };
            let told = self.kept.get(FRESH, |_| true, look).await.unwrap();
            (*told, began.elapsed())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_looks_again_and_again_waits_once() {
        let (slow, second) = (Slow::default(), Duration::from_secs(1));
        assert_eq!(slow.ask().await, (1, second));
        let mut told = Vec::new();
        for _ in 0..4 {
            tokio::time::sleep(FRESH).await;
            let (what, took) = slow.ask().await;
            assert_eq!(took, Duration::ZERO);
            told.push(what);
        }
        assert_eq!(told, [1, 2, 3, 4]);
        // Nobody has looked for long: what is known is too old to be told.
        tokio::time::sleep(10 * FRESH).await;
        assert_eq!(slow.ask().await, (6, second));
    }

    #[tokio::test(start_paused = true)]
    async fn one_finds_out_for_all_who_wait() {
        let slow = Slow::default();
        let (one, other) = tokio::join!(slow.ask(), slow.ask());
        assert_eq!((one.0, other.0), (1, 1));
    }
}
