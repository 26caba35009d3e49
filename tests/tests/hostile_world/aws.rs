//! An emulated account with strangers' resources, nobody's, and halves of ours, behind a wire that
//! lies about what there is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tempus_engine::testing::emulator::{Emulator, Kind};
use tempus_engine::testing::wire::{Fate, Judge, Protocol, Refusal, Request, Wire};
use tempus_tests::aws::{Account, Calls, Listing, Role, Site, between};
use tempus_tests::server::{Api, eventually, proved, text};

const PATIENCE: Duration = Duration::from_mins(1);
const NOBODY: &str = "dead0000-0000-4000-8000-000000000000";
const ANOTHER: &str = "0000beef";
/// Every call that an inventory is made from.
const LISTINGS: [&str; 7] = [
    "tagging.GetResources",
    "ecs.ListServices",
    "ecs.DescribeServices",
    "ecs.ListTaskDefinitions",
    "elb.DescribeTargetGroups",
    "elb.DescribeRules",
    "ec2.DescribeSecurityGroups",
];

#[tokio::test]
async fn strangers_live_and_halves_of_ours_are_put_right() {
    let emulator = Emulator::start(Kind::Ministack);
    let account = Account::new(emulator.endpoint(), "hostile").await;
    let site = Site::bootstrap(account, &[("worker.sweep_age", "0s")]).await;
    let liar = Arc::new(Liar::over(&site));
    let wire = Wire::to(site.account.calls().endpoint(), Lying(Arc::clone(&liar)));
    let wire = wire.await.unwrap();
    let mut server = site.start("serve", "serve", wire.endpoint());
    let api = server.api().await;
    let mut previews = Vec::new();
    for name in ["one", "two", "three"] {
        let made = api.ready(&request(name)).await;
        previews.push(text(&made, "preview_id").to_owned());
    }
    let before = site.listing().await;
    let sweeper = Sweeper {
        site: &site,
        server: &server,
    };
    nothing_is_concluded_from_lies(&sweeper, &liar).await;
    assert_eq!(site.listing().await, before);
    what_is_listed_twice_is_one(&sweeper, &liar, &previews[0]).await;
    is_again(&site, &before).await;

    // Strangers, nobody's, and halves.
    let stranger = Foreign::in_the_account(&site, ANOTHER, &previews[0], 901).await;
    let nobodys = Foreign::in_the_account(&site, &site.installation, NOBODY, 902).await;
    halve(&site, &previews).await;
    let mut second = site.start_plainly("worker");
    for _round in 0..3 {
        // By two workers at once.
        for _ in 0..4 {
            site.send(site.setting("aws.queue_url"), SWEEP).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let with = |more: &[&Foreign]| with(&before, more);
    is_again(&site, &with(&[&stranger, &nobodys])).await;
    reported(&api).await;

    let which = json!({"ids": [format!("orphan-{NOBODY}")]});
    let said = api.post("/dead-letters/replay", &which).send().await;
    said.expect(200);
    is_again(&site, &with(&[&stranger])).await;
    for preview in &previews {
        assert_eq!(api.preview(preview).await["phase"], "ready");
        api.destroy(preview).await;
    }
    for preview in &previews {
        proved(&api, preview, PATIENCE).await;
    }
    is_again(&site, &with_nothing(&stranger)).await;
    second.stops_cleanly().await;
    server.stops_cleanly().await;
}

const SWEEP: &str = r#"{"kind":"sweep"}"#;

/// Four of each kind in all.
fn request(name: &str) -> Value {
    let mut request = json!({"name": name, "ttl": "1h"});
    if name == "three" {
        request["services"] = json!([
            {"name": "web", "image": "nginx", "port": 8000, "path": "/"},
            {"name": "api", "image": "nginx", "port": 8001, "path": "/api"},
        ]);
    } else {
        request["image"] = json!("nginx");
    }
    request
}

async fn nothing_is_concluded_from_lies(sweeper: &Sweeper<'_>, liar: &Liar) {
    assert_eq!(sweeper.sweep().await, "swept");
    liar.take_changes();
    for call in LISTINGS {
        liar.say(Lie::Refuses(call));
        assert_eq!(sweeper.sweep().await, UNLISTED, "{call}");
        liar.say(Lie::None);
    }
    for call in LISTINGS[3..6].iter().copied() {
        liar.say(Lie::HasNothing(call));
        assert_eq!(sweeper.sweep().await, SHRUNK, "{call}");
        liar.say(Lie::None);
        assert_eq!(sweeper.sweep().await, "swept");
    }
    assert_eq!(liar.take_changes(), [""; 0]);
}

/// A verify that sees every page twice removes what was planted, and nothing else.
async fn what_is_listed_twice_is_one(sweeper: &Sweeper<'_>, liar: &Liar, preview: &str) {
    let site = sweeper.site;
    let ours = site.listing().await.target_groups;
    let ours = ours
        .iter()
        .find(|group| group.preview.as_deref() == Some(preview));
    let group = group_named(site, &ours.unwrap().name).await;
    let planted = rule(site, &group, 903, &site.installation, preview, "planted").await;
    for call in ["elb.DescribeRules", "ecs.ListTaskDefinitions"] {
        liar.say(Lie::SaysTwice(call));
        sweeper.sweep().await;
    }
    liar.say(Lie::SaysTwice("elb.DescribeRules"));
    eventually("the planted rule is removed", PATIENCE, async || {
        sweeper.sweep().await;
        (!site.rules().await.contains(&planted)).then_some(())
    })
    .await;
    liar.say(Lie::None);
    let deleted = liar.take_changes();
    let deleted: Vec<_> = deleted
        .iter()
        .filter(|call| call.contains("Delete"))
        .collect();
    assert_eq!(deleted, ["elb.DeleteRule"]);
}

/// Takes the first preview's rule away, the second's service, and gives the third a second revision.
async fn halve(site: &Site, previews: &[String]) {
    let calls = site.account.calls();
    for arn in arns(&site.rules().await, "RuleArn") {
        let tags = calls
            .elb("DescribeTags", &[("ResourceArns.member.1", &arn)])
            .await;
        if tags.contains(&previews[0]) && !tags.contains(ANOTHER) {
            calls.elb("DeleteRule", &[("RuleArn", &arn)]).await;
        }
    }
    let listing = site.listing().await;
    for service in listing.services {
        if service.preview.as_ref() == Some(&previews[1]) {
            let which = json!({
                "cluster": site.account.name, "service": service.name, "force": true,
            });
            calls.ecs("DeleteService", &which).await;
        }
    }
    let short = format!("-{}-", &previews[2][..8]);
    let definition = listing
        .definitions
        .iter()
        .find(|of| of.name.contains(&short));
    let (family, _) = definition.unwrap().name.split_once(':').unwrap();
    register(calls, family).await;
}

async fn reported(api: &Api) {
    let letters = api.get("/dead-letters").send().await.expect(200);
    let letters = letters["dead_letters"].as_array().unwrap();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert_eq!(text(&letters[0], "id"), format!("orphan-{NOBODY}"));
    for kind in ["target-group tempus-", "task-definition tempus-", "rule "] {
        assert!(text(&letters[0], "body").contains(kind), "{letters:#?}");
    }
}

/// What exists is this again, in the end.
async fn is_again(site: &Site, expected: &Listing) {
    let mut last = Listing::default();
    for _ in 0..240 {
        last = site.listing().await;
        if names(&last) == names(expected) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("not\n{:#?}\nbut\n{:#?}", names(expected), names(&last));
}

/// Kind, name and preview of each: ARNs of what was made again differ.
fn names(listing: &Listing) -> Vec<(&'static str, String, Option<String>)> {
    let kinds = listing.kinds().into_iter();
    let named = kinds.flat_map(|(kind, things)| {
        things
            .iter()
            .map(move |of| (kind, of.name.clone(), of.preview.clone()))
    });
    let mut names: Vec<_> = named.collect();
    names.sort();
    names
}

fn with(before: &Listing, more: &[&Foreign]) -> Listing {
    let mut listing = before.clone();
    for foreign in more {
        for (all, own) in [
            (&mut listing.rules, &foreign.seen.rules),
            (&mut listing.target_groups, &foreign.seen.target_groups),
            (&mut listing.definitions, &foreign.seen.definitions),
        ] {
            all.extend(own.iter().cloned());
        }
    }
    listing
}

fn with_nothing(foreign: &Foreign) -> Listing {
    with(&Listing::default(), &[foreign])
}

/// A target group, a rule that leads to it, and a task definition, tagged as somebody's.
struct Foreign {
    /// What of it a listing of ours shows.
    seen: Listing,
}

impl Foreign {
    async fn in_the_account(site: &Site, installation: &str, preview: &str, priority: u16) -> Self {
        let before = site.listing().await;
        let calls = site.account.calls();
        let name = format!("tempus-{installation}-{}-web", &NOBODY[..8]);
        let mut fields = vec![
            ("Name", name.as_str()),
            ("Protocol", "HTTP"),
            ("Port", "80"),
            ("TargetType", "ip"),
            ("VpcId", site.account.vpc()),
        ];
        let tags = tags(installation, preview, &name);
        fields.extend(
            tags.iter()
                .map(|(key, value)| (key.as_str(), value.as_str())),
        );
        let made = calls.elb("CreateTargetGroup", &fields).await;
        let group = between(&made, "TargetGroupArn");
        rule(
            site,
            &group,
            priority,
            installation,
            preview,
            &format!("{name}-rule"),
        )
        .await;
        let rest = NOBODY.replace('-', "");
        let family = format!(
            "tempus-{installation}-{}-{}-web-00000000",
            &rest[..8],
            &rest[8..]
        );
        register(calls, &family).await;
        let mut seen = site.listing().await;
        seen.rules.retain(|thing| !before.rules.contains(thing));
        seen.target_groups
            .retain(|thing| !before.target_groups.contains(thing));
        seen.definitions
            .retain(|thing| !before.definitions.contains(thing));
        Self { seen }
    }
}

fn tags(installation: &str, preview: &str, name: &str) -> Vec<(String, String)> {
    let tags = [
        ("Name", name),
        ("tempus:managed", "true"),
        ("tempus:installation", installation),
        ("tempus:preview", preview),
        ("tempus:created-at", "2026-01-01T00:00:00Z"),
    ];
    let fields = (1..).zip(tags).flat_map(|(n, (key, value))| {
        [
            (format!("Tags.member.{n}.Key"), key.to_owned()),
            (format!("Tags.member.{n}.Value"), value.to_owned()),
        ]
    });
    fields.collect()
}

/// Makes a rule that leads to a group; returns its ARN.
async fn rule(
    site: &Site,
    group: &str,
    priority: u16,
    installation: &str,
    preview: &str,
    name: &str,
) -> String {
    let (priority, path) = (priority.to_string(), format!("/{name}/*"));
    let mut fields = vec![
        ("ListenerArn", site.account.listener()),
        ("Priority", priority.as_str()),
        ("Conditions.member.1.Field", "path-pattern"),
        ("Conditions.member.1.Values.member.1", path.as_str()),
        ("Actions.member.1.Type", "forward"),
        ("Actions.member.1.TargetGroupArn", group),
    ];
    let tags = tags(installation, preview, name);
    fields.extend(
        tags.iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    );
    let made = site.account.calls().elb("CreateRule", &fields).await;
    between(&made, "RuleArn")
}

async fn register(calls: &Calls, family: &str) {
    let container = json!({"name": "web", "image": "nginx", "memory": 64});
    let definition = json!({"family": family, "containerDefinitions": [container]});
    calls.ecs("RegisterTaskDefinition", &definition).await;
}

async fn group_named(site: &Site, name: &str) -> String {
    let named = [("Names.member.1", name)];
    let found = site
        .account
        .calls()
        .elb("DescribeTargetGroups", &named)
        .await;
    between(&found, "TargetGroupArn")
}

fn arns(xml: &str, element: &str) -> Vec<String> {
    tempus_tests::aws::every(xml, element)
}

const UNLISTED: &str = "the inventory could not be listed: nothing is concluded";
const SHRUNK: &str = "the inventory is unexpectedly small: nothing is concluded from this one";

/// Asks for sweeps, and hears how they end.
struct Sweeper<'a> {
    site: &'a Site,
    server: &'a Role,
}

impl Sweeper<'_> {
    /// How one ended, in the words of the log.
    async fn sweep(&self) -> String {
        let ended = || {
            let log = self.server.log();
            let lines = log.lines().filter_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                let said = line["message"].as_str()?.to_owned();
                ["swept", UNLISTED, SHRUNK]
                    .contains(&&*said)
                    .then_some(said)
            });
            lines.collect::<Vec<_>>()
        };
        let before = ended().len();
        self.site
            .send(self.site.setting("aws.queue_url"), SWEEP)
            .await;
        let last = eventually("the end of a sweep", PATIENCE, async || {
            let ended = ended();
            (ended.len() > before).then(|| ended.last().cloned().unwrap())
        });
        last.await
    }
}

