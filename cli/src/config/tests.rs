use super::*;

struct Case {
    folder: tempfile::TempDir,
    sources: Sources,
}

impl Case {
    fn new(file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if !file.is_empty() {
            std::fs::write(folder.path().join("tempus.toml"), file).unwrap();
        }
        let sources = Sources {
            folder: folder.path().to_owned(),
            file: FileChoice::Usual,
            variables: Vec::new(),
            flags: Vec::new(),
        };
        Self { folder, sources }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.variables.push((name.into(), value.into()));
        self
    }

    fn flag(mut self, key: &str, value: &str) -> Self {
        self.sources.flags.push(Assignment {
            key: key.into(),
            value: value.into(),
            flag: "--set".into(),
        });
        self
    }

    fn load(&self) -> Loaded {
        load(&self.sources).unwrap()
    }

    fn errors(&self) -> String {
        load(&self.sources).unwrap_err().to_string()
    }
}

/// Where everybody's collector is, everybody's variable says; ours is stronger, and no layer shows a
/// password.
#[test]
fn the_standard_variable_names_the_collector() {
    const STANDARD: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let endpoint = |loaded: &Loaded| {
        let endpoint = loaded.config.telemetry.otlp_endpoint.clone();
        let place = loaded.place("telemetry.otlp_endpoint").to_string();
        (endpoint.unwrap().to_string(), place)
    };
    let file = "[telemetry]\notlp_endpoint = \"http://file:1\"\n";
    let case = Case::new(file).variable(STANDARD, "http://all:2");
    let found = endpoint(&case.load());
    assert_eq!(found, ("http://all:2".to_owned(), STANDARD.to_owned()));
    let ours = "TEMPUS_TELEMETRY_OTLP_ENDPOINT";
    let case = case.variable(ours, "http://ours:3");
    let found = endpoint(&case.load());
    assert_eq!(found, ("http://ours:3".to_owned(), ours.to_owned()));
    let errors = Case::new("").variable(STANDARD, "http://me:hush@all:2");
    let errors = errors.errors();
    assert!(
        errors.contains(STANDARD) && !errors.contains("hush"),
        "{errors}"
    );
}

#[test]
fn what_cargo_adds_to_the_environment_is_not_taken_for_a_key() {
    // `cargo run` and `cargo test` hand on what the build script set for the compiler.
    let added: Vec<_> = std::env::vars()
        .filter(|(name, _)| !name.starts_with("TEMPUS_TEST_"))
        .collect();
    assert!(added.iter().any(|(name, _)| name == "BUILD_COMMIT"));
    let case = added.iter().fold(Case::new(""), |case, (name, value)| {
        case.variable(name, value)
    });
    case.load();
}

