//! Updates: without a gap, and without harm if they fail.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::json;
use tempus_tests::server::{Api, Server, app, eventually, text};

/// Asks the preview for its page again and again while something is done to it. Returns what it
/// answered, each once, in order: always with 200.
async fn hammered<T>(api: &Api, name: &str, doing: impl Future<Output = T>) -> (T, Vec<String>) {
    let (answers, count) = (RefCell::new(Vec::<String>::new()), RefCell::new(0));
    let hammer = async || -> std::convert::Infallible {
        loop {
            let page = api.visit(name, "/").send().await;
            assert_eq!(page.status, 200, "{}", page.text());
            *count.borrow_mut() += 1;
            let mut answers = answers.borrow_mut();
            if answers.last() != Some(&page.text()) {
                answers.push(page.text());
            }
        }
    };
    let done = tokio::select! {
        done = doing => done,
        never = hammer() => match never {},
    };
    println!("{} answers", count.borrow());
    assert!(*count.borrow() > 50, "the hammer was at rest");
    (done, answers.into_inner())
}

#[tokio::test]
async fn an_update_has_no_gap() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let preview = text(&accepted, "preview_id");
    let witness = server.witness();
    let old = witness.processes();
    let path = format!("/preview/{preview}/update");
    let update = async {
        let body = json!({"env": {"VERSION": "2", "START_AFTER": "0.5"}});
        let accepted = api.post(&path, &body).send().await.expect(202);
        let job = api.job_ended(text(&accepted, "job_id")).await;
        // A little longer, so that what the old processes' end does is seen too.
        tokio::time::sleep(Duration::from_millis(500)).await;
        job
    };
    let (job, answers) = hammered(&api, "shop", update).await;
    assert_eq!(
        (&job["status"], &job["kind"]),
        (&json!("succeeded"), &json!("update"))
    );
    assert_eq!(answers, ["web 1", "web 2"], "no failure, and no way back");
    let now = witness.processes();
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(
        now.iter().all(|process| !old.contains(process)),
        "the old ones are gone"
    );
    assert_eq!(api.preview(preview).await["generation"], 2);

    // What runs already is asked for once more: done at once, by the same processes.
    let again = api.post(&path, &json!({})).send().await.expect(202);
    let job = api.job_ended(text(&again, "job_id")).await;
    assert_eq!(
        (&job["status"], &job["steps"]),
        (&json!("succeeded"), &json!([]))
    );
    assert_eq!(witness.processes(), now);
}

#[tokio::test]
async fn who_is_being_answered_during_an_update_is_heard_out() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let path = format!("/preview/{}/update", text(&accepted, "preview_id"));
    let update = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let body = json!({"env": {"VERSION": "2"}});
        let accepted = api.post(&path, &body).send().await.expect(202);
        api.job_ended(text(&accepted, "job_id")).await
    };
    let (answer, job) = tokio::join!(api.visit("shop", "/slow").send(), update);
    assert_eq!((answer.status, answer.text().as_str()), (200, "web 1"));
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(api.visit("shop", "/").send().await.text(), "web 2");
}

#[tokio::test]
async fn a_failed_update_goes_back_to_what_ran() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let request = app::request(&server, "shop", &json!({}));
    let accepted = api.ready(&request).await;
    let preview = text(&accepted, "preview_id");
    let witness = server.witness();
    let before = witness.processes();
    let update = async {
        let body =
            json!({"command": "echo cannot find my config; exit 3", "env": {"VERSION": "2"}});
        let path = format!("/preview/{preview}/update");
        let accepted = api.post(&path, &body).send().await.expect(202);
        api.job_ended(text(&accepted, "job_id")).await
    };
    let (job, answers) = hammered(&api, "shop", update).await;
    assert_eq!(answers, ["web 1"], "the old one stays up throughout");
    assert_eq!(job["status"], "failed", "{job:#}");
    assert!(
        text(&job["error"], "reason").contains("exit status 3"),
        "{job:#}"
    );
    assert!(
        job["error"]["detail"]
            .to_string()
            .contains("cannot find my config"),
        "{job:#}"
    );

    let view = api.preview(preview).await;
    assert_eq!(
        (&view["phase"], &view["parked"]),
        (&json!("ready"), &json!(false))
    );
    assert_eq!(
        view["services"][0]["command"], request["command"],
        "what runs is what is wanted"
    );
    let same = async || (witness.processes() == before).then_some(());
    eventually(
        "nothing of the update is left",
        Duration::from_secs(3),
        same,
    )
    .await;

    // And the next one works.
    let body = json!({"env": {"VERSION": "3"}});
    let path = format!("/preview/{preview}/update");
    let accepted = api.post(&path, &body).send().await.expect(202);
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(api.visit("shop", "/").send().await.text(), "web 3");
}

#[tokio::test]
async fn the_latest_update_wins_and_what_it_overtook_says_so() {
    let server = Server::start(&[]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, "shop", &json!({}))).await;
    let path = format!("/preview/{}/update", text(&accepted, "preview_id"));
    let mut jobs = Vec::new();
    for version in ["2", "3", "4"] {
        let body = json!({"env": {"VERSION": version, "START_AFTER": "0.6"}});
        let accepted = api.post(&path, &body).send().await.expect(202);
        jobs.push(text(&accepted, "job_id").to_owned());
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let mut statuses = Vec::new();
    for job in &jobs {
        statuses.push(api.job_ended(job).await["status"].clone());
    }
    assert_eq!(statuses, ["superseded", "superseded", "succeeded"]);
    assert_eq!(api.visit("shop", "/").send().await.text(), "web 4");
    let witness = server.witness();
    let two = async || (witness.processes().len() == 2).then_some(());
    eventually("one process and its shim", Duration::from_secs(3), two).await;
}
