//! The table of live routes: what steps write and every request reads.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tempus_model::{Access, Wakefulness};
use tokio::sync::watch;

use super::activity::{Activity, Counters, InFlight};
use super::retired::Retired;
use super::site::{HostLabel, PathPrefix, PreviewKey, ShortId, Site};
use super::turns::Turns;
use super::upstream::Upstream;

/// Orders the routes of one preview, usually its generation. Compared within one preview only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// Where one service of a preview listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The paths it answers. They reach it unchanged (only the `/preview-{short}` of path mode is
    /// taken off), so an `/api` service sees `/api/x`.
    pub path: PathPrefix,
    /// Its port on a loopback address: 127.0.0.1 is tried first, then `[::1]`, because a
    /// development server told to listen on `localhost` often takes only the second.
    pub port: u16,
}

/// How to reach a preview that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Whose route this is. A preview has at most one.
    pub preview: PreviewKey,
    /// Its name in host mode.
    pub host: HostLabel,
    /// Its name in path mode.
    pub short: ShortId,
    /// Who may see it.
    pub access: Access,
    /// Whether its services run; whoever asks for one that sleeps wakes it.
    pub wakefulness: Wakefulness,
    /// Its public services, in any order. The longest path that covers a request wins; those of
    /// equal ones, which are one service more than once, take turns.
    pub backends: Vec<Backend>,
    /// Which of two routes of this preview is the newer.
    pub revision: Revision,
}

/// What became of a [`Routes::set`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// The route is live.
    Applied,
    /// Nothing changed: the preview already has a route of this newer revision.
    Stale(Revision),
}

/// A route in use, with the connections that belong to it. Replacing a route drops its idle
/// connections, so none is ever shared between two previews or two revisions of one, even if a
/// port is.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) route: Route,
    pub(super) upstream: Upstream,
    counters: Arc<Counters>,
    turns: Turns,
    /// Kept by each request that goes by this very route, and by nothing else but it.
    mark: Arc<()>,
}

impl Live {
    /// The service that answers a path; `None` if the preview has none there.
    pub(super) fn backend(&self, path: &str) -> Option<&Backend> {
        let covering = || self.route.backends.iter().filter(|b| b.path.covers(path));
        let longest = covering().map(|backend| backend.path.len()).max()?;
        let equal = covering().filter(|backend| backend.path.len() == longest);
        self.turns.next(&equal.collect::<Vec<_>>())
    }

    /// Nobody listens on this port: the others of its service are asked for a while.
    pub(super) fn passed_over(&self, port: u16) {
        self.turns.pass_over(port);
    }
}

/// A request that has found its route.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) live: Arc<Live>,
    pub(super) in_flight: InFlight,
}

/// The live routes. Reading takes a lock for a look-up, never across a request; a change holds
/// for every request that arrives after it, and those in flight finish as they began.
#[derive(Debug, Default)]
pub struct Routes {
    table: RwLock<Table>,
    /// Told of every change.
    changed: watch::Sender<()>,
}

/// Invariant: every entry of `hosts` and `shorts` names a key of `previews` whose route has
/// that host or short id.
#[derive(Debug, Default)]
struct Table {
    previews: HashMap<PreviewKey, Arc<Live>>,
    hosts: HashMap<HostLabel, PreviewKey>,
    shorts: HashMap<ShortId, PreviewKey>,
}

impl Table {
    fn unlist(&mut self, preview: &PreviewKey) -> Option<Arc<Live>> {
        let old = self.previews.remove(preview)?;
        // The name may have passed on to a newer preview; then it is not ours to take away.
        if self.hosts.get(&old.route.host) == Some(preview) {
            self.hosts.remove(&old.route.host);
        }
        if self.shorts.get(&old.route.short) == Some(preview) {
            self.shorts.remove(&old.route.short);
        }
        Some(old)
    }
}

impl Routes {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a route live, in place of the preview's previous one unless that is of a newer
    /// revision (an equal one is replaced: a service came back on another port). A host or short
    /// id that another preview held passes to this one.
    pub fn set(&self, route: Route) -> Set {
        self.replace(route).0
    }

