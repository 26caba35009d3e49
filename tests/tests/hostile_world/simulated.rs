//! A cloud whose listing says what the test wants, in virtual time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tempus_engine::{DeadLetterId, Outgoing};
use tempus_model::{Hint, InstallationId, Phase, PreviewId, Timestamp, WorkerId};
use tempus_steps::sim::Kind;
use tempus_steps::{Resource, StepError, Stray};
use tempus_tests::sim::{World, spec};
use tempus_worker::{Parts, Worker, WorkerConfig};

use crate::lying::{Done, Lying, Told};

const TTL: Duration = Duration::from_hours(9);
/// How old something must be for a sweep to mind it.
const AGE: Duration = Duration::from_mins(15);

/// Two previews at rest, and the workers that look after them.
struct Story {
    world: World,
    told: Arc<Told>,
    previews: [PreviewId; 2],
    workers: Vec<Worker>,
}

/// Plays a story with so many workers, of which each marks at most so many rows in a sweep.
fn story<F: Future<Output = ()>>(workers: u32, most: usize, play: impl FnOnce(Story) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (world, told) = (World::new(None), Arc::new(Told::default()));
        let workers = (0..workers).map(|number| worker(&world, &told, number, most));
        let workers = workers.collect();
        let mut story = Story {
            previews: [PreviewId::new(uuid::Uuid::nil()); 2],
            world,
            told,
            workers,
        };
        for (n, name) in ["one", "two"].into_iter().enumerate() {
            let services = [("web", "1"), ("api", "1")];
            let created = story
                .world
                .create(name, spec(&services), TTL)
                .await
                .unwrap();
            story.previews[n] = created.preview;
        }
        story.passes(AGE).await;
        story.told.take_done();
        play(story).await;
    });
}

fn worker(world: &World, told: &Arc<Told>, number: u32, most: usize) -> Worker {
    let parts = Parts {
        store: world.engine.store(),
        queue: world.engine.queue(),
        timer: world.engine.timer(),
        clock: Arc::new(world.clock),
        platform: Arc::new(Lying::over(&world.cloud, told)),
        github: None,
        notify: None,
    };
    let config = WorkerConfig {
        name: WorkerId(format!("hostile-{number}")),
        sweep_every: None,
        sweep_age: AGE,
        sweep_most: most,
        ..WorkerConfig::default()
    };
    Worker::start(parts, config)
}

impl Story {
    async fn passes(&mut self, how_long: Duration) {
        let preview = self.previews[0];
        self.world.pass(preview, how_long).await;
        for preview in self.previews {
            let quiet = Duration::from_mins(20);
            self.world.until_rest(preview, quiet).await.unwrap();
        }
    }

    /// So many sweeps at once, and whatever they lead to.
    async fn sweep(&mut self, at_once: usize) {
        let message = || Outgoing::now(&Hint::Sweep);
        let messages: Vec<_> = std::iter::repeat_with(message).take(at_once).collect();
        self.world.engine.queue().send(&messages).await.unwrap();
        self.passes(Duration::from_secs(30)).await;
    }

    async fn epochs(&self) -> [u64; 2] {
        let mut epochs = [0; 2];
        for (epoch, preview) in epochs.iter_mut().zip(self.previews) {
            *epoch = self.world.get(preview).await.row.epoch.0;
        }
        epochs
    }

    /// Everything there is, by kind and name, the dying excepted.
    fn there(&self) -> Vec<(Kind, String, u64)> {
        let truth = self.world.cloud.truth().into_iter();
        truth
            .map(|item| (item.kind, item.name, item.number))
            .collect()
    }

    fn plant(&self, name: &str, preview: PreviewId) {
        let installation = self.world.engine.installation();
        let tags = (installation, preview);
        self.world.cloud.plant(Kind::Rule, name, tags);
    }

    fn is_there(&self, name: &str) -> bool {
        self.there().iter().any(|(_, there, _)| there == name)
    }

