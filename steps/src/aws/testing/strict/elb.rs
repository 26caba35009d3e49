//! Load balancers that know who uses what.

use std::collections::BTreeMap;

use axum::response::Response;

use super::super::script::xml as answer_of;
use super::{Refused, page, xml};

/// How many deletes of a target group are refused after its rule went.
const IN_USE: u32 = 2;
/// How many answers do not have a resource's tags yet.
const UNTAGGED: u32 = 3;

type Input = [(String, String)];

/// What is known of rules and target groups, by ARN.
#[derive(Default)]
pub(super) struct Balancers {
    rules: BTreeMap<String, Rule>,
    /// A priority that a stranger has.
    stranger: Option<(String, String)>,
    still_in_use: BTreeMap<String, u32>,
    asked_for_tags: BTreeMap<String, u32>,
    asked_for_health: BTreeMap<String, u32>,
    /// Whether each page of rules begins with the last one of the page before, as when somebody makes
    /// a rule while they are read.
    shifts: bool,
}

struct Rule {
    listener: String,
    priority: String,
    target_group: String,
}

fn get<'i>(input: &'i Input, key: &str) -> Option<&'i str> {
    let found = input.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

fn all<'i>(input: &'i Input, prefix: &str) -> Vec<&'i str> {
    let found = input.iter().filter(|(name, _)| name.starts_with(prefix));
    found.map(|(_, value)| value.as_str()).collect()
}

/// The request for the whole of a listing.
pub(super) fn without_page(input: &Input) -> String {
    let kept = input
        .iter()
        .filter(|(key, _)| key != "PageSize" && key != "Marker");
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish()
}

impl Balancers {
    pub(super) fn shift_pages(&mut self) {
        self.shifts = true;
    }

    pub(super) fn rules(&self) -> usize {
        self.rules.len()
    }

    pub(super) fn is_attached(&self, target_group: &str) -> bool {
        self.rules
            .values()
            .any(|rule| rule.target_group == target_group)
    }

    /// What needs no emulator: refusals, and whether targets are healthy.
    pub(super) fn answer(
        &mut self,
        operation: &str,
        input: &Input,
    ) -> Result<Option<Response>, Refused> {
        let arn = get(input, "TargetGroupArn").unwrap_or_default();
        match operation {
            "CreateRule" => {
                let at = |key| get(input, key).unwrap().to_owned();
                let at = (at("ListenerArn"), at("Priority"));
                let stranger = self.stranger.get_or_insert_with(|| at.clone());
                let taken = |rule: &Rule| (&rule.listener, &rule.priority) == (&at.0, &at.1);
                if *stranger == at || self.rules.values().any(taken) {
                    let message = format!("Priority '{}' is currently in use", at.1);
                    return Err(("PriorityInUse", message));
                }
            }
            "DeleteTargetGroup" => {
                let left = self.still_in_use.entry(arn.to_owned()).or_default();
                let passes = *left > 0;
                *left = left.saturating_sub(1);
                if passes || self.is_attached(arn) {
                    let message =
                        format!("Target group '{arn}' is currently in use by a listener or a rule");
                    return Err(("ResourceInUse", message));
                }
            }
            "DescribeTargetHealth" => {
                let asked = self.asked_for_health.entry(arn.to_owned()).or_default();
                *asked += 1;
                let health = if *asked == 1 {
                    "<State>initial</State><Reason>Elb.RegistrationInProgress</Reason>"
                } else {
                    "<State>healthy</State>"
                };
                let result = format!(
                    "<TargetHealthDescriptions><member><Target><Id>10.0.0.1</Id><Port>80</Port>\
                     </Target><TargetHealth>{health}</TargetHealth></member>\
                     </TargetHealthDescriptions>"
                );
                return Ok(Some(answer_of(operation, &result)));
            }
            "DescribeTags" if all(input, "ResourceArns.member.").len() > 20 => {
                let message = "more than 20 resources".to_owned();
                return Err(("ValidationError", message));
            }
            _ => {}
        }
        Ok(None)
    }

    /// Makes of the emulator's answer what AWS's would be.
    pub(super) fn rewrite(
        &mut self,
        operation: &str,
        input: &Input,
        text: String,
    ) -> Result<String, Refused> {
        match operation {
            "CreateRule" => {
                let at = |key| get(input, key).unwrap_or_default().to_owned();
                let rule = Rule {
                    listener: at("ListenerArn"),
                    priority: at("Priority"),
                    target_group: at("Actions.member.1.TargetGroupArn"),
                };
                let arn = xml::text(&text, "RuleArn").unwrap().to_owned();
                self.rules.insert(arn, rule);
            }
            "DeleteRule" => {
                if let Some(rule) = self.rules.remove(get(input, "RuleArn").unwrap()) {
                    self.still_in_use.insert(rule.target_group, IN_USE);
                }
            }
            "DescribeTargetGroups" => {
                let named = all(input, "Names.member.");
                let (_, found, _) = xml::list(&text, "TargetGroups").unwrap_or_default();
                let has = |name: &&str| {
                    let names = found.iter().map(|m| xml::text(m, "TargetGroupName"));
                    names.into_iter().any(|found| found == Some(name))
                };
                if !named.iter().all(has) {
                    let message = "One or more target groups not found".to_owned();
                    return Err(("TargetGroupNotFound", message));
                }
                return Ok(paged(&text, "TargetGroups", input, 0));
            }
            "DescribeRules" => return Ok(paged(&text, "Rules", input, usize::from(self.shifts))),
            "DescribeTags" => return Ok(self.late_tags(&text)),
            _ => {}
        }
        Ok(text)
    }

    fn late_tags(&mut self, text: &str) -> String {
        let Some((before, members, after)) = xml::list(text, "TagDescriptions") else {
            return text.to_owned();
        };
        let shown = members.iter().map(|member| {
            let arn = xml::text(member, "ResourceArn").unwrap();
            let asked = self.asked_for_tags.entry(arn.to_owned()).or_default();
            *asked += 1;
            if *asked > UNTAGGED {
                return (*member).to_owned();
            }
            format!("<member><ResourceArn>{arn}</ResourceArn><Tags/></member>")
        });
        let shown: String = shown.collect();
        format!("{before}<TagDescriptions>{shown}</TagDescriptions>{after}")
    }
}

/// A page that begins so many members before its place.
fn paged(text: &str, name: &str, input: &Input, early: usize) -> String {
    let Some((before, members, after)) = xml::list(text, name) else {
        return text.to_owned();
    };
    let (page, next) = page(&members, get(input, "Marker"), early);
    let next = next.map_or_else(String::new, |next| {
        format!("<NextMarker>{next}</NextMarker>")
    });
    format!("{before}<{name}>{}</{name}>{next}{after}", page.concat())
}