    /// The same, and the route that went for it.
    pub fn replace(&self, route: Route) -> (Set, Option<Retired>) {
        let mut table = self.write();
        if let Some(live) = table.previews.get(&route.preview)
            && live.route.revision > route.revision
        {
            return (Set::Stale(live.route.revision), None);
        }
        let old = table.unlist(&route.preview);
        let counters = old
            .as_ref()
            .map_or_else(Counters::new, |old| Arc::clone(&old.counters));
        let preview = route.preview.clone();
        table.hosts.insert(route.host.clone(), preview.clone());
        table.shorts.insert(route.short.clone(), preview.clone());
        let live = Live {
            upstream: Upstream::new(),
            counters,
            turns: Turns::default(),
            mark: Arc::default(),
            route,
        };
        table.previews.insert(preview, Arc::new(live));
        let retired =
            old.map(|old| Retired::new(old.route.backends.clone(), Arc::clone(&old.mark)));
        drop(table);
        self.changed.send_replace(());
        (Set::Applied, retired)
    }

    /// Takes a preview's route away, whatever its revision, and returns it. The table remembers
    /// nothing of it: whoever may set routes for this preview is stopped first.
    pub fn remove(&self, preview: &PreviewKey) -> Option<Route> {
        let old = self.write().unlist(preview)?;
        self.changed.send_replace(());
        Some(old.route.clone())
    }

    /// The live route of a preview.
    pub fn get(&self, preview: &PreviewKey) -> Option<Route> {
        let live = self.read().previews.get(preview).map(Arc::clone)?;
        Some(live.route.clone())
    }

    /// Every live route, in no order.
    pub fn list(&self) -> Vec<Route> {
        let live: Vec<_> = self.read().previews.values().map(Arc::clone).collect();
        live.iter().map(|live| live.route.clone()).collect()
    }

    /// How busy a preview is; `None` if it has no route. Requests that found no live route are
    /// not counted here, the [`Directory`](super::Directory) is asked about each of them.
    pub fn activity(&self, preview: &PreviewKey) -> Option<Activity> {
        let live = self.read().previews.get(preview).map(Arc::clone)?;
        Some(live.counters.seen())
    }

    /// Whether somebody uses a preview, or has within this time. Asked after a route was replaced, it
    /// misses no request that went by the old one.
    pub(crate) fn used_within(&self, preview: &PreviewKey, time: Duration) -> bool {
        let live = self.read().previews.get(preview).map(Arc::clone);
        live.is_some_and(|live| live.counters.used_within(time))
    }

    /// Tells of changes of the table from now on.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Finds the live route of a site and counts the request, both under one lock: who removes a
    /// route and then looks at the count misses no request.
    pub(super) fn enter(&self, site: &Site) -> Option<Visit> {
        let table = self.read();
        let preview = match site {
            Site::Host(host) => table.hosts.get(host)?,
            Site::Short(short) => table.shorts.get(short)?,
        };
        let live = table.previews.get(preview)?;
        Some(Visit {
            in_flight: live.counters.begin(&live.mark),
            live: Arc::clone(live),
        })
    }

    // A panic cannot leave the table half-written in a way that matters more than serving on.
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(preview: &str, host: &str, short: &str, revision: u64, port: u16) -> Route {
        Route {
            preview: PreviewKey::new(preview),
            host: HostLabel::parse(host).unwrap(),
            short: ShortId::parse(short).unwrap(),
            access: Access::Open,
            wakefulness: Wakefulness::Awake,
            backends: vec![Backend {
                path: PathPrefix::root(),
                port,
            }],
            revision: Revision(revision),
        }
    }

    fn port(routes: &Routes, site: &Site) -> Option<u16> {
        let visit = routes.enter(site)?;
        visit.live.backend("/").map(|backend| backend.port)
    }

    #[test]
    fn an_older_revision_never_replaces_a_newer_one() {
        let routes = Routes::new();
        routes.set(route("p", "a", "00000001", 2, 1));
        assert_eq!(
            routes.set(route("p", "a", "00000001", 1, 2)),
            Set::Stale(Revision(2))
        );
        assert_eq!(routes.set(route("p", "a", "00000001", 2, 3)), Set::Applied);
        assert_eq!(routes.list().len(), 1);
        assert_eq!(routes.list()[0].backends[0].port, 3);
    }

