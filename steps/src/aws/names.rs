//! What previews' resources are called.
//!
//! Names of services and task definition families hold the preview's whole id, in hex, so that an
//! event that carries nothing but such a name can be told whose it is:
//! `tempus-{installation}-{first 8 digits}-{other 24 digits}-{service}`. Names of target groups
//! have no room for it (32 characters); their tags say whose they are.

use std::str::FromStr;

use tempus_model::{DnsName, InstallationId, PreviewId, SpecId, resource_name};

/// The longest a target group's name may be.
const TARGET_GROUP: usize = 32;
/// The longest a service's, family's or security group's name may be.
const LONG: usize = 255;
/// How many hex digits of an id come after its short id.
const REST: usize = 24;
/// What a parameter holds.
const URL: &str = "database-url";

/// Makes the names of one preview.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) installation: InstallationId,
    pub(super) preview: PreviewId,
}

impl Names {
    /// What every name of this installation begins with.
    pub(super) fn of_installation(installation: InstallationId) -> String {
        format!("tempus-{installation}-")
    }

    /// What every name of this preview begins with that was not cut.
    pub(super) fn prefix(self) -> String {
        format!(
            "{}{}-",
            Self::of_installation(self.installation),
            self.preview.short()
        )
    }

    /// The service of this name.
    pub(super) fn service(self, service: &DnsName) -> String {
        self.whole(service.as_str())
    }

    /// The family of one version of a service's task definition. A version has a family of its
    /// own: registering knows no token, so a repeated call makes another revision; but of one
    /// family all revisions are alike, and the family's name finds them.
    pub(super) fn family(self, service: &DnsName, version: SpecId) -> String {
        let version = version.to_string();
        self.whole(&format!("{service}-{}", &version[..8]))
    }

    /// The preview's schedule: it has one task, and no room for that one's name.
    pub(super) fn schedule(self) -> String {
        self.whole("schedule")
    }

    /// The preview's log group, where it has one of its own: below the one of all others.
    pub(super) fn log_group(self, of_all: &str) -> String {
        format!("{of_all}/{}", self.whole("logs"))
    }

    /// A service's target group.
    pub(super) fn target_group(self, service: &DnsName) -> String {
        resource_name(
            self.installation,
            self.preview,
            service.as_str(),
            TARGET_GROUP,
        )
    }

    /// A service's listener rule. AWS knows no names of rules: it is a tag.
    pub(super) fn rule(self, item: &str) -> String {
        resource_name(self.installation, self.preview, item, LONG)
    }

    /// The preview's security group.
    pub(super) fn security_group(self) -> String {
        self.whole("siblings")
    }

    /// What a sibling is called within the Service Connect namespace, which all previews share.
    pub(super) fn sibling(self, service: &DnsName) -> String {
        format!("{service}-{}", self.preview.short())
    }

    /// The parameter that holds the URL of the preview's database.
    pub(super) fn database_url(self) -> String {
        format!("{}{}/{URL}", parameters(self.installation), self.preview)
    }

    fn whole(self, part: &str) -> String {
        let digits = self.preview.uuid().simple().to_string();
        let part = format!("{}-{part}", &digits[digits.len() - REST..]);
        resource_name(self.installation, self.preview, &part, LONG)
    }
}

/// What the name of every parameter of an installation begins with.
pub(super) fn parameters(installation: InstallationId) -> String {
    format!("/tempus/{installation}/")
}

/// Whose a parameter is, by its name.
pub(super) fn preview_of_parameter(name: &str) -> Option<PreviewId> {
    let mut parts = name.strip_prefix("/tempus/")?.split('/');
    InstallationId::from_str(parts.next()?).ok()?;
    let preview = parts.next()?.parse().ok()?;
    (parts.next() == Some(URL)).then_some(preview)
}

