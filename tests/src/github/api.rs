//! The API: signatures, expiry, pages, conditional requests, limits, errors.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Given;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::hub::{
    Comment, FULL_NAME, INSTALLATION, Kind, REPOSITORY, State, pull_shape, repository, time,
};
use super::token;

type Shared = Arc<Mutex<State>>;

pub(super) fn router(state: Shared) -> Router {
    Router::new().fallback(answer).with_state(state)
}

/// An answer: its status, what it says, and the header that it is sent along with.
struct Said {
    status: u16,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
}

fn said(status: u16, body: &Value) -> Said {
    Said {
        status,
        body: body.to_string().into_bytes(),
        headers: Vec::new(),
    }
}

fn refused(status: u16, message: &str) -> Said {
    said(
        status,
        &json!({ "message": message, "documentation_url": "x" }),
    )
}

async fn answer(
    Given(state): Given<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let said = {
        let mut state = lock(&state);
        let asked = Asked {
            method: &method,
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        };
        let said = state.answer(&asked, &headers);
        let known = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|etag| etag.to_str().ok());
        state.condition(&asked, said, known)
    };
    let mut response = (
        StatusCode::from_u16(said.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        Body::from(said.body),
    )
        .into_response();
    for (name, value) in said.headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Asked<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a str,
    body: Value,
}

impl Asked<'_> {
    fn parameter(&self, name: &str) -> Option<String> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(self.query).ok()?;
        let found = pairs.into_iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value)
    }
}

impl State {
    fn answer(&mut self, asked: &Asked<'_>, headers: &HeaderMap) -> Said {
        if self.down {
            return refused(502, "Server Error");
        }
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = bearer
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        let segments: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        if let ["codeload", ticket] = segments[..] {
            return self.send_archive(ticket, headers);
        }
        if segments.first() == Some(&"app") {
            if !token::is_app(bearer) {
                self.seen.unauthorized += 1;
                return refused(401, "A JSON web token could not be decoded");
            }
            return self.of_app(asked, &segments);
        }
        let good = self
            .tokens
            .get(bearer)
            .is_some_and(|ends| *ends > token::now());
        if !good {
            self.seen.unauthorized += 1;
            return refused(401, "Bad credentials");
        }
        if let Some(said) = self.limit(asked) {
            return said;
        }
        let changes = *asked.method != Method::GET;
        let said = self.of_installation(asked, &segments);
        if changes && self.lose > 0 && said.status < 300 {
            self.lose -= 1;
            return refused(502, "made, and the answer lost");
        }
        said
    }

    fn of_app(&mut self, asked: &Asked<'_>, segments: &[&str]) -> Said {
        match (asked.method, segments) {
            (&Method::GET, ["app", "installations"]) => self.page(
                asked,
                &[
                    json!({"id": INSTALLATION, "suspended_at": null}),
                    json!({"id": 7, "suspended_at": "2026-01-01T00:00:00Z"}),
                ],
                |items| json!(items),
            ),
            (&Method::POST, ["app", "installations", id, "access_tokens"]) => {
                if *id != INSTALLATION.to_string() {
                    return refused(404, "Not Found");
                }
                self.seen.tokens_made += 1;
                let id = self.next_id();
                let token = format!("ghs_{id}");
                let ends = token::now() + self.token_life;
                self.tokens.insert(token.clone(), ends);
                said(201, &json!({"token": token, "expires_at": time(ends)}))
            }
            _ => refused(404, "Not Found"),
        }
    }

    /// Content counts against the secondary limit; whoever comes though told to wait is noted.
    fn limit(&mut self, asked: &Asked<'_>) -> Option<Said> {
        let now = Instant::now();
        let waits = |until: Instant| {
            let mut said = refused(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            );
            let seconds = (until - now).as_millis().div_ceil(1000).max(1);
            said.headers.push(("retry-after", seconds.to_string()));
            said
        };
        if let Some(until) = self.limited_until.filter(|until| *until > now) {
            self.seen.impatient += 1;
            return Some(waits(until));
        }
        if *asked.method == Method::GET {
            return None;
        }
        let (most, span) = self.secondary;
        while self.made.front().is_some_and(|first| now - *first >= span) {
            self.made.pop_front();
        }
        if self.made.len() >= most {
            self.seen.limited += 1;
            let until = now + Duration::from_secs(1);
            self.limited_until = Some(until);
            return Some(waits(until));
        }
        self.made.push_back(now);
        None
    }

