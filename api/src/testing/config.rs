//! A configuration that a test can begin from.

use tempus_engine::Quotas;
use tempus_model::{Limits, Ttl};

use crate::{
    Config, Costs, DefaultAccess, DefaultApp, Hosts, ListenerTemplate, Size, TtlRange, Warnings,
};

/// One of an API on this port of this machine, whose previews are processes behind one listener.
pub fn config(port: u16) -> Config {
    let ttl = |text: &str| text.parse::<Ttl>().expect("a lifetime");
    Config {
        limits: Limits::default(),
        ttl: TtlRange::new(ttl("1s"), ttl("2h"), ttl("7d"))
            .expect("a range")
            .pinned_for(ttl("30d")),
        warnings: Warnings::default(),
        quotas: Quotas {
            per_owner: 3,
            total: 100,
        },
        listeners: vec![ListenerTemplate {
            name: "local".to_owned(),
            slots: None,
            url: "http://{name}.localhost:8081/".to_owned(),
        }],
        fronts: Vec::new(),
        access: DefaultAccess::Open,
        default_app: DefaultApp {
            command: Some("serve".to_owned()),
            ..DefaultApp::default()
        },
        size: Size::default(),
        costs: Costs::default(),
        hosts: Hosts {
            ports: vec![port],
            names: Vec::new(),
        },
        trusted_proxies: Vec::new(),
        body_limit: Config::BODY_LIMIT,
    }
}
