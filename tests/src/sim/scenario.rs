//! What the users do in a run.

use std::time::Duration;

use tempus_engine::Store;
use tempus_model::{Actor, PreviewId, Spec, Template};

use super::world::{World, spec};

fn with_database(spec: Spec) -> Spec {
    Spec {
        template: Template::ApiDatabase.to_string(),
        ..spec
    }
}

/// A story with one preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Two services are created; later somebody asks for the end.
    CreateDestroy,
    /// Two services are created, and their time runs out.
    CreateExpire,
    /// A service is changed, one dropped and one added; then the end.
    Update,
    /// The application never becomes healthy: everything is unwound.
    CreateRejected,
    /// The new version never becomes healthy: back to the last ready one, then the end.
    UpdateRejected,
    /// The life is extended; then the time runs out.
    Extend,
    /// Created with a database, which goes with an update and comes back with the next; then the end.
    Database,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::CreateDestroy,
        Self::CreateExpire,
        Self::Update,
        Self::CreateRejected,
        Self::UpdateRejected,
        Self::Extend,
        Self::Database,
    ];

    /// Plays it to its end: the preview is gone, or nothing more will happen.
    pub async fn play(self, world: &mut World) -> Result<PreviewId, String> {
        let long = Duration::from_hours(3);
        let short = Duration::from_mins(20);
        let (first, ttl) = match self {
            Self::CreateRejected => (spec(&[("web", "1"), ("api", "sick")]), long),
            Self::Database => (with_database(spec(&[("web", "1")])), long),
            Self::CreateExpire | Self::Extend => (spec(&[("web", "1"), ("api", "1")]), short),
            _ => (spec(&[("web", "1"), ("api", "1")]), long),
        };
        world.start_worker();
        let accepted = world
            .create("app", first, ttl)
            .await
            .map_err(|e| e.to_string())?;
        let preview = accepted.preview;
        self.rest(world, preview).await?;
        match self {
            Self::CreateDestroy | Self::CreateRejected => {}
            Self::CreateExpire => world.pass(preview, short).await,
            Self::Update => {
                let _ = world
                    .update(preview, spec(&[("web", "2"), ("jobs", "1")]))
                    .await;
                self.rest(world, preview).await?;
            }
            Self::UpdateRejected => {
                let _ = world
                    .update(preview, spec(&[("web", "sick"), ("jobs", "1")]))
                    .await;
                self.rest(world, preview).await?;
            }
            Self::Database => {
                for spec in [spec(&[("web", "1")]), with_database(spec(&[("web", "1")]))] {
                    let _ = world.update(preview, spec).await;
                    self.rest(world, preview).await?;
                }
            }
            Self::Extend => {
                let now = world.now();
                let to = tempus_engine::Extended::To(now.after(short * 2));
                if world
                    .store()
                    .extend(preview, to, Actor::Worker, now)
                    .await
                    .is_ok()
                {
                    world.hint(preview).await;
                }
                self.rest(world, preview).await?;
                world.pass(preview, short * 2).await;
            }
        }
        self.rest(world, preview).await?;
        if !world.get(preview).await.row.is_gone() {
            world.check(preview).await?;
            // A fault may have asked for another spec, or for the end, and changed the story.
            let _ = world.destroy(preview).await;
        }
        self.rest(world, preview).await?;
        Ok(preview)
    }

    /// Lets the world come to rest; what is parked because something was refused is replayed, as
    /// an operator would.
    async fn rest(self, world: &mut World, preview: PreviewId) -> Result<(), String> {
        for _ in 0..3 {
            world.until_rest(preview, Duration::from_hours(2)).await?;
            let now = world.now();
            let replayed = world.store().replay(preview, Actor::Worker, now).await;
            if !replayed.map_err(|e| e.to_string())? {
                return Ok(());
            }
            world.hint(preview).await;
        }
        Err("parked again after two replays".to_owned())
    }
}
