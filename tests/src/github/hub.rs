//! What GitHub knows, and how it behaves.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{api, token};

/// The repository that everything is in.
pub(super) const REPOSITORY: u64 = 1_296_269;
/// Its full name.
pub(super) const FULL_NAME: &str = "octo/shop";
/// The installation through which it is reached.
pub(super) const INSTALLATION: u64 = 42;

/// A running server.
pub struct Hub {
    state: Arc<Mutex<State>>,
    /// Where it answers.
    pub url: String,
    serving: JoinHandle<()>,
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Whether it is open.
    pub open: bool,
    /// Whether it is a draft.
    pub draft: bool,
    /// Its head commit.
    pub sha: String,
    /// Its head's repository.
    pub from: u64,
    /// Its labels.
    pub labels: BTreeSet<String>,
    /// When it was last changed, in seconds.
    pub updated: u64,
}

/// A comment.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// The pull request.
    pub number: u64,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub by: Kind,
}

/// Who wrote something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An App.
    Bot,
    /// A person.
    User,
}

pub(super) struct State {
    pub url: String,
    pub pulls: BTreeMap<u64, Pull>,
    pub branches: BTreeMap<String, String>,
    pub comments: Vec<Comment>,
    pub statuses: Vec<(String, Value)>,
    pub deployments: BTreeMap<u64, Value>,
    pub deployment_statuses: Vec<(u64, Value)>,
    pub writers: BTreeSet<String>,
    /// By path, for every commit.
    pub files: HashMap<String, String>,
    /// What each commit's archive holds, by path: its mode and its text.
    pub commits: HashMap<String, Vec<(String, u32, String)>>,
    /// The tickets by which an archive is fetched, and the commits that they are for.
    pub tickets: HashMap<String, String>,
    /// Tokens of the installation, and when they end.
    pub tokens: HashMap<String, u64>,
    /// How long a token is good, in seconds.
    pub token_life: u64,
    pub ids: u64,
    pub page: usize,
    /// Whether it does not answer.
    pub down: bool,
    /// How many of the next writes are made, and answered with an error.
    pub lose: u32,
    /// How much content may be made in this time before the secondary limit is reached.
    pub secondary: (usize, Duration),
    pub made: VecDeque<Instant>,
    pub limited_until: Option<Instant>,
    /// Whether the list of open pull requests is empty whatever there is.
    pub hides_pulls: bool,
    pub seen: Seen,
}

/// What was asked.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Comments that were made.
    pub comments_created: u32,
    /// Edits of comments.
    pub comments_edited: u32,
    /// Tokens that were given out.
    pub tokens_made: u32,
    /// Requests with no token, or with one that is not good.
    pub unauthorized: u32,
    /// Answered 403 with `Retry-After`.
    pub limited: u32,
    /// Came though it was said to wait.
    pub impatient: u32,
    /// Answered 304.
    pub not_modified: u32,
    /// Questions about one pull request.
    pub pull_reads: u32,
    /// Lists of open pull requests.
    pub pull_lists: u32,
    /// Archives that were sent.
    pub archives: u32,
    /// Requests for an archive that showed a token where none belongs.
    pub tokens_elsewhere: u32,
}

impl Hub {
    /// The App's id.
    pub const APP: u64 = token::APP;

    /// The App's private key, as GitHub gives it.
    pub fn app_key() -> String {
        token::pem()
    }

    /// Starts an empty one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|e| panic!("{e}"));
        let address = listener.local_addr().unwrap_or_else(|e| panic!("{e}"));
        let url = format!("http://{address}");
        let state = Arc::new(Mutex::new(State {
            url: url.clone(),
            pulls: BTreeMap::new(),
            branches: BTreeMap::new(),
            comments: Vec::new(),
            statuses: Vec::new(),
            deployments: BTreeMap::new(),
            deployment_statuses: Vec::new(),
            writers: BTreeSet::from(["ada".to_owned()]),
            files: HashMap::new(),
            commits: HashMap::new(),
            tickets: HashMap::new(),
            tokens: HashMap::new(),
            token_life: 3600,
            ids: 1000,
            page: 3,
            down: false,
            lose: 0,
            secondary: (10_000, Duration::from_mins(1)),
            made: VecDeque::new(),
            limited_until: None,
            hides_pulls: false,
            seen: Seen::default(),
        }));
        let router = api::router(Arc::clone(&state));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            state,
            url,
            serving,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a pull request, opening it if there is none, and gives the delivery's body.
    pub fn change(&self, number: u64, change: impl FnOnce(&mut Pull)) -> Value {
        let mut state = self.state();
        let latest = state.pulls.values().map(|pull| pull.updated).max();
        let pull = state.pulls.entry(number).or_insert_with(|| Pull {
            open: true,
            draft: false,
            sha: "0".repeat(40),
            from: REPOSITORY,
            labels: BTreeSet::new(),
            updated: 1_800_000_000,
        });
        change(pull);
        // Several changes may share a second, as they do on GitHub.
        pull.updated = latest.unwrap_or(pull.updated) + u64::from(number.is_multiple_of(2));
        let shape = pull_shape(number, pull);
        let action = if pull.open { "synchronize" } else { "closed" };
        json!({
            "action": action, "number": number, "pull_request": shape,
            "repository": repository(), "installation": {"id": INSTALLATION},
            "sender": {"login": "grace", "id": 7, "type": "User"},
        })
    }