    fn of_installation(&mut self, asked: &Asked<'_>, segments: &[&str]) -> Said {
        if let ["installation", "repositories"] = segments {
            let found = vec![repository()];
            return self.page(
                asked,
                &found,
                |items| json!({"total_count": 1, "repositories": items}),
            );
        }
        let ["repos", owner, name, rest @ ..] = segments else {
            return refused(404, "Not Found");
        };
        if format!("{owner}/{name}") != FULL_NAME {
            return refused(404, "Not Found");
        }
        match (asked.method, rest) {
            (&Method::GET, []) => said(200, &repository()),
            (&Method::GET, ["pulls"]) => self.list_pulls(asked),
            (&Method::GET, ["pulls", number]) => {
                self.seen.pull_reads += 1;
                let number: u64 = number.parse().unwrap_or(0);
                match self.pulls.get(&number) {
                    Some(pull) => said(200, &pull_shape(number, pull)),
                    None => refused(404, "Not Found"),
                }
            }
            (&Method::GET, ["branches", name]) => {
                let name = name.replace("%2F", "/");
                match self.branches.get(&name) {
                    Some(sha) => said(200, &json!({"name": name, "commit": {"sha": sha}})),
                    None => refused(404, "Branch not found"),
                }
            }
            (&Method::GET, ["contents", path @ ..]) => {
                let sha = asked.parameter("ref").unwrap_or_default();
                match self.file(&sha, &path.join("/")) {
                    Some(text) => Said {
                        status: 200,
                        body: text.into_bytes(),
                        headers: Vec::new(),
                    },
                    None => refused(404, "Not Found"),
                }
            }
            (&Method::GET, ["tarball", sha]) => {
                if !self.commits.contains_key(*sha) {
                    return refused(404, "Not Found");
                }
                let ticket = format!("ticket{}", self.next_id());
                self.tickets.insert(ticket.clone(), (*sha).to_owned());
                let mut said = said(302, &Value::Null);
                // Another origin than the API's, by its name.
                let elsewhere = self.url.replace("127.0.0.1", "localhost");
                let place = format!("{elsewhere}/codeload/{ticket}");
                said.headers.push(("location", place));
                said
            }
            (&Method::GET, ["collaborators", login, "permission"]) => {
                let permission = if self.writers.contains(*login) {
                    "write"
                } else {
                    "read"
                };
                said(
                    200,
                    &json!({"permission": permission, "role_name": permission}),
                )
            }
            (method, ["issues", rest @ ..]) => self.comments(method, rest, asked),
            (&Method::POST, ["statuses", sha]) => {
                let id = self.next_id();
                self.statuses.push(((*sha).to_owned(), asked.body.clone()));
                said(201, &json!({ "id": id }))
            }
            (method, ["deployments", rest @ ..]) => self.deployments(method, rest, asked),
            _ => refused(404, "Not Found"),
        }
    }

    /// A file at a commit.
    fn file(&self, sha: &str, path: &str) -> Option<String> {
        let of_commit = self.commits.get(sha).into_iter().flatten();
        let mut of_commit = of_commit.filter(|(at, ..)| at == path);
        let text = of_commit.next().map(|(.., text)| text.clone());
        text.or_else(|| self.files.get(path).cloned())
    }

    /// Whoever has the ticket gets the archive. It is another service: a token of the API's that is
    /// shown here is one that was given away.
    fn send_archive(&mut self, ticket: &str, headers: &HeaderMap) -> Said {
        if headers.contains_key(header::AUTHORIZATION) {
            self.seen.tokens_elsewhere += 1;
        }
        let Some(sha) = self.tickets.remove(ticket) else {
            return refused(404, "Not Found");
        };
        self.seen.archives += 1;
        Said {
            status: 200,
            body: archive(&sha, &self.commits[&sha]),
            headers: Vec::new(),
        }
    }

    fn list_pulls(&mut self, asked: &Asked<'_>) -> Said {
        self.seen.pull_lists += 1;
        let head = asked.parameter("head");
        let open = self.pulls.iter().filter(|(number, pull)| {
            let branch = format!("octo:branch-{number}");
            let of_head = |head: &String| pull.from == REPOSITORY && *head == branch;
            pull.open && head.as_ref().is_none_or(of_head)
        });
        let mut found: Vec<_> = open
            .map(|(number, pull)| pull_shape(*number, pull))
            .collect();
        if self.hides_pulls {
            found.clear();
        }
        self.page(asked, &found, |items| json!(items))
    }