    async fn letters(&self) -> Vec<DeadLetterId> {
        let letters = self.world.engine.store().dead_letters(100).await.unwrap();
        let mut ids: Vec<_> = letters.into_iter().map(|letter| letter.id).collect();
        ids.sort();
        ids
    }

    /// Nothing was removed that nobody who holds its row had looked for since this was last asked.
    fn no_sweep_removed(&self) {
        let mut audited = BTreeSet::new();
        for done in self.told.take_done() {
            match done {
                Done::Audited(preview) => {
                    audited.insert(preview);
                }
                Done::Removed(preview) => {
                    assert!(audited.contains(&preview), "{preview}: removed by a sweep");
                }
            }
        }
    }
}

fn stray(story: &Story, name: &str, preview: Option<PreviewId>, age: Option<Duration>) -> Stray {
    let now = story.world.now().millis();
    let age = age.map(|age| i64::try_from(age.as_millis()).unwrap());
    Stray {
        resource: Resource {
            kind: "rule".to_owned(),
            name: name.to_owned(),
            revision: None,
        },
        preview,
        since: age.map(|age| Timestamp::from_millis(now - age)),
    }
}

/// Lists what is true, and this.
fn and(more: Stray) -> impl Fn(Vec<Stray>) -> Result<Vec<Stray>, StepError> {
    move |mut listed| {
        listed.push(more.clone());
        Ok(listed)
    }
}

/// What is made of a listing on its way.
type Lie = fn(Vec<Stray>) -> Result<Vec<Stray>, StepError>;

#[test]
fn errors_and_shrunken_listings_are_no_information() {
    story(1, 10, |mut story| async move {
        story.sweep(1).await;
        let (epochs, there) = (story.epochs().await, story.there());
        // All of it is wrong, and nothing is concluded.
        story.plant("planted", story.previews[0]);
        story.plant("left", PreviewId::new(uuid::Uuid::from_u128(0xdead << 96)));
        story.passes(AGE).await;
        let lies: [Lie; 5] = [
            |_| Err(StepError::transient("not well")),
            |_| Err(StepError::rejected("not allowed")),
            |_| Ok(Vec::new()),
            |listed| Ok(listed.into_iter().take(3).collect()),
            // Everything but one kind, of which there were some.
            |mut listed| {
                listed.retain(|stray| stray.resource.kind != "service");
                Ok(listed)
            },
        ];
        for lie in lies {
            story.told.say(lie);
            story.sweep(1).await;
            assert_eq!(story.epochs().await, epochs);
            // What is said twice is believed: so it is not.
            story.told.say(|_| Err(StepError::transient("not well")));
            story.sweep(1).await;
            story.told.say(|mut listed| {
                listed.retain(|stray| !["planted", "left"].contains(&stray.resource.name.as_str()));
                Ok(listed)
            });
            story.sweep(1).await;
            assert_eq!(story.epochs().await, epochs);
        }
        assert!(story.letters().await.is_empty());
        assert_eq!(story.there().len(), there.len() + 2);
        story.told.say_the_truth();
        story.sweep(1).await;
        assert_eq!(story.there(), there_with(&there, &story, "left"));
        story.no_sweep_removed();
    });
}

fn there_with(
    before: &[(Kind, String, u64)],
    story: &Story,
    name: &str,
) -> Vec<(Kind, String, u64)> {
    let mut there = before.to_vec();
    there.extend(story.there().into_iter().filter(|(_, of, _)| of == name));
    there
}