#[test]
fn each_layer_is_stronger_than_the_one_before() {
    let file = "# ours\n[quota]\nper_owner = 1\n\n[ttl]\ndefault = \"30m\"\n";
    let case = Case::new(file);
    let loaded = case.load();
    assert_eq!(loaded.config.quota.per_owner, 1);
    assert_eq!(loaded.config.quota.total, 100);
    assert_eq!(loaded.place("quota.per_owner").to_string(), "tempus.toml:3");
    assert_eq!(loaded.place("ttl.default").to_string(), "tempus.toml:6");
    assert_eq!(*loaded.place("quota.total"), Place::Default);
    assert!(!loaded.is_chosen("quota.total"));

    let case = case
        .variable("TEMPUS_QUOTA_PER_OWNER", "2")
        .variable("PATH", "/bin");
    let loaded = case.load();
    assert_eq!(loaded.config.quota.per_owner, 2);
    assert_eq!(
        loaded.place("quota.per_owner").to_string(),
        "TEMPUS_QUOTA_PER_OWNER"
    );

    let case = case
        .flag("quota.per_owner", "3")
        .flag("quota.per_owner", "4");
    let loaded = case.load();
    assert_eq!(loaded.config.quota.per_owner, 4);
    assert_eq!(loaded.place("quota.per_owner").to_string(), "--set");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_full_name() {
    let file = "dta = \"x\"\nengine = \"postgres\"\napi = 8080\n[api]\n".replace("[api]\n", "");
    let file = format!(
        "{file}[quota]\nper_owner = -1\ntotal = 1.5\nall = 3\n[previews]\nlisten = \"0.0.0.0:80\"\n\
         [worker]\nlease = \"2w\"\nreminder = 30\n[wrker]\nlease = \"1s\"\n"
    );
    let case = Case::new(&file)
        .variable("TEMPUS_API_LISTN", "127.0.0.1:1")
        .variable("TEMPUS_TYPO", "1")
        .variable("TEMPUS_TTL_DEFAULT", "soon")
        .variable("TEMPUS_URL", "http://127.0.0.1:8080")
        .variable("TEMPUS_PREVIEW", "x")
        .flag("log.level", "loud,,=")
        .flag("log.colour", "red");
    insta::assert_snapshot!(case.errors());
}

#[test]
fn a_file_that_is_not_toml_names_the_line() {
    let errors = Case::new("[api]\nlisten = \n").errors();
    assert!(errors.contains("tempus.toml:2"), "{errors}");
}

#[test]
fn a_file_that_is_named_must_exist_and_its_folder_counts() {
    let mut case = Case::new("");
    case.sources.file = FileChoice::This("deploy/other.toml".into());
    assert!(
        case.errors().contains("deploy/other.toml"),
        "{}",
        case.errors()
    );

    let deploy = case.folder.path().join("deploy");
    std::fs::create_dir(&deploy).unwrap();
    std::fs::write(deploy.join("other.toml"), "data = \"state\"\n").unwrap();
    assert_eq!(case.load().config.data, deploy.join("state"));
    let case = case.variable("TEMPUS_DATA", "here");
    assert_eq!(case.load().config.data, case.folder.path().join("here"));
}

#[test]
fn a_token_in_place_of_its_hash_is_refused_without_being_shown() {
    let token = tempus_model::Token::new(tempus_model::TokenId::new([1; 8]), [2; 32]);
    let file = format!("[identity]\nadmin_token_hash = \"{}\"\n", token.expose());
    let errors = Case::new(&file)
        .variable("TEMPUS_IDENTITY_ADMIN_TOKEN_HASH", token.expose())
        .flag("identity.admin_token_hash", token.expose())
        .errors();
    assert_eq!(
        errors
            .matches("identity.admin_token_hash = a token")
            .count(),
        3
    );
    assert!(!errors.contains("tps_"), "{errors}");
}

#[test]
fn values_must_fit_together() {
    let case = Case::new("[ttl]\nmaximum = \"1h\"\n");
    insta::assert_snapshot!(case.errors(), @r#"
    the configuration is refused
      tempus.toml:2: ttl.maximum = default 2h, maximum 1h: must be such that ttl.default is not above ttl.maximum
    "#);
    let case = Case::new("").flag("previews.listen", "127.0.0.1:8080");
    assert!(
        case.errors().contains("another port than api.listen"),
        "{}",
        case.errors()
    );
}

/// What it takes beyond loopback, as settings.
const IDENTITY: (&str, &str) = (
    "identity.oidc",
    "issuer=https://ci.example audience=tempus sub=a scope=admin",
);
const NAMES: (&str, &str) = ("api.names", "tempus.example");
const PROXIES: (&str, &str) = ("api.trusted_proxies", "10.0.0.0/16");
const TLS: [(&str, &str); 2] = [
    ("api.tls_certificate", "tls.pem"),
    ("api.tls_key", "/k.pem"),
];

fn exposed(settings: &[(&str, &str)]) -> Case {
    let case = Case::new("[api]\nlisten = \"0.0.0.0:8443\"\n");
    let settings = settings.iter();
    settings.fold(case, |case, (key, value)| case.flag(key, value))
}

#[test]
fn beyond_loopback_everything_that_is_lacking_is_named() {
    let errors = exposed(&[]).errors();
    for lacking in ["identity.oidc", "api.trusted_proxies", "api.names"] {
        assert!(errors.contains(lacking), "{errors}");
    }
    assert_eq!(errors.lines().count(), 4, "{errors}");
    assert!(errors.contains("tempus.toml:2: api.listen = "), "{errors}");
    for (lacking, settings) in [
        ("identity.oidc", &[NAMES, PROXIES][..]),
        ("api.trusted_proxies", &[NAMES, IDENTITY]),
        ("api.names", &[IDENTITY, PROXIES]),
        ("api.tls_key = nothing", &[IDENTITY, NAMES, TLS[0]]),
        ("api.tls_certificate = nothing", &[IDENTITY, NAMES, TLS[1]]),
    ] {
        let errors = exposed(settings).errors();
        assert!(errors.contains(lacking), "{errors}");
        assert_eq!(errors.lines().count(), 2, "{errors}");
    }
}

#[test]
fn what_is_complete_may_listen_beyond_loopback() {
    exposed(&[IDENTITY, NAMES, PROXIES]).load();
    let case = exposed(&[IDENTITY, NAMES, TLS[0], TLS[1]]);
    let api = case.load().config.api;
    assert_eq!(
        api.tls_certificate,
        Some(case.folder.path().join("tls.pem"))
    );
    assert_eq!(api.tls_key, Some("/k.pem".into()));
    // The previews' own port stays where it is.
    let errors = exposed(&[IDENTITY, NAMES, PROXIES, ("previews.listen", "0.0.0.0:1")]).errors();
    assert!(errors.contains("previews.listen"), "{errors}");
}

#[test]
fn what_is_in_force_is_shown_with_where_it_came_from() {
    let case = Case::new("[limits]\ncpu = 2_048\n")
        .variable("TEMPUS_LOG_LEVEL", "warn")
        .flag("data", "/srv/tempus");
    let loaded = case.load();
    let seen = anstream::adapter::strip_str(&table(&loaded).to_string()).to_string();
    insta::assert_snapshot!(seen);
    let json = json(&loaded);
    assert_eq!(json["limits.cpu"]["value"], 2048);
    assert_eq!(json["limits.cpu"]["from"]["line"], 2);
    assert_eq!(json["log.level"]["from"]["variable"], "TEMPUS_LOG_LEVEL");
    assert_eq!(json["quota.total"]["from"]["layer"], "default");
}

mod anything {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// A value as somebody might write it.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<i64>().prop_map(|n| n.to_string()),
            any::<f64>().prop_map(|n| n.to_string()),
            any::<bool>().prop_map(|b| b.to_string()),
            "\\PC{0,20}".prop_map(|text| format!("{text:?}")),
            "[0-9]{0,5}[smhdk]?".prop_map(|text| format!("{text:?}")),
            "[0-9.:\\[\\]a-f]{0,20}".prop_map(|text| format!("{text:?}")),
            "[0-9]{1,6}-[0-9]{1,6}".prop_map(|text| format!("{text:?}")),
            Just("[]".to_owned()),
            Just("{ a = 1 }".to_owned()),
            "\\PC{0,10}",
        ]
    }

    fn anything() -> impl Strategy<Value = (Vec<(prop::sample::Index, String)>, Option<String>)> {
        let set = prop::collection::vec((any::<prop::sample::Index>(), value()), 0..6);
        (set, prop::option::of("\\PC{0,30}"))
    }

    /// Whatever is set to whatever: it is loaded, or each thing that is wrong is named with its
    /// place, and what is lacking by its key.
    #[test]
    fn any_file_is_loaded_or_refused_with_a_reason() {
        proptest!(ProptestConfig::with_cases(600), |((set, noise) in anything())| {
            let keys = keys::keys();
            let mut file = String::new();
            for (which, value) in &set {
                let name = which.get(&keys).name;
                let (section, key) = name.rsplit_once('.').unwrap_or(("", name));
                if !section.is_empty() {
                    writeln!(file, "[{section}]").unwrap();
                }
                writeln!(file, "{key} = {value}").unwrap();
            }
            file.extend(noise);
            let mut case = Case::new(&file);
            if let Some((which, value)) = set.first() {
                case = case.variable(&which.get(&keys).variable(), value);
            }
            match load(&case.sources) {
                Ok(loaded) => {
                    for key in &keys {
                        drop(key.get(&loaded.config));
                    }
                }
                Err(errors) => {
                    let told = errors.to_string();
                    let lacking = keys.iter().any(|key| told.contains(key.name));
                    prop_assert!(
                        lacking || told.contains("tempus.toml") || told.contains("TEMPUS_"),
                        "{told}"
                    );
                }
            }
        });
    }
}

#[test]
fn prices_are_given_together_and_a_budget_is_of_what_has_a_price() {
    let file = "[costs]\nvcpu_usd_per_hour = 0.04\nmonthly_usd = 500\nwarn_percent = 101\n";
    let errors = Case::new(file).errors();
    for part in [
        "costs.vcpu_usd_per_hour = 0.04: must be given together with costs.memory_usd_per_gb_hour",
        "costs.warn_percent = 101: must be at most 100",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    let file = "[costs]\nmonthly_usd_per_owner = 50\nregion = \"here\"\n";
    let errors = Case::new(file).errors();
    for part in [
        "costs.monthly_usd_per_owner = 50: must be given together with costs.vcpu_usd_per_hour and",
        "costs.region = here: must be given together with costs.vcpu_usd_per_hour",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    let prices = "vcpu_usd_per_hour = 0.04\nmemory_usd_per_gb_hour = 0\n";
    let file = format!("[costs]\nmonthly_usd = 500\nowners = \"ada=5\"\n{prices}");
    let costs = Case::new(&file).load().config.costs;
    assert_eq!(costs.monthly_usd.map(Dollars::amount), Some(500.0));
    assert_eq!(costs.owners[0].owner.as_str(), "ada");
}