    /// Somebody writes a comment; gives the delivery's body.
    pub fn comment(&self, number: u64, by: &str, text: &str) -> Value {
        let mut state = self.state();
        let id = state.next_id();
        state.comments.push(Comment {
            id,
            number,
            text: text.to_owned(),
            by: Kind::User,
        });
        let at = state.pulls.get(&number).map_or(0, |pull| pull.updated) + 1;
        if let Some(pull) = state.pulls.get_mut(&number) {
            pull.updated = at;
        }
        json!({
            "action": "created",
            "issue": {"number": number, "pull_request": {"url": "x"}},
            "comment": {"id": id, "body": text, "created_at": time(at),
                "user": {"login": by, "id": 8, "type": "User"}},
            "repository": repository(), "installation": {"id": INSTALLATION},
        })
    }

    /// What a server must be told to tend its pull requests; the App's key is put into the folder.
    pub fn settings(&self, folder: &Path) -> Vec<(&'static str, String)> {
        let key = folder.join("app.pem");
        std::fs::write(&key, Self::app_key()).unwrap_or_else(|e| panic!("{e}"));
        vec![
            ("github.app_id", Self::APP.to_string()),
            ("github.api", self.url.clone()),
            ("github.private_key_file", key.display().to_string()),
        ]
    }

    /// Has it not answer, or answer again.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Has the next writes made, and their answers lost.
    pub fn lose(&self, answers: u32) {
        self.state().lose = answers;
    }

    /// Has an empty list of pull requests, whatever there is.
    pub fn hide_pulls(&self, hides: bool) {
        self.state().hides_pulls = hides;
    }

    /// Lets so much content be made in a time.
    pub fn limit(&self, most: usize, span: Duration) {
        self.state().secondary = (most, span);
    }

    /// Lets tokens be good for so many seconds, those that are out included.
    pub fn end_tokens(&self, life: u64) {
        let mut state = self.state();
        state.token_life = life;
        state.tokens.clear();
    }

    /// Puts a file into every commit.
    pub fn put_file(&self, path: &str, text: &str) {
        let mut state = self.state();
        state.files.insert(path.to_owned(), text.to_owned());
    }

    /// Makes a commit of these files: path, mode and text.
    pub fn commit(&self, sha: &str, files: &[(&str, u32, &str)]) {
        let files = files.iter();
        let files = files.map(|(path, mode, text)| ((*path).to_owned(), *mode, (*text).to_owned()));
        let files = files.collect();
        self.state().commits.insert(sha.to_owned(), files);
    }

    /// Moves a branch, or takes it away.
    pub fn set_branch(&self, name: &str, sha: Option<&str>) -> Value {
        let mut state = self.state();
        match sha {
            Some(sha) => state.branches.insert(name.to_owned(), sha.to_owned()),
            None => state.branches.remove(name),
        };
        json!({
            "ref": format!("refs/heads/{name}"), "deleted": sha.is_none(),
            "repository": repository(), "installation": {"id": INSTALLATION},
        })
    }

    /// Somebody deletes a comment.
    pub fn delete_comment(&self, id: u64) {
        self.state().comments.retain(|comment| comment.id != id);
    }

    /// Somebody writes a comment that is no command.
    pub fn chat(&self, number: u64, text: &str) {
        drop(self.comment(number, "mallory", text));
    }

    /// What was asked so far.
    pub fn seen(&self) -> Seen {
        self.state().seen.clone()
    }

    /// The pull requests as they are.
    pub fn pulls(&self) -> BTreeMap<u64, Pull> {
        self.state().pulls.clone()
    }

    /// The comments of a pull request that an App wrote.
    pub fn reports(&self, number: u64) -> Vec<Comment> {
        let state = self.state();
        let ours = |c: &&Comment| c.number == number && c.by == Kind::Bot;
        state.comments.iter().filter(ours).cloned().collect()
    }

    /// The state that a commit's status has, if it has one.
    pub fn status(&self, sha: &str) -> Option<String> {
        let state = self.state();
        let mut of = state.statuses.iter().filter(|(of, _)| of == sha);
        let (_, last) = of.next_back()?;
        Some(last["state"].as_str().unwrap_or_default().to_owned())
    }

    /// The last state of each deployment of a commit.
    pub fn deployments(&self, sha: &str) -> Vec<String> {
        let state = self.state();
        let of = state
            .deployments
            .iter()
            .filter(|(_, made)| made["ref"] == sha);
        let last = |(id, _): (&u64, &Value)| {
            let mut said = state.deployment_statuses.iter().filter(|(of, _)| of == id);
            let last = said.next_back().map(|(_, said)| said["state"].as_str());
            last.flatten().unwrap_or("none").to_owned()
        };
        of.map(last).collect()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl State {
    pub fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }
}

pub(super) fn repository() -> Value {
    json!({"id": REPOSITORY, "full_name": FULL_NAME, "default_branch": "main", "archived": false})
}

pub(super) fn pull_shape(number: u64, pull: &Pull) -> Value {
    let labels: Vec<_> = pull
        .labels
        .iter()
        .map(|name| json!({ "name": name }))
        .collect();
    json!({
        "number": number,
        "state": if pull.open { "open" } else { "closed" },
        "draft": pull.draft,
        "updated_at": time(pull.updated),
        "labels": labels,
        "user": {"login": "octocat", "type": "User"},
        "head": {"ref": format!("branch-{number}"), "sha": pull.sha,
            "repo": {"id": pull.from, "full_name": "octo/shop"}},
        "base": {"ref": "main", "sha": "f".repeat(40), "repo": repository()},
    })
}

/// A time as GitHub writes it.
pub(super) fn time(seconds: u64) -> String {
    let millis = i64::try_from(seconds).unwrap_or(0) * 1000;
    let text = tempus_model::Timestamp::from_millis(millis).to_string();
    text.replace(".000Z", "Z")
}