    fn comments(&mut self, method: &Method, rest: &[&str], asked: &Asked<'_>) -> Said {
        let text = asked.body["body"].as_str().unwrap_or_default().to_owned();
        match (method, rest) {
            (&Method::GET, [number, "comments"]) => {
                let of = self
                    .comments
                    .iter()
                    .filter(|c| c.number.to_string() == *number);
                let found: Vec<_> = of.map(shape).collect();
                self.page(asked, &found, |items| json!(items))
            }
            (&Method::POST, [number, "comments"]) => {
                self.seen.comments_created += 1;
                let id = self.next_id();
                let number = number.parse().unwrap_or(0);
                let by = Kind::Bot;
                self.comments.push(Comment {
                    id,
                    number,
                    text,
                    by,
                });
                said(201, &json!({ "id": id }))
            }
            (&Method::PATCH, ["comments", id]) => {
                let known = self.comments.iter_mut().find(|c| c.id.to_string() == *id);
                let Some(known) = known else {
                    return refused(404, "Not Found");
                };
                if known.by == Kind::User {
                    return refused(403, "Resource not accessible by integration");
                }
                known.text = text;
                self.seen.comments_edited += 1;
                said(200, &json!({ "id": known.id }))
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn deployments(&mut self, method: &Method, rest: &[&str], asked: &Asked<'_>) -> Said {
        match (method, rest) {
            (&Method::GET, []) => {
                let (sha, environment) = (asked.parameter("sha"), asked.parameter("environment"));
                let fits = |made: &Value| {
                    made["ref"].as_str() == sha.as_deref()
                        && made["environment"].as_str() == environment.as_deref()
                };
                let of = self.deployments.iter().filter(|(_, made)| fits(made));
                let found: Vec<_> = of.map(|(id, _)| json!({ "id": id })).collect();
                self.page(asked, &found, |items| json!(items))
            }
            (&Method::POST, []) => {
                let id = self.next_id();
                self.deployments.insert(id, asked.body.clone());
                said(201, &json!({ "id": id }))
            }
            (&Method::POST, [id, "statuses"]) => {
                let id: u64 = id.parse().unwrap_or(0);
                if !self.deployments.contains_key(&id) {
                    return refused(404, "Not Found");
                }
                self.deployment_statuses.push((id, asked.body.clone()));
                said(201, &json!({"id": self.next_id()}))
            }
            _ => refused(404, "Not Found"),
        }
    }

    /// A page of a list, with the address of the next one.
    fn page(
        &mut self,
        asked: &Asked<'_>,
        items: &[Value],
        wrap: impl Fn(&[Value]) -> Value,
    ) -> Said {
        let number: usize = asked
            .parameter("page")
            .and_then(|page| page.parse().ok())
            .unwrap_or(1);
        let first = (number - 1) * self.page;
        let page: Vec<_> = items.iter().skip(first).take(self.page).cloned().collect();
        let mut said = said(200, &wrap(&page));
        if first + self.page < items.len() {
            let query: Vec<&str> = asked
                .query
                .split('&')
                .filter(|pair| !pair.starts_with("page="))
                .collect();
            let next = format!(
                "{}{}?{}&page={}",
                self.url,
                asked.path,
                query.join("&"),
                number + 1
            );
            let link = format!(
                "<{}/elsewhere>; rel=\"first\", <{next}>; rel=\"next\"",
                self.url
            );
            said.headers.push(("link", link));
        }
        said
    }

    /// What has not changed is not sent again.
    fn condition(&mut self, asked: &Asked<'_>, mut said: Said, known: Option<&str>) -> Said {
        if *asked.method != Method::GET || said.status != 200 {
            return said;
        }
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&said.body)[..8]));
        if known == Some(etag.as_str()) {
            self.seen.not_modified += 1;
            said.status = 304;
            said.body.clear();
        }
        said.headers.push(("etag", etag));
        said
    }
}

/// A commit's files as `git archive` packs them.
fn archive(sha: &str, files: &[(String, u32, String)]) -> Vec<u8> {
    let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gz);
    let comment = format!("52 comment={sha}\n");
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::XGlobalHeader);
    let mut put = |header: &mut tar::Header, path: &str, mode: u32, content: &[u8]| {
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        let put = builder.append_data(header, path, content);
        put.unwrap_or_else(|e| panic!("{path}: {e}"));
    };
    put(&mut header, "pax_global_header", 0o666, comment.as_bytes());
    for (path, mode, text) in files {
        let path = format!("octo-shop-{}/{path}", &sha[..7]);
        let mut header = tar::Header::new_ustar();
        put(&mut header, &path, *mode, text.as_bytes());
    }
    let packed = builder
        .into_inner()
        .and_then(flate2::write::GzEncoder::finish);
    packed.unwrap_or_else(|e| panic!("{e}"))
}

fn shape(comment: &Comment) -> Value {
    let kind = match comment.by {
        Kind::Bot => "Bot",
        Kind::User => "User",
    };
    json!({"id": comment.id, "body": comment.text, "user": {"login": "x", "type": kind}})
}
