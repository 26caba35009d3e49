//! Deliveries with everything that GitHub documents of them: many fields that are not read, nulls where
//! there may be some, and actions of which nothing follows.

use super::*;

const BRANCH: &str = "feature/payment-api";
const SHA: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const NO_SHA: &str = "0000000000000000000000000000000000000000";

fn user(login: &str, kind: &str) -> Value {
    let api = format!("https://api.github.com/users/{login}");
    json!({
        "login": login, "id": 21_031_067, "node_id": "MDQ6VXNlcjIxMDMxMDY3", "gravatar_id": "",
        "avatar_url": "https://avatars1.githubusercontent.com/u/21031067?v=4", "url": api,
        "html_url": format!("https://github.com/{login}"), "type": kind, "user_view_type": "public",
        "followers_url": format!("{api}/followers"), "site_admin": false, "email": null, "name": null,
        "events_url": format!("{api}/events{{/privacy}}"),
    })
}

/// The same with these fields too, given as text.
fn with(mut body: Value, more: &str) -> Value {
    let more: Value = serde_json::from_str(more).unwrap();
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn repository() -> Value {
    let body = json!({
        "id": REPOSITORY, "name": "shop", "full_name": "octo/shop", "default_branch": "main",
        "owner": user("octo", "Organization"), "url": "https://api.github.com/repos/octo/shop",
    });
    // The times are numbers in a push, and texts elsewhere.
    with(
        body,
        r#"{"node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5", "private": false, "description": null, "fork": false,
            "html_url": "https://github.com/octo/shop", "branches_url": "x{/branch}", "homepage": null,
            "size": 0, "created_at": 1557933565, "updated_at": "2019-05-15T15:20:41Z",
            "pushed_at": 1557933657, "git_url": "git://github.com/octo/shop.git", "stargazers_count": 0,
            "language": "Ruby", "has_issues": true, "has_pages": true, "forks_count": 1,
            "mirror_url": null, "archived": false, "disabled": false, "license": null, "topics": [],
            "allow_forking": true, "visibility": "public", "forks": 1, "open_issues": 2,
            "stargazers": 0, "master_branch": "main", "custom_properties": {}}"#,
    )
}

