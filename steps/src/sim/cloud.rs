//! The simulated cloud.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempus_model::{InstallationId, PreviewId};
use tokio::time::Instant;

use super::hook::Hook;
use crate::StepError;

/// What kinds of things the cloud holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Cannot go while a rule points to it.
    TargetGroup,
    /// Points to a target group. Its priority can be taken once.
    Rule,
    /// Has no name that makes it one: registering again makes another revision.
    Definition,
    /// Starts slowly, drains slowly, runs one revision of a definition.
    Service,
    /// Belongs to a whole preview.
    Database,
}

impl Kind {
    /// The kind as it is written in calls and listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TargetGroup => "target group",
            Self::Rule => "rule",
            Self::Definition => "definition",
            Self::Service => "service",
            Self::Database => "database",
        }
    }
}

/// How the cloud behaves.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// How long a call takes.
    pub latency: Duration,
    /// How long after a change listings and look-ups still show what was before.
    pub lag: Duration,
    /// How long a service takes to start.
    pub start: Duration,
    /// How long a deleted service drains; its name cannot be used meanwhile.
    pub drain: Duration,
    /// For how long a service that starts is left alone, because the cloud says by itself when it runs. It is
    /// for the test to say so.
    pub tells_within: Option<Duration>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(20),
            lag: Duration::from_millis(300),
            start: Duration::from_secs(3),
            drain: Duration::from_secs(2),
            tells_within: None,
        }
    }
}

/// Whether something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It exists.
    Active,
    /// It has been deleted and is on its way out.
    Draining,
}

/// Something that exists.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Its name. Definitions of one family share it.
    pub name: String,
    /// Which one of that name; counts up over the cloud.
    pub number: u64,
    /// What it is made of: of a service the definition's, of a rule its priority.
    pub revision: String,
    /// What it needs: a rule its target group.
    pub needs: Option<String>,
    /// Whose it is.
    pub tags: (InstallationId, PreviewId),
    /// Whether it runs.
    pub life: Life,
    made: Instant,
    seen_from: Instant,
    /// A service's revision before the last change, as a lagging look-up shows it.
    changed: Instant,
    ends: Option<Instant>,
}

impl Item {
    /// How long it has been as it is.
    pub fn age(&self) -> Duration {
        self.made.elapsed()
    }

