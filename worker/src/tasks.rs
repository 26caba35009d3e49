//! The tasks of one worker, so that all of them can be waited for, or ended at once.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::task::TaskTracker;

/// Spawns a worker's tasks.
///
/// In production nothing is ever aborted: a step's future runs to its end. A test that plays the
/// death of a worker's process calls [`Tasks::kill`], which is the same instant for all of them.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    handles: Arc<Mutex<Handles>>,
}

#[derive(Debug, Default)]
struct Handles {
    running: Vec<AbortHandle>,
    dead: bool,
}

impl Tasks {
    /// Runs a future to its end in the background.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = self.tracker.spawn(future);
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if handles.dead {
            task.abort();
        } else if handles.running.len() == handles.running.capacity() {
            handles.running.retain(|handle| !handle.is_finished());
        }
        handles.running.push(task.abort_handle());
        task
    }

    /// Waits until every task has ended.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Ends every task where it stands, as the death of the process would.
    pub fn kill(&self) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        handles.dead = true;
        for handle in handles.running.drain(..) {
            handle.abort();
        }
    }
}
