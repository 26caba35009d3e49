//! The program with a certificate: who is answered, who is told what, and what keeps it from
//! starting. On loopback, where a test may listen; the certificate makes no difference between
//! this machine and any other.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempus_tests::server::Exposed;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn who_trusts_the_authority_and_has_the_token_is_answered() {
    let mut exposed = Exposed::new();
    exposed.write_config("");
    exposed.start();
    let (url, ca_file) = (exposed.url("localhost"), exposed.ca_file());
    let own = [
        ("TEMPUS_URL", &*url),
        ("TEMPUS_TOKEN", exposed.token.expose()),
    ];

    let list = |args: &[&str], variables: &[(&str, &str)]| {
        let output = exposed.run(&[&["list"][..], args].concat(), variables);
        let shown = text(&output.stdout) + &text(&output.stderr);
        assert!(!shown.contains("tps_"), "{shown}");
        (output.status.code().unwrap(), shown)
    };
    assert_eq!(
        list(&["--ca-file", &ca_file], &own),
        (0, "no previews\n".to_owned())
    );
    let with_variable = [&own[..], &[("TEMPUS_CA_FILE", &*ca_file)][..]].concat();
    assert_eq!(list(&[], &with_variable).0, 0);
    // Others' authorities have not signed it.
    let (exit, said) = list(&[], &own);
    assert_eq!(exit, 7, "{said}");
    assert!(said.contains("--ca-file"), "{said}");
    let (exit, said) = list(&["--ca-file", "tls.key"], &own);
    assert_eq!(exit, 2, "{said}");
    assert!(
        said.contains("tls.key: must be certificates of authorities"),
        "{said}"
    );

    // All of it in a context.
    let path = exposed.folder().join("token");
    std::fs::write(&path, exposed.token.expose()).unwrap();
    let added = exposed.run(
        &[
            "context",
            "add",
            "work",
            &url,
            "--token-file",
            "token",
            "--ca-file",
            "ca.pem",
        ],
        &[],
    );
    assert!(added.status.success(), "{added:?}");
    assert_eq!(list(&[], &[]).0, 0);

    // A health check needs neither.
    let port = exposed.ports.api();
    for url in [url, format!("https://127.0.0.1:{port}")] {
        let asked = exposed.run(&["health", "--url", &url], &[]);
        assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    }
    let asked = exposed.run(
        &["health", "--url", &format!("http://127.0.0.1:{port}")],
        &[],
    );
    assert_eq!(asked.status.code(), Some(7), "{asked:?}");
    let log = exposed.log();
    assert!(!log.contains("tps_"), "{log}");
    exposed.stop();
}

#[test]
fn a_worker_says_how_it_is_on_a_socket_of_its_own() {
    let mut exposed = Exposed::new();
    let port = *exposed.ports.apps().end();
    exposed.write_config(&format!("[worker]\nlisten = \"127.0.0.1:{port}\"\n"));
    // It is what `tempus health` asks by itself from now on.
    assert_eq!(exposed.run(&["health"], &[]).status.code(), Some(7));
    exposed.start();
    let url = format!("http://127.0.0.1:{port}");
    let asked = exposed.run(&["health", "--url", &url], &[]);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    let listed = exposed.run(&["list", "--url", &url], &[]);
    assert_eq!(listed.status.code(), Some(6), "{listed:?}");
    exposed.stop();
    let asked = exposed.run(&["health"], &[]);
    assert_eq!(asked.status.code(), Some(7), "{asked:?}");
    assert!(
        text(&asked.stderr).contains(&format!("{url}/health")),
        "{asked:?}"
    );
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_must_not_be_exposed_does_not_start() {
    let exposed = Exposed::new();
    exposed.write_config("");
    let refused = |args: &[&str], said: &str| {
        let output = exposed.run(args, &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let shown = text(&output.stderr);
        assert!(shown.contains(said), "{shown}");
    };
    let key = exposed.folder().join("tls.key");
    chmod(&key, 0o644);
    refused(&["serve"], "api.tls_certificate and api.tls_key: ");
    refused(
        &["serve"],
        "tls.key: everybody on this machine can read this key (mode 644)",
    );
    chmod(&key, 0o600);
    let any = "api.listen=0.0.0.0:0";
    for (key, missing) in [
        ("identity.admin_token_hash=", "identity.oidc"),
        ("api.names=", "api.names = nothing"),
        ("api.tls_key=", "api.tls_key = nothing"),
        ("api.tls_certificate=", "api.tls_certificate = nothing"),
    ] {
        refused(&["serve", "--set", any, "--set", key], missing);
    }
    let nobody = "identity.admin_token_hash=";
    refused(
        &["dev", "--set", nobody],
        "tempus dev is for this machine alone",
    );
}
