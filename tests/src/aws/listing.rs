//! What exists of an installation, asked for call by call: every list to its last page, and the
//! tags beside it. None of the program's own listing code takes part.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Account;
use super::calls::{between, every};

/// The schedule of the installation itself.
const SWEEP: &str = "sweep";

/// Everything that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// What ECS calls a service: running, or on its way out.
    pub services: Vec<Thing>,
    /// Task definitions, active and inactive, as `family:revision`.
    pub definitions: Vec<Thing>,
    /// Target groups.
    pub target_groups: Vec<Thing>,
    /// Rules, by their `Name` tag; the listener's default is not one of them.
    pub rules: Vec<Thing>,
    /// Security groups, without those of the account.
    pub security_groups: Vec<Thing>,
    /// One-time schedules.
    pub schedules: Vec<Thing>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// What stands there: a service's status and definition, a rule's target groups.
    pub state: String,
    /// The preview that its tags name.
    pub preview: Option<String>,
}

impl Listing {
    /// What exists of this installation in this account.
    pub async fn of(account: &Account, installation: &str) -> Self {
        let prefix = format!("tempus-{installation}-");
        let mut listing = Self {
            services: services(account).await,
            definitions: definitions(account, &prefix).await,
            target_groups: target_groups(account, &prefix).await,
            rules: rules(account).await,
            security_groups: security_groups(account, &prefix).await,
            schedules: schedules(account).await,
        };
        for things in listing.kinds_mut() {
            things.sort();
        }
        listing
    }

    /// Each kind with its name.
    pub fn kinds(&self) -> [(&'static str, &[Thing]); 6] {
        [
            ("service", &self.services),
            ("task definition", &self.definitions),
            ("target group", &self.target_groups),
            ("rule", &self.rules),
            ("security group", &self.security_groups),
            ("schedule", &self.schedules),
        ]
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.kinds().iter().map(|(_, things)| things.len()).sum()
    }

    /// Whether nothing exists.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    fn kinds_mut(&mut self) -> [&mut Vec<Thing>; 6] {
        [
            &mut self.services,
            &mut self.definitions,
            &mut self.target_groups,
            &mut self.rules,
            &mut self.security_groups,
            &mut self.schedules,
        ]
    }
}

async fn services(account: &Account) -> Vec<Thing> {
    let of = json!({"cluster": account.name});
    let arns = account.calls.ecs_pages("ListServices", "serviceArns", &of);
    let arns = arns.await;
    let mut things = Vec::new();
    for batch in arns.chunks(10) {
        let asked = json!({"cluster": account.name, "services": batch, "include": ["TAGS"]});
        let answer = account.calls.ecs("DescribeServices", &asked).await;
        for service in answer["services"].as_array().expect("a list") {
            things.push(Thing {
                name: of_value(&service["serviceName"]),
                state: format!(
                    "{} {} of {}",
                    of_value(&service["status"]),
                    service["desiredCount"],
                    last_part(&of_value(&service["taskDefinition"])),
                ),
                preview: tag(&service["tags"], "tempus:preview"),
            });
        }
    }
    things
}

async fn definitions(account: &Account, prefix: &str) -> Vec<Thing> {
    let mut things = Vec::new();
    for status in ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"] {
        let asked = json!({"status": status});
        let arns = account
            .calls
            .ecs_pages("ListTaskDefinitions", "taskDefinitionArns", &asked);
        let names = arns.await.into_iter().map(|arn| last_part(&arn).to_owned());
        things.extend(
            names
                .filter(|name| name.starts_with(prefix))
                .map(|name| Thing {
                    name,
                    state: status.to_owned(),
                    preview: None,
                }),
        );
    }
    // AWS still shows for a while what it has been told to delete; nothing can be done about that.
    things.retain(|thing| thing.state != "DELETE_IN_PROGRESS");
    things
}

