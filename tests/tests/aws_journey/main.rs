//! The roles as processes of their own, on the aws engine and the aws platform, against an
//! emulator over HTTP: bootstrap, API, worker; a preview from create to receipt.

mod images;

use std::time::Duration;

use serde_json::json;
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_tests::aws::{Account, Site};
use tempus_tests::server::{Api, eventually, proved, text};

/// How long a receipt may take, on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test]
async fn api_and_worker_carry_a_preview_from_create_to_receipt() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "previews").await;
    let site = Site::bootstrap(account, &[]).await;

    let mut api = site.start_plainly("api");
    let mut worker = site.start_plainly("worker");
    let client = api.api().await;
    from_create_to_receipt(&client, &site).await;
    assert!(site.listing().await.is_empty());
    events_are_told_apart(&client, &site).await;
    api.stops_cleanly().await;
    worker.stops_cleanly().await;
}

#[tokio::test]
async fn one_process_with_a_file_makes_previews_on_aws_too() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "previews").await;
    let site = Site::unfounded(account, &[]);

    let mut server = site.start_plainly("serve");
    from_create_to_receipt(&server.api().await, &site).await;
    server.stops_cleanly().await;
}

#[tokio::test]
async fn a_protected_preview_s_rule_demands_what_the_api_gives() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "guarded").await;
    let mut site = Site::bootstrap(account, &[]).await;
    let request = json!({"name": "guarded", "image": "nginx", "port": 80, "access": "link"});
    let mut keyless = site.start_plainly("api");
    let create = keyless.api().await.post("/preview/create", &request);
    let refused = create.send().await.expect(422);
    assert_eq!(
        text(&refused["errors"][0], "field"),
        "access",
        "{refused:#}"
    );
    keyless.stops_cleanly().await;

    let file = site.folder().join("gate.key");
    std::fs::write(&file, "k".repeat(40)).expect("a file in a folder of ours");
    site.set("previews.gate_key_file", file.to_str().expect("UTF-8"));
    // A log of its own: its address is read there.
    let mut api = site.start("api", "with-key", site.account.calls().endpoint());
    let mut worker = site.start_plainly("worker");
    let client = api.api().await;
    let created = client.ready(&request).await;
    let id = text(&created, "preview_id");
    let link = client
        .get(&format!("/preview/{id}/link"))
        .send()
        .await
        .expect(200);
    let (_, path) = text(&link, "url")
        .split_once(&site.account.dns)
        .expect("its address");

    // What the balancer's default action would lead here.
    let visitor = tempus_steps::http::plain().redirect(reqwest::redirect::Policy::none());
    let visitor = visitor.no_proxy().build().expect("a client");
    let visit = async |path: &str| {
        let request = visitor.get(format!("{}{path}", client.url()));
        let answer = request.header("host", &site.account.dns).send().await;
        answer.expect("an answer")
    };
    let asked = visit(&format!("/preview-{}/", &id[..8])).await;
    assert_eq!(
        (asked.status().as_u16(), &asked.headers()["x-tempus"]),
        (401, &locked())
    );
    let on = visit(path).await;
    assert_eq!(on.status().as_u16(), 303);
    let cookie = on.headers()["set-cookie"].to_str().expect("a cookie");
    let value = cookie.split(['=', ';']).nth(1).expect("a value");
    let capability = value.split('.').nth(1).expect("a capability");
    let rules = site.rules().await;
    assert!(rules.contains(&format!("*{capability}*")), "{rules}");

    for (access, demands) in [("open", false), ("link", true)] {
        let update = json!({ "access": access });
        let update = client.post(&format!("/preview/{id}/update"), &update);
        let job = update.send().await.expect(202);
        let job = client.job_ended(text(&job, "job_id")).await;
        assert_eq!(job["status"], "succeeded", "{job:#}");
        let rules = site.rules().await;
        assert_eq!(rules.contains(capability), demands, "{access}: {rules}");
        assert_eq!(site.listing().await.rules.len(), 1, "{access}");
    }
    let job = client.destroy(id).await;
    assert_eq!(client.job_ended(&job).await["status"], "succeeded");
    proved(&client, id, PATIENCE).await;
    assert!(site.listing().await.is_empty());
    api.stops_cleanly().await;
    worker.stops_cleanly().await;
    for log in [api.log(), worker.log()] {
        assert!(
            !log.contains(capability) && !log.contains("kkkkkkkk"),
            "{log}"
        );
    }
}

fn locked() -> reqwest::header::HeaderValue {
    reqwest::header::HeaderValue::from_static("locked")
}

async fn from_create_to_receipt(api: &Api, site: &Site) {
    let request = json!({"name": "hello", "image": "nginx", "port": 80, "ttl_hours": 1});
    let created = api.ready(&request).await;
    let id = text(&created, "preview_id");
    let url = format!("http://{}/preview-{}/", site.account.dns, &id[..8]);
    assert_eq!(created["preview_url"], url);
    assert_eq!(api.preview(id).await["phase"], "ready");
    let services = site.listing().await.services;
    assert_eq!(services.len(), 1, "{services:?}");
    assert_eq!(services[0].preview.as_deref(), Some(id));

    let job = api.destroy(id).await;
    assert_eq!(api.job_ended(&job).await["status"], "succeeded");
    proved(api, id, PATIENCE).await;
    assert_eq!(site.listing().await.services, []);
}

/// What ECS tells about strangers is dropped, as is what it tells about a preview that has nothing
/// to do; what is no event at all is kept for a person.
async fn events_are_told_apart(api: &Api, site: &Site) {
    let queue = site.setting("aws.queue_url");
    let of = |resource: &str, group: &str| {
        let resource = format!("arn:aws:ecs:us-east-1:000000000000:{resource}");
        let detail = json!({"group": group, "lastStatus": "RUNNING", "version": 3});
        json!({"version": "0", "detail-type": "ECS Task State Change", "source": "aws.ecs",
            "resources": [resource], "detail": detail})
        .to_string()
    };
    let previews = api.get("/previews").send().await.expect(200);
    let id = text(&previews["previews"][0], "preview_id").replace('-', "");
    let (short, rest) = id.split_at(8);
    let ours = format!("service:tempus-00000000-{short}-{rest}-web");
    for body in [
        of("task/previews/1", &ours),
        of("task/previews/2", "service:somebody-else"),
        of("service/previews/somebody-else", ""),
        r#"{"source": "aws.ecs", "detail": "cut"#.to_owned(),
    ] {
        site.send(queue, &body).await;
    }
    eventually("an empty queue", PATIENCE, async || {
        (messages(site, queue).await == 0).then_some(())
    })
    .await;
    let letters = api.get("/dead-letters").send().await.expect(200);
    let letters = letters["dead_letters"].as_array().expect("a list");
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert!(letters[0].to_string().contains("cut"), "{letters:#?}");
}

/// How many messages a queue has, in flight or not.
async fn messages(site: &Site, queue: &str) -> u32 {
    let asked = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
    let answer = site.account.calls().sqs("GetQueueAttributes", &asked).await;
    let count = |name: &str| -> u32 {
        let count = text(&answer["Attributes"], name).parse();
        count.expect("a number")
    };
    count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible")
}
