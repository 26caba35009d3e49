//! Each secret is replaced under a server that is in use: what the new one opens, what the old one still does, and from when
//! on it does not.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempus_steps::gate::{Gate, GateKeys};
use tempus_tests::runbook::{Desk, Page};
use tempus_tests::server::{Exposed, Server, app, eventually, tempus, text};

use crate::{PATIENCE, control_plane, site};

/// What the page says that one is told whose token is not taken, and the exit status that goes with it.
const REFUSED: (i32, &str) = (11, "A token is needed");

#[tokio::test]
async fn rotate_secrets() {
    let page = Page::open("rotate-secrets.md");
    assert!(page.text.contains(&format!("`{}`", REFUSED.1)));
    tokens(&page).await;
    certificate(&page).await;
    gate_key(&page).await;
    gate_key_on_aws(&page).await;
    page.is_done();
}

async fn tokens(page: &Page) {
    let folder = tempfile::tempdir().unwrap();
    let first = tempus(folder.path(), "", &["token", "new", "--json"]).await;
    let first = first.json();
    let mut server = Server::start(&[
        (
            "identity.admin_token_hash",
            text(&first, "admin_token_hash"),
        ),
        ("log.level", "trace"),
    ])
    .await;
    let mut desk = Desk::at(&server.api().url());
    let administrator = text(&first, "token");
    let asked = json!({"name": "old", "scope": "deployer", "owner": "ada", "expires_in": "1h"});
    let bearing = |token: &str| format!("Bearer {token}");
    let made = server.api().post("/tokens", &asked);
    let made = made.header("authorization", &bearing(administrator));
    let made = made.send().await.expect(201);
    let (id, old) = (text(&made["record"], "id"), text(&made, "token"));
    let create = app::request(&server, "hers", &json!({}));
    let create = server.api().post("/preview/create", &create);
    let create = create.header("authorization", &bearing(old)).send();
    create.await.expect(202);

    desk.variable("TEMPUS_TOKEN", administrator);
    let looked = desk.run(page, "look").await;
    assert!(looked.contains(id) && looked.contains("ada"), "{looked}");
    desk.word("OWNER", "ada");
    let new = desk.ends(page, "token", 0).await.stdout;
    let new = new.trim();
    assert!(new.starts_with("tps_") && new != old, "only the token");
    for token in [old, new] {
        assert_eq!(previews(&server, token).await, (200, 1), "both are in use");
    }
    desk.word("ID", id);
    desk.run(page, "revoke").await;
    assert_eq!(previews(&server, old).await.0, 401);
    desk.variable("TEMPUS_TOKEN", new);
    let known = desk.run(page, "know token").await;
    assert!(known.contains("ada"), "{known}");
    is_refused(&mut desk, page, old).await;

    let hash = desk.run(page, "administrator").await;
    let file = desk.folder().join("administrator.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let (hash_kept, next) = (text(&kept, "admin_token_hash"), text(&kept, "token"));
    assert!(hash.contains(hash_kept) && !hash.contains(next), "{hash}");
    assert_eq!(mode(&file), 0o600);
    assert!(server.terminate(Signal::TERM).await.success());
    server.set("identity.admin_token_hash", hash_kept);
    server.launch().await;
    is_refused(&mut desk, page, administrator).await;
    desk.variable("TEMPUS_TOKEN", next);
    let known = desk.run(page, "know token").await;
    assert!(known.contains("admin"), "{known}");

    let log = server.log();
    for secret in [administrator, old, new, next] {
        let part = &secret[secret.len() - 40..];
        assert!(!log.contains(part), "a credential is in the log");
    }
}

/// The status of a list of previews, and how many are in it.
async fn previews(server: &Server, token: &str) -> (u16, usize) {
    let call = server.api().get("/previews");
    let call = call.header("authorization", &format!("Bearer {token}"));
    let answer = call.send().await;
    let listed = answer.json()["previews"].as_array().map_or(0, Vec::len);
    (answer.status, listed)
}

async fn is_refused(desk: &mut Desk, page: &Page, token: &str) {
    desk.variable("TEMPUS_TOKEN", token);
    let (exit, said) = REFUSED;
    let refused = desk.ends(page, "know token", exit).await;
    assert!(refused.stderr.contains(said), "{refused:?}");
    let shown = refused.stdout + &refused.stderr;
    assert!(!shown.contains(token), "a credential is shown");
}

async fn certificate(page: &Page) {
    let mut exposed = Exposed::new();
    let desk = Desk::at(&exposed.url("localhost"));
    let files = |name: &str| {
        let (certificate, key) = (format!("{name}certificate.pem"), format!("{name}key.pem"));
        (desk.folder().join(certificate), desk.folder().join(key))
    };
    exposed.files = files("");
    exposed.sign(&exposed.files);
    exposed.write_config("");
    exposed.start();
    let first = desk.run(page, "know certificate").await;
    assert_eq!(first, serial(&exposed.files.0));

    // The key alone: another certificate's.
    exposed.sign(&files("new-"));
    std::fs::rename(&exposed.files.1, desk.folder().join("old-key.pem")).unwrap();
    std::fs::copy(files("new-").1, &exposed.files.1).unwrap();
    eventually("the log says why", PATIENCE, async || {
        let log = exposed.log();
        let why = "the old certificate stays in use: the new one cannot be";
        let said = log.lines().find(|line| line.contains(why))?;
        said.contains("key.pem is not the key of").then_some(())
    })
    .await;
    assert_eq!(desk.run(page, "know certificate").await, first);

    desk.run(page, "certificate").await;
    let new = serial(&exposed.files.0);
    assert_ne!(new, first);
    eventually("the new one is shown", PATIENCE, async || {
        let shown = desk.run(page, "know certificate").await;
        assert!([&first, &new].contains(&&shown), "{shown}");
        (shown == new).then_some(())
    })
    .await;
    // By the process that was started with the old one.
    exposed.stop();
}

/// What is printed of a certificate in a file.
fn serial(certificate: &Path) -> String {
    let mut openssl = Command::new("openssl");
    let openssl = openssl.args(["x509", "-noout", "-serial", "-enddate", "-in"]);
    let output = openssl.arg(certificate).output().expect("openssl");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn gate_key(page: &Page) {
    let mut server = Server::start(&[]).await;
    let mut request = app::request(&server, "shop", &json!({}));
    request["access"] = "link".into();
    server.api().ready(&request).await;
    let mut desk = Desk::at(&server.api().url());
    desk.word("DATA", server.data().display().to_string());
    desk.word("PREVIEW", "shop");
    let link = async || desk.ends(page, "know link", 0).await.stdout;

    let before = link().await;
    assert!(opens(&server, &before).await);
    desk.run(page, "gate key").await;
    again(&mut server).await;
    let after = link().await;
    assert!(opens(&server, &before).await && opens(&server, &after).await);
    desk.run(page, "gate key alone").await;
    again(&mut server).await;
    assert!(!opens(&server, &before).await, "its key is gone");
    assert!(opens(&server, &after).await);

    // Whoever forgets the last step can still do all of it again.
    for _ in 0..2 {
        desk.run(page, "gate key").await;
    }
    assert_eq!(mode(&server.data().join("gate.key")), 0o600);
    again(&mut server).await;
    assert!(opens(&server, &link().await).await);
}

async fn again(server: &mut Server) {
    assert!(server.terminate(Signal::TERM).await.success());
    server.launch().await;
    // Closed or not, it answers for itself once its process does.
    eventually("shop is up", PATIENCE, async || {
        let status = server.api().visit("shop", "/").send().await.status;
        (status == 401).then_some(())
    })
    .await;
}

/// Whether a link leads into the preview.
async fn opens(server: &Server, link: &str) -> bool {
    let query = link.trim().rsplit_once('/').unwrap().1;
    let on = server.api().visit("shop", &format!("/{query}")).send();
    let on = on.await;
    if on.header("x-tempus") == Some("link-ended") {
        return false;
    }
    assert_eq!(on.status, 303, "{}", on.text());
    let session = on.header("set-cookie").unwrap().split(';').next().unwrap();
    eventually("the preview is up", PATIENCE, async || {
        let inside = server.api().visit("shop", "/").header("cookie", session);
        (inside.send().await.status == 200).then_some(())
    })
    .await;
    true
}

async fn gate_key_on_aws(page: &Page) {
    let site = site("rotated", &[]).await;
    control_plane(&site).await;
    let calls = site.account.calls();
    let mut desk = Desk::for_site(&site, "http://127.0.0.1:9", calls.endpoint());
    let first = GateKeys::random();
    let secret = json!({"Name": "rotated/gate", "SecretString": first});
    let made = calls.secrets("CreateSecret", &secret).await;
    let arn = text(&made, "ARN");
    desk.variable("GATE_KEY", arn);
    let value = async || {
        let asked = json!({"SecretId": arn});
        let got = calls.secrets("GetSecretValue", &asked).await;
        let value = text(&got, "SecretString").to_owned();
        (GateKeys::parse(&value).unwrap(), value)
    };
    let signed = |keys: &GateKeys| Gate::new(keys.clone()).keyed("by the first");
    let of_first = signed(&GateKeys::parse(&first).unwrap());

    desk.run(page, "gate key aws").await;
    let (keys, two) = value().await;
    assert_eq!(signed(&keys), of_first, "the new key is only accepted");
    assert_eq!(two.split_whitespace().next(), Some(&*first));
    desk.run(page, "gate key aws tasks").await;
    desk.run(page, "gate key aws first").await;
    let (keys, turned) = value().await;
    let new = two.split_whitespace().nth(1).unwrap();
    assert_eq!(
        turned.split_whitespace().collect::<Vec<_>>(),
        [new, &*first]
    );
    assert_ne!(signed(&keys), of_first);
    desk.run(page, "gate key aws alone").await;
    assert_eq!(value().await.1.trim(), new);
    let left: Vec<_> = std::fs::read_dir(desk.folder())
        .unwrap()
        .flatten()
        .collect();
    assert!(left.iter().all(|file| file.file_name() != "gate.key"));
}

fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}