/// What is untrue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lie {
    None,
    /// This call is refused.
    Refuses(&'static str),
    /// The whole list behind this call is empty.
    HasNothing(&'static str),
    /// It has a second page, which is the first one again.
    SaysTwice(&'static str),
}

struct Liar {
    lie: Mutex<Lie>,
    changes: Mutex<Vec<String>>,
    truth: Calls,
}

impl Liar {
    fn over(site: &Site) -> Self {
        Self {
            lie: Mutex::new(Lie::None),
            changes: Mutex::default(),
            truth: site.account.calls().clone(),
        }
    }

    fn say(&self, lie: Lie) {
        *self.lie.lock().unwrap() = lie;
    }

    /// Calls that changed something in the account, since this was last asked.
    fn take_changes(&self) -> Vec<String> {
        std::mem::take(&mut self.changes.lock().unwrap())
    }

    fn note(&self, call: &str) {
        let (service, operation) = call.split_once('.').unwrap_or((call, ""));
        let looks = ["Describe", "List", "Get"];
        let looks = looks.iter().any(|verb| operation.starts_with(verb));
        if ["ecs", "elb", "ec2"].contains(&service) && !looks {
            self.changes.lock().unwrap().push(call.to_owned());
        }
    }
}

struct Lying(Arc<Liar>);

#[async_trait]
impl Judge for Lying {
    async fn before(&self, request: &Request) -> Fate {
        self.0.note(&request.call);
        let lie = *self.0.lie.lock().unwrap();
        match lie {
            Lie::Refuses(call) if call == request.call => Fate::IsRefused(Refusal::Rejected),
            Lie::HasNothing(call) if call == request.call => answer(nothing(request)),
            Lie::SaysTwice(call) if call == request.call => {
                answer(twice(&self.0.truth, request).await)
            }
            _ => Fate::Passes,
        }
    }
}

fn answer(body: Option<String>) -> Fate {
    body.map_or(Fate::Passes, |body| Fate::IsAnswered { status: 200, body })
}

/// An empty list; what is asked for by name passes.
fn nothing(request: &Request) -> Option<String> {
    if request.mentions("Names.member") || request.mentions("familyPrefix") {
        return None;
    }
    let operation = request.call.split_once('.')?.1;
    Some(match request.protocol {
        Protocol::Json => json!({"taskDefinitionArns": []}).to_string(),
        _ => format!(
            "<{operation}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/\
             2015-12-01/\"><{operation}Result></{operation}Result></{operation}Response>"
        ),
    })
}

/// The list with a page behind it that is the same list again.
async fn twice(truth: &Calls, request: &Request) -> Option<String> {
    let operation = request.call.split_once('.')?.1;
    if request.protocol == Protocol::Json {
        let mut asked: Value = serde_json::from_slice(&request.body).ok()?;
        let is_first = asked.as_object_mut()?.remove("nextToken").is_none();
        let mut page = truth.ecs(operation, &asked).await;
        page["nextToken"] = if is_first {
            json!("again")
        } else {
            Value::Null
        };
        return Some(page.to_string());
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&request.body).ok()?;
    let is_first = !fields.iter().any(|(key, _)| key == "Marker");
    let kept = fields
        .iter()
        .filter(|(key, _)| !["Action", "Version", "Marker", "PageSize"].contains(&&**key));
    let kept: Vec<_> = kept.map(|(key, value)| (&**key, &**value)).collect();
    let page = truth.elb(operation, &kept).await;
    if !is_first {
        return Some(page);
    }
    let end = format!("</{operation}Result>");
    Some(page.replace(&end, &format!("<NextMarker>again</NextMarker>{end}")))
}
