//! From the one-line request to a page: what a create answers, shows and serves.

use std::time::Duration;

use serde_json::{Value, json};
use tempus_tests::server::{Method, Server, app, eventually, text};

#[tokio::test]
async fn two_hours_are_a_whole_request() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let create = api.call(Method::POST, "/preview/create");
    let answer = create.body("application/json", r#"{"ttl_hours": 2}"#);
    let answer = answer.send().await;
    let accepted = answer.expect(202);
    let (preview, job) = (text(&accepted, "preview_id"), text(&accepted, "job_id"));
    assert_eq!(
        answer.header("location"),
        Some(format!("/job/{job}").as_str())
    );

    let ended = api.job_ended(job).await;
    assert_eq!(ended["status"], "succeeded", "{ended:#}");
    assert_eq!(
        (&ended["kind"], &ended["preview_id"]),
        (&json!("create"), &json!(preview))
    );
    for step in ended["steps"].as_array().unwrap() {
        assert_eq!(step["state"], "done", "{step:#}");
    }
    assert!(
        text(&ended["steps"][0], "step").starts_with("timer"),
        "{ended:#}"
    );

    let view = api.preview(preview).await;
    assert_eq!(
        (&view["phase"], &view["parked"]),
        (&json!("ready"), &json!(false))
    );
    assert_eq!(view["expires_at"], accepted["expires_at"]);
    let life = millis(&view["expires_at"]) - millis(&view["created_at"]);
    assert_eq!(life, 2 * 60 * 60 * 1000);
    assert_eq!(view["owner"]["login"], "local");
    assert_eq!(
        (&view["open_jobs"], &view["last_job"]["job_id"]),
        (&json!([]), &json!(job))
    );
    assert!(view["resources"]["schedule"].is_string(), "{view:#}");

    let name = text(&view, "name");
    let url = format!("http://{name}.localhost:{}/", api.previews_port());
    assert_eq!(
        (&view["url"], &accepted["preview_url"]),
        (&json!(url), &json!(url))
    );
    let short = &preview[..8];
    for visit in [
        api.visit(name, "/"),
        api.visit_port(&format!("/preview-{short}/")),
    ] {
        let page = visit.send().await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.text().contains("Hello from Tempus"), "{}", page.text());
        assert_eq!(page.header("x-tempus"), None);
    }
    let bare = api.visit_port(&format!("/preview-{short}")).send().await;
    assert_eq!(
        bare.header("location"),
        Some(format!("/preview-{short}/").as_str())
    );
}

#[tokio::test]
async fn while_it_starts_the_proxy_says_so_and_events_tell_how_far_it_is() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let slow = app::request(&server, "slow", &json!({"START_AFTER": "1.5"}));
    let accepted = api.create(&slow).await;
    let job = text(&accepted, "job_id");
    let call = api.get(&format!("/job/{job}/events"));
    let mut response = call.open().await.unwrap();
    call.check(response.status().as_u16(), response.headers(), b"");

    let program = api.visit("slow", "/").send().await;
    assert_eq!(
        (program.status, program.header("x-tempus")),
        (503, Some("starting"))
    );
    assert_eq!(program.header("retry-after"), Some("1"));
    assert_eq!(
        program.header("content-type"),
        Some("application/problem+json")
    );
    let person = api.visit("slow", "/").header("accept", "text/html,*/*");
    let person = person.send().await;
    assert_eq!(
        (person.status, person.header("retry-after")),
        (503, Some("1"))
    );
    assert!(
        person.text().contains("The preview is starting"),
        "{}",
        person.text()
    );

    let mut stream = String::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        stream.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let events: Vec<Value> = stream.split("\n\n").filter_map(event).collect();
    let last = events.last().unwrap();
    assert_eq!(
        last,
        &api.job_ended(job).await,
        "the last event is the job as it ended"
    );
    let statuses: Vec<_> = events.iter().map(|event| text(event, "status")).collect();
    assert!(
        statuses[..events.len() - 1].contains(&"running"),
        "{statuses:?}"
    );
    assert_eq!(*statuses.last().unwrap(), "succeeded");
    let waits = |event: &Value| {
        let steps = event["steps"].as_array().unwrap();
        let last = steps
            .last()
            .filter(|step| text(step, "step").starts_with("healthy"));
        last.is_some_and(|step| ["running", "waiting"].contains(&text(step, "state")))
    };
    assert!(events.iter().any(waits), "{events:#?}");
    let up = api.visit("slow", "/").send().await;
    assert_eq!((up.status, up.text().as_str()), (200, "web 1"));
}

#[tokio::test]
async fn services_find_their_siblings_and_only_public_ones_have_a_path() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let dir = app::folder(&server);
    let service = |name: &str| json!({"name": name, "command": "exec python3 app.py", "dir": dir, "health_path": "/healthz"});
    let mut services = vec![service("web"), service("api"), service("docs")];
    services[2]["path"] = "/docs".into();
    let request = json!({"name": "shop", "services": services});
    let accepted = api.ready(&request).await;
    let said = async |path: &str| api.visit("shop", path).send().await.text();
    assert_eq!(said("/").await, "web None");
    assert_eq!(said("/sibling").await, "it says: api None");
    assert_eq!(said("/docs").await, "docs None");
    assert_eq!(
        said("/api").await,
        "web None",
        "a private service has no path"
    );
    let variables = said("/variables").await;
    for expected in ["WEB_URL", "API_URL", "DOCS_URL", "PORT", "PREVIEW_URL"] {
        assert!(
            variables.split(' ').any(|name| name == expected),
            "{variables}"
        );
    }
    // The harness gave the server one of these: only what is on a list passes on.
    assert!(!variables.contains("XDG_CONFIG_HOME"), "{variables}");

    let preview = text(&accepted, "preview_id");
    let witness = server.witness();
    assert_eq!(
        witness.processes().len(),
        6,
        "a shim and an application each"
    );
    assert_eq!(witness.leftovers().listening.len(), 3);
    let view = api.preview(preview).await;
    let urls: Vec<_> = view["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["url"])
        .collect();
    let base = format!("http://shop.localhost:{}", api.previews_port());
    assert_eq!(
        urls,
        [
            &json!(format!("{base}/")),
            &Value::Null,
            &json!(format!("{base}/docs"))
        ]
    );

    // An update that drops a service removes its process.
    let body = json!({"services": [service("web"), service("api")]});
    let update = api
        .post(&format!("/preview/{preview}/update"), &body)
        .send()
        .await;
    let job = api.job_ended(text(&update.expect(202), "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(said("/docs").await, "web None");
    let four = async || (witness.processes().len() == 4).then_some(());
    eventually("only two services run", Duration::from_secs(3), four).await;
}

/// The data of a server-sent event; `None` for a comment, which keeps the connection alive.
fn event(block: &str) -> Option<Value> {
    let data = block.lines().find_map(|line| line.strip_prefix("data: "))?;
    assert!(block.lines().any(|line| line == "event: job"), "{block}");
    Some(serde_json::from_str(data).unwrap())
}

fn millis(time: &Value) -> i64 {
    crate::reading::millis(time)
}