/// Whose a service's or family's name is.
pub(super) fn preview_of(name: &str) -> Option<PreviewId> {
    let mut parts = name.strip_prefix("tempus-")?.splitn(4, '-');
    InstallationId::from_str(parts.next()?).ok()?;
    let (short, rest) = (parts.next()?, parts.next()?);
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if short.len() != 8 || rest.len() != REST || !is_hex(short) || !is_hex(rest) {
        return None;
    }
    let digits = format!("{short}{rest}");
    let hyphenated = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ]
    .join("-");
    hyphenated.parse().ok()
}

/// The last part of an ARN: a service's name, or a task definition's `family:revision`.
pub(super) fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The family of a task definition, given as an ARN, as `family:revision` or as `family`.
pub(super) fn family_of(definition: &str) -> &str {
    let name = last_part(definition);
    name.split_once(':').map_or(name, |(family, _)| family)
}

/// The service of a family's name, as ECS knows it.
pub(super) fn service_of(family: &str) -> Option<String> {
    let (service, _version) = family.rsplit_once('-')?;
    Some(service.to_owned())
}

/// The part of an ARN that names the resource, such as `service/{cluster}/{name}`.
pub(super) fn resource_of(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or_default()
}

/// The name of the target group of this ARN, if it is one's.
pub(super) fn target_group_of(arn: &str) -> Option<&str> {
    let rest = resource_of(arn).strip_prefix("targetgroup/")?;
    rest.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            installation: InstallationId::new(0xabc),
            preview: "550e8400-e29b-41d4-a716-446655440000".parse().unwrap(),
        }
    }

    #[test]
    fn a_service_s_name_says_whose_it_is() {
        let web: DnsName = "web-app".parse().unwrap();
        let names = names();
        let service = names.service(&web);
        assert_eq!(
            service,
            "tempus-00000abc-550e8400-e29b41d4a716446655440000-web-app"
        );
        assert!(service.starts_with(&names.prefix()));
        assert_eq!(preview_of(&service), Some(names.preview));
        let family = names.family(&web, SpecId::of(b"x"));
        assert_eq!(preview_of(&family), Some(names.preview));
        for foreign in ["web", "tempus-00000abc-550e8400-web", "tempus-x-y-z", ""] {
            assert_eq!(preview_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_parameter_s_name_says_whose_it_is() {
        let names = names();
        let name = names.database_url();
        assert_eq!(
            name,
            "/tempus/00000abc/550e8400-e29b-41d4-a716-446655440000/database-url"
        );
        assert!(name.starts_with(&parameters(names.installation)));
        assert_eq!(preview_of_parameter(&name), Some(names.preview));
        for foreign in ["/tempus/00000abc/x/database-url", "/tempus/x", &name[1..]] {
            assert_eq!(preview_of_parameter(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn names_fit_where_they_are_used() {
        let long: DnsName = "x".repeat(40).parse().unwrap();
        let names = names();
        assert!(names.target_group(&long).len() <= TARGET_GROUP);
        assert!(names.family(&long, SpecId::of(b"x")).len() <= LONG);
        // Service Connect takes 64 characters.
        assert!(names.sibling(&long).len() <= 64);
        // The scheduler, too.
        assert!(names.schedule().len() <= 64);
    }

    #[test]
    fn a_service_is_told_by_its_family_and_a_target_group_by_its_arn() {
        let web: DnsName = "web-app".parse().unwrap();
        let family = names().family(&web, SpecId::of(b"x"));
        assert_eq!(service_of(&family), Some(names().service(&web)));
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/tempus-x/73e2d6bc24d8a067";
        assert_eq!(target_group_of(arn), Some("tempus-x"));
        for other in [
            "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a/1",
            "x",
            "",
        ] {
            assert_eq!(target_group_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_family_is_found_in_every_form() {
        for form in [
            "web",
            "web:3",
            "arn:aws:ecs:us-east-1:0:task-definition/web:3",
        ] {
            assert_eq!(family_of(form), "web");
        }
    }
}
