//! However many ask at once, there are as many previews as there are slots.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tempus_tests::server::{GONE, Server, eventually, text};

#[tokio::test]
async fn a_hundred_creates_against_ten_slots_give_exactly_ten() {
    let settings = [("quota.total", "10"), ("quota.per_owner", "4")];
    let server = Server::start(&settings).await;
    let api = server.api();
    let creates = (0..100).map(|number| {
        let owner = format!("owner-{}", number % 5);
        let body = json!({"name": format!("p{number}"), "owner": owner});
        let call = api.post("/preview/create", &body);
        async move { (owner, call.send().await) }
    });
    let (mut taken, mut refusals) = (BTreeMap::<_, Vec<_>>::new(), 0);
    let mut named = BTreeSet::new();
    for (owner, answer) in join_all(creates).await {
        if answer.status == 202 {
            taken.entry(owner).or_default().push(answer.json());
            continue;
        }
        refusals += 1;
        let problem = answer.expect(429);
        assert_eq!(problem["type"], "urn:tempus:problem:quota", "{problem:#}");
        let limit = problem["limit"].as_u64().unwrap();
        assert!([4, 10].contains(&limit), "{problem:#}");
        let holders = problem["holders"].as_array().unwrap();
        assert!(
            !holders.is_empty() && holders.len() as u64 <= limit,
            "{problem:#}"
        );
        named.extend(holders.iter().map(|name| name.as_str().unwrap().to_owned()));
        let whose = if limit == 4 {
            owner.as_str()
        } else {
            "this installation"
        };
        assert!(text(&problem, "detail").contains(whose), "{problem:#}");
    }
    let accepted: Vec<_> = taken.values().flatten().collect();
    assert_eq!((accepted.len(), refusals), (10, 90));
    assert!(
        taken.values().all(|of_owner| of_owner.len() <= 4),
        "{taken:#?}"
    );
    let listed = api.get("/previews?limit=200").send().await.expect(200);
    let listed = listed["previews"].as_array().unwrap();
    assert_eq!(listed.len(), 10, "and no trace of the others");
    let listed: BTreeSet<_> = listed.iter().map(|p| text(p, "name").to_owned()).collect();
    assert!(named.is_subset(&listed), "who has the slots: {named:?}");

    // What is there can be changed all the same, by either way of asking.
    let (owner, of_owner) = taken
        .iter()
        .max_by_key(|(_, of_owner)| of_owner.len())
        .unwrap();
    let preview = text(&of_owner[0], "preview_id");
    let name = text(&api.preview(preview).await, "name").to_owned();
    let update = api.post(
        &format!("/preview/{preview}/update"),
        &json!({"env": {"A": "1"}}),
    );
    let update = update.send().await.expect(202);
    assert_eq!(
        api.job_ended(text(&update, "job_id")).await["status"],
        "succeeded"
    );
    let again = json!({"name": name, "owner": owner, "env": {"A": "2"}});
    let again = api.create(&again).await;
    assert_eq!(text(&again, "preview_id"), preview);

    // One goes, one comes.
    api.destroy(preview).await;
    eventually("its slot is free", Duration::from_secs(10), async || {
        GONE.contains(&text(&api.preview(preview).await, "phase"))
            .then_some(())
    })
    .await;
    let creates = (0..10).map(|number| {
        let body = json!({"name": format!("late{number}"), "owner": owner});
        api.post("/preview/create", &body).send()
    });
    let statuses: Vec<_> = join_all(creates)
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(202), count(429)), (1, 9), "{statuses:?}");
}
