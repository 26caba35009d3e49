//! The compose file: what the program is told in it, and the emulator that it runs against.

use crate::{keys, text, variable};

#[test]
fn the_program_knows_what_it_is_told() {
    let compose = text("compose.yaml");
    let mut known: Vec<_> = keys().iter().map(|key| variable(key)).collect();
    // The file's own name is no key.
    known.push("TEMPUS_CONFIG".to_owned());
    let lines = compose.lines().map(str::trim);
    let told: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("TEMPUS_"))
        .collect();
    assert!(told.len() > 10, "{told:?}");
    for name in told {
        assert!(known.iter().any(|known| known == name), "{name}");
    }
}

#[test]
fn its_emulator_is_the_tests_own() {
    let emulator = text("engine/src/testing/emulator.rs");
    let (_, rest) = emulator.split_once("\"ministack==").unwrap();
    let (version, _) = rest.split_once('"').unwrap();
    let wanted = format!("image: ministackorg/ministack:{version}\n");
    let compose = text("compose.yaml");
    assert_eq!(compose.matches(&wanted).count(), 2, "{wanted}");
}

/// Whoever may write to it could change what runs.
#[test]
fn nothing_in_it_can_become_more_than_it_is() {
    let compose = text("compose.yaml");
    let services = ["x-tempus: &tempus", "  account:", "  aws:"];
    for service in services {
        let (_, rest) = compose.split_once(&format!("\n{service}\n")).unwrap();
        let own = rest.split("\n\n").next().unwrap();
        assert!(own.contains("cap_drop: [ALL]"), "{service}");
        assert!(own.contains("no-new-privileges:true"), "{service}");
    }
    assert!(!compose.contains("docker.sock"));
    assert!(!compose.contains("privileged: true"));
}