/// What is listed twice or not at all, because pages shifted while they were read, costs a verify.
#[test]
fn pages_that_shift_while_they_are_read_do_no_harm() {
    story(1, 10, |mut story| async move {
        story.sweep(1).await;
        let (epochs, there) = (story.epochs().await, story.there());
        story.told.say(|listed| {
            let again = listed.clone();
            Ok(listed.into_iter().chain(again).collect())
        });
        story.sweep(1).await;
        assert_eq!(story.epochs().await, epochs, "twice is once");
        for gap in 0..there.len() {
            story.told.say(move |mut listed| {
                let lost = listed.remove(gap);
                // In its place comes the one behind it a second time.
                let behind = listed[gap % listed.len()].clone();
                listed.push(behind);
                assert!(!listed.contains(&lost));
                Ok(listed)
            });
            story.sweep(1).await;
            assert_eq!(story.there(), there);
            story.passes(AGE).await;
        }
        assert_ne!(story.epochs().await, epochs, "looked at, that is");
        assert!(
            story
                .told
                .take_done()
                .iter()
                .all(|done| !matches!(done, Done::Removed(_)))
        );
    });
}

#[test]
fn what_is_young_is_left_alone() {
    story(1, 10, |mut story| async move {
        story.sweep(1).await;
        let epochs = story.epochs().await;
        let nobody = PreviewId::new(uuid::Uuid::from_u128(0xdead << 96));
        let young = AGE.saturating_sub(Duration::from_mins(1));
        for (preview, age) in [(story.previews[0], young), (nobody, young)] {
            story
                .told
                .say(and(stray(&story, "late", Some(preview), Some(age))));
            story.sweep(1).await;
        }
        let untold = stray(&story, "nameless", None, Some(young));
        story.told.say(and(untold));
        story.sweep(1).await;
        assert_eq!(story.epochs().await, epochs);
        assert!(story.letters().await.is_empty());

        // The same, a little later.
        let [one, _] = story.previews;
        for (name, preview) in [
            ("late", Some(one)),
            ("late", Some(nobody)),
            ("nameless", None),
        ] {
            story.told.say(and(stray(&story, name, preview, Some(AGE))));
            story.sweep(1).await;
        }
        assert_ne!(story.epochs().await[0], epochs[0]);
        assert_eq!(story.epochs().await[1], epochs[1]);
        let letters = [DeadLetterId::orphan(nobody), DeadLetterId::untold()];
        assert_eq!(story.letters().await, letters);
    });
}

/// A preview that has just become ready is not missed in a listing that is older than it.
#[test]
fn a_preview_that_has_just_settled_is_left_alone() {
    story(1, 10, |mut story| async move {
        story.sweep(1).await;
        let [one, _] = story.previews;
        let newer = spec(&[("web", "2"), ("api", "1")]);
        story.world.update(one, newer).await.unwrap();
        story.passes(Duration::from_mins(1)).await;
        let epochs = story.epochs().await;
        story.told.say(move |mut listed| {
            let lost = listed.iter().position(|stray| stray.preview == Some(one));
            listed.remove(lost.unwrap());
            // And one whose age nobody knows.
            let mut unknown = listed
                .iter()
                .find(|s| s.preview == Some(one))
                .unwrap()
                .clone();
            unknown.resource.name = "before".to_owned();
            listed.push(unknown);
            Ok(listed)
        });
        story.sweep(1).await;
        assert_eq!(story.epochs().await, epochs);
        story.passes(AGE).await;
        story.sweep(1).await;
        assert_ne!(story.epochs().await[0], epochs[0]);
    });
}

/// One that always differs does not keep the others from being put right.
#[test]
fn what_a_sweep_may_not_mark_has_its_turn_with_the_next() {
    story(1, 1, |mut story| async move {
        story.sweep(1).await;
        let mut previews = story.previews;
        previews.sort();
        let [first, second] = previews;
        let always = stray(&story, "nowhere", Some(first), None);
        story.told.say(and(always));
        story.plant("planted", second);
        story.passes(AGE).await;
        story.sweep(1).await;
        assert!(story.is_there("planted"), "one in a sweep");
        story.passes(AGE).await;
        story.sweep(1).await;
        assert!(!story.is_there("planted"));
        story.no_sweep_removed();
    });
}