    /// Something that exists for a while already.
    pub fn found(kind: Kind, name: &str, tags: (InstallationId, PreviewId)) -> Self {
        let now = Instant::now();
        Self {
            kind,
            name: name.to_owned(),
            number: 0,
            revision: String::new(),
            needs: None,
            tags,
            life: Life::Active,
            made: now,
            seen_from: now,
            changed: now,
            ends: None,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    items: BTreeMap<u64, Item>,
    /// Deleted things that lagging listings still show.
    ghosts: Vec<(Instant, Item)>,
    last: u64,
}

/// A cloud. Cloned handles share it: it outlives every worker.
#[derive(Clone)]
pub struct Cloud {
    state: Arc<Mutex<State>>,
    habits: Habits,
    hook: Arc<dyn Hook>,
}

impl Cloud {
    /// An empty cloud.
    pub fn new(habits: Habits, hook: Arc<dyn Hook>) -> Self {
        Self {
            state: Arc::default(),
            habits,
            hook,
        }
    }

    /// The same cloud, seen by somebody whose calls pass another hook.
    #[must_use]
    pub fn seen_through(&self, hook: Arc<dyn Hook>) -> Self {
        Self {
            state: Arc::clone(&self.state),
            habits: self.habits,
            hook,
        }
    }

    /// For how long a service that starts is left alone.
    pub(in crate::sim) const fn tells_within(&self) -> Option<Duration> {
        self.habits.tells_within
    }

    /// Everything that exists, without lag, latency or hook: for tests that must know.
    pub fn truth(&self) -> Vec<Item> {
        let mut state = self.state();
        state.tick();
        state.items.values().cloned().collect()
    }

    /// Puts something there that nobody made: a test's hostile world.
    pub fn plant(&self, kind: Kind, name: &str, tags: (InstallationId, PreviewId)) {
        let item = NewItem {
            kind,
            name,
            revision: "planted",
            needs: None,
            tags,
        };
        // What stands there already stays as it is.
        drop(self.state().create(&item, &self.habits));
    }

    /// Puts back what existed in another cloud, under its number, so that what was written down
    /// about it holds.
    pub fn put(&self, item: Item) {
        let mut state = self.state();
        state.last = state.last.max(item.number);
        let ends = Instant::now() + self.habits.drain;
        let ends = (item.life == Life::Draining).then_some(ends);
        state.items.insert(item.number, Item { ends, ..item });
    }

    /// Takes away everything of this kind and name, as somebody with a console would.
    pub fn lose(&self, kind: Kind, name: &str) {
        let mut state = self.state();
        state
            .items
            .retain(|_, item| item.kind != kind || item.name != name);
    }

    /// Makes something; definitions any number of times, everything else once per name.
    pub(super) async fn create(&self, item: NewItem<'_>) -> Result<u64, Refusal> {
        let call = format!("create {}", item.kind.as_str());
        self.call(&call, |state, habits| state.create(&item, habits))
            .await?
    }

    /// Moves a service to another revision.
    pub(super) async fn update_service(&self, name: &str, revision: &str) -> Result<(), Refusal> {
        self.call("update service", |state, habits| {
            let now = Instant::now();
            let item = state.find(Kind::Service, name).ok_or(Refusal::NotFound)?;
            if item.life == Life::Draining {
                return Err(Refusal::Draining);
            }
            if item.revision != revision {
                revision.clone_into(&mut item.revision);
                item.made = now;
                item.changed = now + habits.lag;
            }
            Ok(())
        })
        .await?
    }

    /// Looks something up by name. What was made a moment ago may not be seen.
    pub(super) async fn describe(&self, kind: Kind, name: &str) -> Result<Option<Seen>, StepError> {
        let call = format!("describe {}", kind.as_str());
        self.call(&call, |state, habits| {
            let now = Instant::now();
            let mut found = state
                .items
                .values()
                .filter(|i| i.kind == kind && i.name == name);
            let newest = found.rfind(|item| item.seen_from <= now)?;
            Some(Seen {
                revision: newest.revision.clone(),
                life: newest.life,
                is_running: newest.life == Life::Active
                    && now >= newest.made + habits.start
                    && now >= newest.changed,
            })
        })
        .await
        .map_err(StepError::from)
    }

    /// Removes something. A service drains; everything else goes at once, unless it is needed.
    pub(super) async fn delete(&self, kind: Kind, name: &str) -> Result<(), Refusal> {
        let call = format!("delete {}", kind.as_str());
        self.call(&call, |state, habits| state.delete(kind, name, habits))
            .await?
    }

    /// Removes one revision of a definition.
    pub(super) async fn delete_definition(&self, number: u64) -> Result<(), StepError> {
        self.call("delete definition", |state, habits| {
            state.remove(number, habits);
        })
        .await
        .map_err(StepError::from)
    }

    /// Lists what carries these tags, draining things too, with the usual lag.
    pub(super) async fn list(
        &self,
        installation: InstallationId,
        preview: Option<PreviewId>,
    ) -> Result<Vec<Item>, StepError> {
        self.call("list", |state, _| {
            let now = Instant::now();
            let present = state.items.values().filter(|item| item.seen_from <= now);
            let ghosts = state.ghosts.iter().map(|(_, item)| item);
            let is_ours = |item: &&Item| {
                item.tags.0 == installation && preview.is_none_or(|p| item.tags.1 == p)
            };
            present.chain(ghosts).filter(is_ours).cloned().collect()
        })
        .await
        .map_err(StepError::from)
    }

    async fn call<T>(
        &self,
        name: &str,
        effect: impl FnOnce(&mut State, &Habits) -> T + Send,
    ) -> Result<T, super::Fault> {
        tokio::time::sleep(self.habits.latency / 2).await;
        self.hook.before(name).await?;
        let answer = {
            let mut state = self.state();
            state.tick();
            effect(&mut state, &self.habits)
        };
        self.hook.after(name).await?;
        tokio::time::sleep(self.habits.latency / 2).await;
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What to make.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewItem<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) revision: &'a str,
    pub(super) needs: Option<&'a str>,
    pub(super) tags: (InstallationId, PreviewId),
}

/// What a look-up shows.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) revision: String,
    pub(super) life: Life,
    pub(super) is_running: bool,
}

/// Why the cloud did not do it.
#[derive(Debug)]
pub(super) enum Refusal {
    /// There is one of this name, with this revision.
    Exists(u64, String),
    /// The name is still draining.
    Draining,
    /// What it needs is not there.
    NeedMissing,
    /// Something else needs it.
    InUse,
    /// There is none of this name.
    NotFound,
    /// The call failed.
    Fault(super::Fault),
}

impl From<super::Fault> for Refusal {
    fn from(fault: super::Fault) -> Self {
        Self::Fault(fault)
    }
}

impl State {
    fn tick(&mut self) {
        let now = Instant::now();
        self.items
            .retain(|_, item| item.ends.is_none_or(|ends| ends > now));
        self.ghosts.retain(|(until, _)| *until > now);
    }

    fn find(&mut self, kind: Kind, name: &str) -> Option<&mut Item> {
        self.items
            .values_mut()
            .find(|item| item.kind == kind && item.name == name)
    }

    fn create(&mut self, new: &NewItem<'_>, habits: &Habits) -> Result<u64, Refusal> {
        if new.kind != Kind::Definition
            && let Some(old) = self.find(new.kind, new.name)
        {
            return Err(match old.life {
                Life::Active => Refusal::Exists(old.number, old.revision.clone()),
                Life::Draining => Refusal::Draining,
            });
        }
        if let Some(needs) = new.needs
            && !self
                .items
                .values()
                .any(|i| i.name == needs && i.life == Life::Active)
        {
            return Err(Refusal::NeedMissing);
        }
        let now = Instant::now();
        self.last += 1;
        let item = Item {
            kind: new.kind,
            name: new.name.to_owned(),
            number: self.last,
            revision: new.revision.to_owned(),
            needs: new.needs.map(str::to_owned),
            tags: new.tags,
            life: Life::Active,
            made: now,
            seen_from: now + habits.lag,
            changed: now,
            ends: None,
        };
        self.items.insert(self.last, item);
        Ok(self.last)
    }

    fn delete(&mut self, kind: Kind, name: &str, habits: &Habits) -> Result<(), Refusal> {
        if self
            .items
            .values()
            .any(|item| kind == Kind::TargetGroup && item.needs.as_deref() == Some(name))
        {
            return Err(Refusal::InUse);
        }
        let item = self.find(kind, name).ok_or(Refusal::NotFound)?;
        if kind != Kind::Service {
            let number = item.number;
            self.remove(number, habits);
            return Ok(());
        }
        if item.life == Life::Active {
            item.life = Life::Draining;
            item.ends = Some(Instant::now() + habits.drain);
        }
        Ok(())
    }

    fn remove(&mut self, number: u64, habits: &Habits) {
        if let Some(item) = self.items.remove(&number) {
            self.ghosts.push((Instant::now() + habits.lag, item));
        }
    }
}