async fn target_groups(account: &Account, prefix: &str) -> Vec<Thing> {
    let pages = account.calls.elb_pages("DescribeTargetGroups", &[]).await;
    let mut groups = BTreeMap::new();
    for group in pages.iter().flat_map(|page| members(page, "TargetGroups")) {
        let name = between(&group, "TargetGroupName");
        if name.starts_with(prefix) {
            groups.insert(between(&group, "TargetGroupArn"), name);
        }
    }
    let mut things = Vec::new();
    for (arn, name) in groups {
        let tags = elb_tags(account, &arn).await;
        things.push(Thing {
            name,
            state: String::new(),
            preview: tags.get("tempus:preview").cloned(),
        });
    }
    things
}

async fn rules(account: &Account) -> Vec<Thing> {
    let of = [("ListenerArn", &*account.listener)];
    let pages = account.calls.elb_pages("DescribeRules", &of).await;
    let mut things = Vec::new();
    for rule in pages.iter().flat_map(|page| members(page, "Rules")) {
        if between(&rule, "IsDefault") == "true" {
            continue;
        }
        let mut leads_to = every(&rule, "TargetGroupArn");
        leads_to.sort();
        leads_to.dedup();
        let tags = elb_tags(account, &between(&rule, "RuleArn")).await;
        things.push(Thing {
            name: tags.get("Name").cloned().unwrap_or_default(),
            state: leads_to.join(" "),
            preview: tags.get("tempus:preview").cloned(),
        });
    }
    things
}

async fn security_groups(account: &Account, prefix: &str) -> Vec<Thing> {
    let of = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", &account.vpc),
    ];
    let answer = account.calls.ec2("DescribeSecurityGroups", &of).await;
    let names = every(&answer, "groupName").into_iter();
    let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    // A group that lets its own members in is named once more in what it allows.
    names.sort();
    names.dedup();
    let thing = |name| Thing {
        name,
        ..Thing::default()
    };
    names.into_iter().map(thing).collect()
}

async fn schedules(account: &Account) -> Vec<Thing> {
    let (mut things, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/schedules?ScheduleGroup={}{next}", account.name);
        let page = account.calls.scheduler(&path).await;
        let listed = page["Schedules"].as_array().expect("a list").iter();
        things.extend(listed.map(|schedule| Thing {
            name: of_value(&schedule["Name"]),
            state: of_value(&schedule["State"]),
            preview: None,
        }));
        match page["NextToken"].as_str() {
            Some(token) => next = format!("&NextToken={token}"),
            None => break,
        }
    }
    things.retain(|thing| thing.name != SWEEP);
    things
}

async fn elb_tags(account: &Account, arn: &str) -> BTreeMap<String, String> {
    let of = [("ResourceArns.member.1", arn)];
    let answer = account.calls.elb("DescribeTags", &of).await;
    let keys = every(&answer, "Key").into_iter();
    keys.zip(every(&answer, "Value")).collect()
}

/// The members of a list of things in an answer, whatever lists are within them.
fn members(page: &str, list: &str) -> Vec<String> {
    let (open, close) = (format!("<{list}>"), format!("</{list}>"));
    let Some((_, rest)) = page.split_once(&open) else {
        return Vec::new();
    };
    // Only the list itself holds another of its name where an action has target groups.
    let inner = rest.rsplit_once(&close).map_or(rest, |(inner, _)| inner);
    let (mut found, mut depth, mut begin) = (Vec::new(), 0_usize, 0);
    let mut at = 0;
    while let Some(offset) = inner[at..].find('<') {
        let here = at + offset;
        let rest = &inner[here..];
        if rest.starts_with("<member>") {
            if depth == 0 {
                begin = here + "<member>".len();
            }
            depth += 1;
        } else if rest.starts_with("</member>") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                found.push(inner[begin..here].to_owned());
            }
        }
        at = here + 1;
    }
    found
}

fn of_value(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn tag(tags: &Value, key: &str) -> Option<String> {
    let tag = tags.as_array()?.iter().find(|tag| tag["key"] == key)?;
    tag["value"].as_str().map(str::to_owned)
}

fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_a_list_are_told_from_those_within_them() {
        let page = "<R><Rules><member>1<Actions><member>x</member></Actions></member>\
                    <member>2</member></Rules></R>";
        let found = members(page, "Rules");
        assert_eq!(found, ["1<Actions><member>x</member></Actions>", "2"]);
        assert!(members("<R><Rules/></R>", "Rules").is_empty());
    }
}