    #[test]
    fn a_name_that_passed_on_survives_the_removal_of_its_old_holder() {
        let routes = Routes::new();
        let host = Site::Host(HostLabel::parse("a").unwrap());
        routes.set(route("old", "a", "00000001", 1, 1));
        routes.set(route("new", "a", "00000002", 1, 2));
        assert_eq!(port(&routes, &host), Some(2));
        routes.remove(&PreviewKey::new("old"));
        assert_eq!(port(&routes, &host), Some(2));
        let old = Site::Short(ShortId::parse("00000001").unwrap());
        assert_eq!(port(&routes, &old), None);
    }

    #[test]
    fn renaming_a_preview_frees_its_old_name() {
        let routes = Routes::new();
        routes.set(route("p", "a", "00000001", 1, 1));
        routes.set(route("p", "b", "00000001", 2, 1));
        let site = |name| Site::Host(HostLabel::parse(name).unwrap());
        assert_eq!(port(&routes, &site("a")), None);
        assert_eq!(port(&routes, &site("b")), Some(1));
    }

    #[test]
    fn the_longest_covering_path_wins() {
        let routes = Routes::new();
        let mut several = route("p", "a", "00000001", 1, 1);
        for (path, port) in [("/api/v2", 3), ("/api", 2)] {
            let path = PathPrefix::parse(path).unwrap();
            several.backends.push(Backend { path, port });
        }
        routes.set(several);
        let visit = routes
            .enter(&Site::Short(ShortId::parse("00000001").unwrap()))
            .unwrap();
        let chosen = |path| visit.live.backend(path).unwrap().port;
        assert_eq!(chosen("/"), 1);
        assert_eq!(chosen("/apix"), 1);
        assert_eq!(chosen("/api"), 2);
        assert_eq!(chosen("/api/v2/x"), 3);
    }

    #[test]
    fn those_of_one_path_take_turns() {
        let routes = Routes::new();
        let mut several = route("p", "a", "00000001", 1, 1);
        for (path, port) in [("/", 2), ("/", 3), ("/api", 4)] {
            let path = PathPrefix::parse(path).unwrap();
            several.backends.push(Backend { path, port });
        }
        routes.set(several);
        let site = Site::Host(HostLabel::parse("a").unwrap());
        let visit = routes.enter(&site).unwrap();
        let ports = |count| -> Vec<_> {
            let visits = (0..count).map(|_| visit.live.backend("/").unwrap().port);
            visits.collect()
        };
        let mut seen = ports(6);
        seen.sort_unstable();
        assert_eq!(seen, [1, 1, 2, 2, 3, 3]);
        assert_eq!(visit.live.backend("/api").unwrap().port, 4);
        visit.live.passed_over(2);
        assert!(!ports(6).contains(&2));
        // Where nobody listens, it does not matter who is asked.
        visit.live.passed_over(1);
        visit.live.passed_over(3);
        assert_eq!(ports(1).len(), 1);
    }

    #[test]
    fn activity_counts_across_a_change_of_route() {
        let routes = Routes::new();
        let key = PreviewKey::new("p");
        assert_eq!(routes.activity(&key), None);
        routes.set(route("p", "a", "00000001", 1, 1));
        let site = Site::Host(HostLabel::parse("a").unwrap());
        let mut request = routes.enter(&site).unwrap();
        assert_eq!(routes.activity(&key).unwrap().requests, 0, "not let in yet");
        request.in_flight.let_in();
        routes.set(route("p", "a", "00000001", 2, 1));
        let busy = routes.activity(&key).unwrap();
        assert_eq!((busy.in_flight, busy.requests), (1, 1));
        drop(request);
        let idle = routes.activity(&key).unwrap();
        assert_eq!((idle.in_flight, idle.requests), (0, 1));
        assert!(idle.last_active >= busy.last_active);
    }
}
