//! The file as it is written.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_saphyr::Spanned;

use crate::commands::access::{AccessWord, VARIABLE};

/// The keys at the top of the file.
pub(super) const KEYS: &str =
    "accepted here: command, port, health_path, environment, or services; access";

/// The whole file.
///
/// The single service's keys are written out rather than flattened: flattening loses the places
/// that errors name.
#[derive(Debug)]
pub(super) struct Form {
    pub single: ServiceForm,
    pub access: Option<Access>,
    pub services: Option<Spanned<Services>>,
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            command: Option<String>,
            port: Option<Port>,
            health_path: Option<String>,
            #[serde(default)]
            environment: BTreeMap<String, Text>,
            access: Option<Access>,
            services: Option<Spanned<Services>>,
        }
        let raw = Raw::deserialize(from)?;
        Ok(Self {
            single: ServiceForm {
                command: raw.command,
                port: raw.port,
                path: None,
                health_path: raw.health_path,
                environment: raw.environment,
            },
            access: raw.access,
            services: raw.services,
        })
    }
}

/// One service.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceForm {
    pub command: Option<String>,
    pub port: Option<Port>,
    pub path: Option<String>,
    pub health_path: Option<String>,
    #[serde(default)]
    pub environment: BTreeMap<String, Text>,
}

impl ServiceForm {
    /// A key that is set, to name in a message.
    pub fn first_key(&self) -> Option<&'static str> {
        [
            ("command", self.command.is_some()),
            ("port", self.port.is_some()),
            ("health_path", self.health_path.is_some()),
            ("environment", !self.environment.is_empty()),
        ]
        .into_iter()
        .find_map(|(key, is_set)| is_set.then_some(key))
    }
}

/// Several services, in the order of the file: the first one answers at `/`.
#[derive(Debug)]
pub(super) struct Services(pub Vec<(String, Spanned<ServiceForm>)>);

impl<'de> Deserialize<'de> for Services {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ServicesVisitor)
    }
}

struct ServicesVisitor;

impl<'de> Visitor<'de> for ServicesVisitor {
    type Value = Services;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("services as a map by name, or as a list of services with a name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Services, A::Error> {
        let mut services = Vec::new();
        while let Some(entry) = map.next_entry()? {
            services.push(entry);
        }
        Ok(Services(services))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Services, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Named {
            name: String,
            command: Option<String>,
            port: Option<Port>,
            path: Option<String>,
            health_path: Option<String>,
            #[serde(default)]
            environment: BTreeMap<String, Text>,
        }
        let mut services = Vec::new();
        while let Some(named) = list.next_element::<Spanned<Named>>()? {
            let (referenced, defined) = (named.referenced, named.defined);
            let named = named.value;
            let value = ServiceForm {
                command: named.command,
                port: named.port,
                path: named.path,
                health_path: named.health_path,
                environment: named.environment,
            };
            let service = Spanned {
                value,
                referenced,
                defined,
            };
            services.push((named.name, service));
        }
        Ok(Services(services))
    }
}

/// A port, 1 to 65535.
#[derive(Debug, Clone, Copy)]
pub(super) struct Port(pub u16);

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PortVisitor)
    }
}

struct PortVisitor;

impl Visitor<'_> for PortVisitor {
    type Value = Port;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port, 1 to 65535")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Port, E> {
        let port = u16::try_from(number).ok().filter(|&port| port > 0);
        port.map(Port)
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Port, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Who may see the preview.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access(pub AccessWord);

impl<'de> Deserialize<'de> for Access {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        // What stands there is not repeated: it may be a password.
        let refused = || {
            D::Error::custom(format!(
                "must be {}; a password itself is taken from {VARIABLE} or standard input",
                AccessWord::ACCEPTED
            ))
        };
        AccessWord::parse(&text).map(Self).ok_or_else(refused)
    }
}

/// A variable's value. `1`, `true` and `0.50` are what people write without quotes and mean as
/// text, so a scalar is taken as it is written.
#[derive(Debug, Clone)]
pub(super) struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self)
    }
}
