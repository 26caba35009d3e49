//! Numbered slots: what there is a limited number of.

use std::collections::BTreeMap;

use tempus_model::PreviewId;

/// What a slot belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pool {
    /// Everybody's previews.
    All,
    /// An owner's.
    Owner(String),
    /// A listener's.
    Listener(String),
    /// A pool that steps reserve from.
    Reserved(String),
}

impl Pool {
    const fn is_quota(&self) -> bool {
        matches!(self, Self::All | Self::Owner(_))
    }
}

/// Which slot is whose, and for what of it.
#[derive(Default)]
pub(super) struct Slots(BTreeMap<(Pool, u32), (PreviewId, String)>);

impl Slots {
    pub(super) fn lowest_free(&self, pool: &Pool, most: u32) -> Option<u32> {
        (0..most).find(|number| !self.is_taken(pool, *number))
    }

    pub(super) fn is_taken(&self, pool: &Pool, number: u32) -> bool {
        self.0.contains_key(&(pool.clone(), number))
    }

    pub(super) fn take(&mut self, pool: Pool, number: u32, preview: PreviewId, item: &str) {
        self.0.insert((pool, number), (preview, item.to_owned()));
    }

    pub(super) fn give_back(&mut self, pool: &Pool, number: u32) {
        self.0.remove(&(pool.clone(), number));
    }

    pub(super) fn held(&self, pool: &Pool, preview: PreviewId, item: &str) -> Option<u32> {
        let mut of_pool = self.0.iter().filter(|((of, _), _)| of == pool);
        of_pool
            .find(|(_, (by, what))| *by == preview && what == item)
            .map(|((_, number), _)| *number)
    }

    /// A handful of those who hold a pool's slots.
    pub(super) fn holders(&self, pool: &Pool) -> Vec<PreviewId> {
        let of_pool = self.0.iter().filter(|((of, _), _)| of == pool);
        of_pool.map(|(_, (by, _))| *by).take(5).collect()
    }

    pub(super) fn free_quota(&mut self, preview: PreviewId) {
        self.0
            .retain(|(pool, _), (by, _)| *by != preview || !pool.is_quota());
    }

    pub(super) fn free_reservations(&mut self, preview: PreviewId) {
        self.0
            .retain(|(pool, _), (by, _)| *by != preview || pool.is_quota());
    }

    pub(super) fn of_all(&self) -> usize {
        self.count(|pool| *pool == Pool::All)
    }

    pub(super) fn of_owners(&self) -> usize {
        self.count(|pool| matches!(pool, Pool::Owner(_)))
    }

    pub(super) fn of_listeners(&self) -> usize {
        self.count(|pool| matches!(pool, Pool::Listener(_)))
    }

    fn count(&self, wanted: impl Fn(&Pool) -> bool) -> usize {
        self.0.keys().filter(|(pool, _)| wanted(pool)).count()
    }
}
