//! What a rule asks of a request, and what it does with it, as the load balancer takes them.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, HostHeaderConditionConfig, HttpHeaderConditionConfig,
    PathPatternConditionConfig, RewriteConfig, Rule, RuleCondition, RuleTransform,
    TransformTypeEnum, UrlRewriteConfig,
};
use serde::{Deserialize, Serialize};

/// The prefix that path mode puts before a preview's own paths, and what is left of them.
const STRIP: (&str, &str) = ("^/preview-[^/]+/?(.*)$", "/$1");

/// The header that a protected preview's rule looks at.
const COOKIE: &str = "Cookie";

/// What requests a rule takes.
///
/// AWS takes five values in all and compares them without regard to case; here there are four at
/// most (a host, two paths, a capability), and a capability has small letters only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::aws) struct Condition {
    /// The host; empty in path mode.
    pub(in crate::aws) hosts: BTreeSet<String>,
    /// The path patterns; empty when every path is taken.
    pub(in crate::aws) paths: BTreeSet<String>,
    /// The patterns of the cookies that a protected preview demands; empty for an open one. Never
    /// stored: whoever reads them can open the preview.
    #[serde(skip)]
    pub(in crate::aws) cookies: BTreeSet<String>,
}

impl Condition {
    /// For a host of its own: `/` takes every path, `/api` takes `/api` and `/api/*`.
    pub(in crate::aws) fn host(host: String, path: &str) -> Self {
        let hosts = BTreeSet::from([host]);
        let paths = match path.trim_end_matches('/') {
            "" => BTreeSet::new(),
            path => patterns(path),
        };
        Self {
            hosts,
            paths,
            cookies: BTreeSet::new(),
        }
    }

    /// For a prefix of the load balancer's own name.
    pub(in crate::aws) fn prefix(prefix: &str, path: &str) -> Self {
        let path = path.trim_end_matches('/');
        Self {
            paths: patterns(&format!("{prefix}{path}")),
            ..Self::default()
        }
    }

    /// The same, of those requests whose cookies hold this capability. Where in the header does not
    /// matter: nobody else knows it.
    pub(in crate::aws) fn demanding(&self, capability: &str) -> Self {
        Self {
            cookies: BTreeSet::from([format!("*{capability}*")]),
            ..self.clone()
        }
    }

    /// Whether both are about the same addresses.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        (&self.hosts, &self.paths) == (&other.hosts, &other.paths)
    }

    /// The condition of a rule that exists.
    pub(in crate::aws) fn of(rule: &Rule) -> Self {
        let values = |condition: &RuleCondition, given: Option<&[String]>| {
            let given = given.filter(|given| !given.is_empty());
            given.unwrap_or_else(|| condition.values()).to_vec()
        };
        let mut all = Self::default();
        for condition in rule.conditions() {
            match condition.field() {
                Some("host-header") => {
                    let config = condition.host_header_config();
                    all.hosts.extend(values(
                        condition,
                        config.map(HostHeaderConditionConfig::values),
                    ));
                }
                Some("path-pattern") => {
                    let config = condition.path_pattern_config();
                    all.paths.extend(values(
                        condition,
                        config.map(PathPatternConditionConfig::values),
                    ));
                }
                Some("http-header") => {
                    let config = condition.http_header_config();
                    let name = config.and_then(HttpHeaderConditionConfig::http_header_name);
                    if name.is_some_and(|name| name.eq_ignore_ascii_case(COOKIE)) {
                        all.cookies.extend(values(
                            condition,
                            config.map(HttpHeaderConditionConfig::values),
                        ));
                    }
                }
                _ => {}
            }
        }
        all
    }
}

fn patterns(path: &str) -> BTreeSet<String> {
    BTreeSet::from([path.to_owned(), format!("{path}/*")])
}

pub(super) fn conditions(of: &Condition) -> Vec<RuleCondition> {
    let mut all = Vec::new();
    if !of.hosts.is_empty() {
        let hosts = of.hosts.iter().cloned().collect();
        let config = HostHeaderConditionConfig::builder().set_values(Some(hosts));
        let condition = RuleCondition::builder().field("host-header");
        all.push(condition.host_header_config(config.build()).build());
    }
    if !of.paths.is_empty() {
        let paths = of.paths.iter().cloned().collect();
        let config = PathPatternConditionConfig::builder().set_values(Some(paths));
        let condition = RuleCondition::builder().field("path-pattern");
        all.push(condition.path_pattern_config(config.build()).build());
    }
    if !of.cookies.is_empty() {
        let cookies = of.cookies.iter().cloned().collect();
        let config = HttpHeaderConditionConfig::builder()
            .http_header_name(COOKIE)
            .set_values(Some(cookies));
        let condition = RuleCondition::builder().field("http-header");
        all.push(condition.http_header_config(config.build()).build());
    }
    all
}

pub(super) fn action(target_group: &str) -> Action {
    let forward = Action::builder().r#type(ActionTypeEnum::Forward);
    forward.target_group_arn(target_group).build()
}

/// In path mode the application does not see the prefix. Links that it makes itself and that
/// begin with `/` lead out of the preview all the same: what has such needs host mode.
pub(super) fn strip_prefix(of: &Condition) -> Option<RuleTransform> {
    if !of.hosts.is_empty() {
        return None;
    }
    let rewrite = RewriteConfig::builder().regex(STRIP.0).replace(STRIP.1);
    let config = UrlRewriteConfig::builder().rewrites(rewrite.build());
    let transform = RuleTransform::builder().r#type(TransformTypeEnum::UrlRewrite);
    Some(transform.url_rewrite_config(config.build()).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(conditions: Vec<RuleCondition>) -> Condition {
        Condition::of(&Rule::builder().set_conditions(Some(conditions)).build())
    }

    #[test]
    fn a_condition_is_read_back_as_it_was_written() {
        for condition in [
            Condition::host("a.example.com".into(), "/"),
            Condition::host("a.example.com".into(), "/api/"),
            Condition::prefix("/preview-550e8400", "/"),
            Condition::prefix("/preview-550e8400", "/api"),
            Condition::host("a.example.com".into(), "/api").demanding("abc"),
            Condition::prefix("/preview-550e8400", "/").demanding("abc"),
        ] {
            let written = conditions(&condition);
            let values = |one: &RuleCondition| match one.field() {
                Some("host-header") => one.host_header_config().unwrap().values().len(),
                Some("path-pattern") => one.path_pattern_config().unwrap().values().len(),
                _ => one.http_header_config().unwrap().values().len(),
            };
            assert!(
                written.iter().map(values).sum::<usize>() <= 5,
                "AWS's limit"
            );
            assert_eq!(of(written), condition);
        }
    }

    #[test]
    fn what_a_rule_demands_is_never_stored() {
        let condition = Condition::host("a.example.com".into(), "/").demanding("secret");
        assert!(condition.cookies.contains("*secret*"));
        let stored = serde_json::to_string(&condition).unwrap();
        assert!(!stored.contains("secret"), "{stored}");
    }

    #[test]
    fn a_prefix_takes_itself_and_what_is_below_and_nothing_beside_it() {
        let condition = Condition::prefix("/preview-1", "/api");
        let paths: Vec<_> = condition.paths.iter().map(String::as_str).collect();
        assert_eq!(paths, ["/preview-1/api", "/preview-1/api/*"]);
        assert!(strip_prefix(&condition).is_some());
        assert!(strip_prefix(&Condition::host("h".into(), "/")).is_none());
    }
}