fn installation() -> Value {
    json!({"id": 42, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uNDI="})
}

/// What every delivery carries.
fn with_context(mut body: Value) -> Value {
    body["repository"] = repository();
    body["installation"] = installation();
    body["sender"] = user("octocat", "User");
    body["organization"] = json!({"login": "octo", "id": 1, "description": null});
    body["enterprise"] = Value::Null;
    body
}

fn pull() -> Value {
    let label = json!({"id": 1_362_934_389, "node_id": "MDU6", "url": "x", "name": "preview",
        "color": "d73a4a", "default": true, "description": null});
    let base = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";
    let body = json!({
        "number": 7, "state": "open", "draft": false, "user": user("octocat", "User"),
        "updated_at": "2019-05-15T15:20:35Z", "labels": [label],
        "head": {"label": format!("octo:{BRANCH}"), "ref": BRANCH, "sha": SHA,
            "user": user("octo", "Organization"), "repo": repository()},
        "base": {"label": "octo:main", "ref": "main", "sha": base,
            "user": user("octo", "Organization"), "repo": repository()},
    });
    with(
        body,
        r#"{"url": "https://api.github.com/repos/octo/shop/pulls/7", "id": 279147437,
            "node_id": "MDExOlB1bGxSZXF1ZXN0Mjc5MTQ3NDM3", "html_url": "x", "diff_url": "x",
            "patch_url": "x", "locked": false, "title": "Pay with \ud83d\udcb3", "body": null,
            "created_at": "2019-05-15T15:20:33Z", "closed_at": null, "merged_at": null,
            "merge_commit_sha": null, "assignee": null, "assignees": [], "requested_teams": [],
            "requested_reviewers": [{"login": "ada", "id": 1, "type": "User"}], "milestone": null,
            "commits_url": "x", "_links": {"self": {"href": "x"}, "statuses": {"href": "x"}},
            "author_association": "OWNER", "auto_merge": null, "active_lock_reason": null,
            "merged": false, "mergeable": null, "rebaseable": null, "mergeable_state": "unknown",
            "merged_by": null, "comments": 0, "review_comments": 0, "maintainer_can_modify": false,
            "commits": 1, "additions": 1, "deletions": 1, "changed_files": 1}"#,
    )
}

fn pull_request(action: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut body = with_context(json!({"action": action, "number": 7, "pull_request": pull()}));
    change(&mut body);
    body
}

fn read_as(event: &str, body: &Value) -> Vec<Told> {
    let body = body.to_string();
    let told = read(event, "72d3162e", body.as_bytes(), Branches::Followed);
    told.unwrap_or_else(|error| panic!("{event}: {error}"))
}

/// The pull request that is told of; that it is told of its branch too.
fn heard_pull(body: &Value) -> Pull {
    let told = read_as("pull_request", body);
    let found = told.into_iter().find_map(|told| match told {
        Told::Of(KEY, note) => match note.news {
            News::Pull(pull, Trust::Heard) => Some(pull),
            _ => None,
        },
        _ => None,
    });
    found.unwrap()
}

fn comment(action: &str, text: &str, by: &Value) -> Value {
    with_context(json!({
        "action": action,
        "issue": {
            "url": "x", "id": 444_500_041, "number": 7, "title": "Pay", "user": user("octocat", "User"),
            "labels": [], "state": "open", "assignee": null, "milestone": null, "body": null,
            "pull_request": {"url": "x", "html_url": "x", "merged_at": null}, "state_reason": null,
            "performed_via_github_app": null,
        },
        "comment": {
            "url": "x", "id": 492_700_400, "node_id": "MDEy", "user": by, "body": text,
            "created_at": "2019-05-15T15:20:21Z", "updated_at": "2019-05-15T15:20:21Z",
            "author_association": "OWNER", "performed_via_github_app": null,
            "reactions": {"url": "x", "total_count": 0, "+1": 0, "-1": 0},
        },
    }))
}

#[test]
fn of_a_pull_request_all_that_matters_is_read() {
    let opened = heard_pull(&pull_request("opened", |_| {}));
    assert_eq!(opened.state, PullState::Open);
    assert_eq!(
        (opened.head.sha.as_str(), opened.head.branch.as_str()),
        (SHA, BRANCH)
    );
    assert_eq!(opened.head.repository, Some(REPOSITORY));
    assert_eq!((opened.base.as_str(), opened.draft), ("main", false));
    assert_eq!(opened.labels, ["preview"]);
    assert_eq!(opened.updated_at.to_string(), "2019-05-15T15:20:35.000Z");

    let merged = heard_pull(&pull_request("closed", |body| {
        let pull = &mut body["pull_request"];
        pull["state"] = json!("closed");
        pull["merged"] = json!(true);
        pull["merged_at"] = json!("2019-05-15T15:20:35Z");
        pull["merged_by"] = user("ada", "User");
        pull["mergeable"] = json!(false);
    }));
    assert_eq!(merged.state, PullState::Closed);

    // Whose fork has been deleted, and whose author with it.
    let orphan = heard_pull(&pull_request("synchronize", |body| {
        body["before"] = json!(NO_SHA);
        body["after"] = json!(SHA);
        body["pull_request"]["head"]["repo"] = Value::Null;
        body["pull_request"]["head"]["user"] = Value::Null;
        body["pull_request"]["user"] = Value::Null;
    }));
    assert_eq!(orphan.head.repository, None);

    let edited = heard_pull(&pull_request("edited", |body| {
        body["changes"] = json!({"base": {"ref": {"from": "old"}, "sha": {"from": NO_SHA}}});
        body["pull_request"]["base"]["ref"] = json!("release");
    }));
    assert_eq!(edited.base, "release");
    for action in ["labeled", "unlabeled"] {
        heard_pull(&pull_request(action, |body| {
            body["label"] = json!({"id": 1, "name": "preview", "description": null});
        }));
    }
    for action in ["reopened", "ready_for_review", "converted_to_draft"] {
        heard_pull(&pull_request(action, |_| {}));
    }
}

#[test]
fn of_other_actions_nothing_follows() {
    for action in [
        "assigned",
        "unassigned",
        "auto_merge_enabled",
        "auto_merge_disabled",
        "milestoned",
        "demilestoned",
        "enqueued",
        "dequeued",
        "locked",
        "unlocked",
        "review_requested",
        "review_request_removed",
        "an action of next year's",
    ] {
        let told = read_as("pull_request", &pull_request(action, |_| {}));
        assert_eq!(told, [], "{action}");
    }
    let ping = with_context(json!({"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {}}));
    for event in ["ping", "check_run", "meta", "an event of next year's"] {
        assert_eq!(read_as(event, &ping), [], "{event}");
    }
}

#[test]
fn of_comments_only_new_commands_of_people_are_told() {
    let of = |body: &Value| match read_as("issue_comment", body).pop() {
        Some(Told::Of(KEY, note)) => match note.news {
            News::Command(command) => Some((command.comment, command.by)),
            _ => None,
        },
        _ => None,
    };
    let octocat = &user("octocat", "User");
    let asked = comment("created", "/preview", octocat);
    assert_eq!(of(&asked), Some((492_700_400, "octocat".to_owned())));
    for nothing in [
        comment("edited", "/preview", octocat),
        comment("deleted", "/preview", octocat),
        comment("created", "You are totally right!", octocat),
        comment("created", "/preview", &user("tempus[bot]", "Bot")),
        comment("created", "/preview", &Value::Null),
    ] {
        assert_eq!(of(&nothing), None, "{nothing}");
    }
    let mut on_issue = asked;
    let issue = on_issue["issue"].as_object_mut().unwrap();
    issue.remove("pull_request");
    assert_eq!(of(&on_issue), None);
}

#[test]
fn branches_are_looked_at_and_tags_are_not() {
    let push = |reference: &str, change: fn(&mut Value)| {
        let mut body = with_context(json!({
            "ref": reference, "before": SHA, "after": SHA, "created": false, "deleted": false,
            "forced": false, "base_ref": null, "compare": "x", "commits": [],
            "head_commit": {"id": SHA, "tree_id": SHA, "message": "Pay", "timestamp": "x"},
            "pusher": {"name": "octocat", "email": null, "date": null},
        }));
        change(&mut body);
        read_as("push", &body)
    };
    let key = SourceKey::Branch {
        repository: REPOSITORY,
        name: BRANCH.to_owned(),
    };
    let looks = |told: Vec<Told>| match &told[..] {
        [Told::Of(of, note)] => *of == key && note.news == News::Look,
        _ => false,
    };
    let branch = format!("refs/heads/{BRANCH}");
    assert!(looks(push(&branch, |_| {})));
    assert!(looks(push(&branch, |body| {
        body["deleted"] = json!(true);
        body["after"] = json!(NO_SHA);
        body["head_commit"] = Value::Null;
    })));
    assert_eq!(push("refs/tags/v1", |_| {}), []);
    assert_eq!(push("refs/heads/main", |_| {}), []);

    let delete = |kind: &str| {
        let body = json!({"ref": BRANCH, "ref_type": kind, "pusher_type": "user"});
        read_as("delete", &with_context(body))
    };
    assert!(looks(delete("branch")));
    assert_eq!(delete("tag"), []);
}

#[test]
fn of_installations_what_came_and_what_went_is_told() {
    let some = || {
        json!([{"id": REPOSITORY, "node_id": "MDEw", "name": "shop", "full_name": "octo/shop",
            "private": false}])
    };
    let of = |event: &str, action: &str, more: Value| {
        let mut body = json!({
            "action": action, "requester": null, "sender": user("octocat", "User"),
            "installation": {
                "id": 42, "account": user("octo", "Organization"), "repository_selection": "selected",
                "app_id": 4711, "target_id": 1, "target_type": "Organization", "events": ["push"],
                "permissions": {"contents": "read"}, "created_at": 1_557_933_591, "suspended_by": null,
                "suspended_at": null, "single_file_name": null, "has_multiple_single_files": false,
            },
        });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        read_as(event, &body)
    };
    let is_look = |told: &[Told]| matches!(told, [Told::Of(SourceKey::App, _)]);
    let repositories = || json!({"repositories": some()});
    for action in ["created", "unsuspend", "new_permissions_accepted"] {
        assert!(
            is_look(&of("installation", action, repositories())),
            "{action}"
        );
    }
    assert_eq!(of("installation", "suspend", repositories()), []);
    let gone = [Told::Gone(REPOSITORY)];
    assert_eq!(of("installation", "deleted", repositories()), gone);
    let moved = |added: Value, removed: Value| {
        json!({"repository_selection": "selected", "repositories_added": added,
            "repositories_removed": removed})
    };
    let event = "installation_repositories";
    assert_eq!(of(event, "removed", moved(json!([]), some())), gone);
    assert!(is_look(&of(event, "added", moved(some(), json!([])))));
}