#[test]
fn sweeps_at_once_do_no_harm() {
    story(3, 10, |mut story| async move {
        story.sweep(3).await;
        let there = story.there();
        let nobody = PreviewId::new(uuid::Uuid::from_u128(0xdead << 96));
        for round in 0..5 {
            story.plant(&format!("planted-{round}"), story.previews[round % 2]);
            story.plant("left", nobody);
            let which = there[round % there.len()].clone();
            story.world.cloud.lose(which.0, &which.1);
            story.passes(AGE).await;
            story.sweep(7).await;
            // What may have been called shrunk.
            story.sweep(3).await;
            for preview in story.previews {
                assert_eq!(story.world.get(preview).await.row.phase(), Phase::Ready);
            }
            story.no_sweep_removed();
            let names = |there: &[(Kind, String, u64)]| {
                let mut names: Vec<_> = there.iter().map(|(k, n, _)| (*k, n.clone())).collect();
                names.sort();
                names
            };
            let mut expected = there.clone();
            expected.push((Kind::Rule, "left".to_owned(), 0));
            assert_eq!(names(&story.there()), names(&expected));
        }
        assert_eq!(story.letters().await, [DeadLetterId::orphan(nobody)]);
        for worker in story.workers {
            worker.stop().await;
        }
    });
}

#[test]
fn another_installation_is_not_even_reported() {
    story(1, 10, |mut story| async move {
        story.sweep(1).await;
        let (epochs, letters) = (story.epochs().await, story.letters().await);
        let theirs = InstallationId::new(0xbeef);
        let nobody = PreviewId::new(uuid::Uuid::from_u128(0xdead << 96));
        for (n, preview) in [story.previews[0], nobody].into_iter().enumerate() {
            for kind in [
                Kind::TargetGroup,
                Kind::Rule,
                Kind::Definition,
                Kind::Service,
            ] {
                let name = format!("theirs-{n}");
                story.world.cloud.plant(kind, &name, (theirs, preview));
            }
        }
        story.passes(AGE).await;
        for _ in 0..3 {
            story.sweep(1).await;
        }
        assert_eq!(story.epochs().await, epochs);
        assert_eq!(story.letters().await, letters);
        // Nor is it touched by the end of one that has the same id.
        let [one, _] = story.previews;
        story.world.destroy(one).await.unwrap();
        story.passes(AGE).await;
        assert!(story.world.get(one).await.row.receipt_at.is_some());
        for name in ["theirs-0", "theirs-1"] {
            let left = story.there().iter().filter(|(_, of, _)| of == name).count();
            assert_eq!(left, 4, "{name}");
        }
    });
}

/// A store that knows nothing of what there is, as one that was restored or is new.
#[test]
fn a_store_without_rows_removes_nothing_unasked() {
    story(1, 10, |mut story| async move {
        let there = story.there();
        for worker in story.workers.drain(..) {
            worker.tasks().kill();
        }
        let mut restored = World::new(None);
        restored.cloud = story.world.cloud.clone();
        let worker = worker(&restored, &story.told, 9, 10);
        let [one, two] = story.previews;
        for _ in 0..4 {
            let sweep = Outgoing::now(&Hint::Sweep);
            restored.engine.queue().send(&[sweep]).await.unwrap();
            restored.pass(one, AGE).await;
        }
        assert_eq!(story.there(), there);
        let letters = restored.engine.store().dead_letters(10).await.unwrap();
        let mut ids: Vec<_> = letters.into_iter().map(|letter| letter.id).collect();
        ids.sort();
        assert_eq!(ids, [one, two].map(DeadLetterId::orphan));

        // Asked for one, it removes that one.
        let reap = Outgoing::now(&Hint::Reap { preview: one });
        restored.engine.queue().send(&[reap]).await.unwrap();
        restored.pass(one, AGE).await;
        let left = story.world.cloud.truth();
        assert!(left.iter().all(|item| item.tags.1 == two) && !left.is_empty());
        worker.stop().await;
    });
}
