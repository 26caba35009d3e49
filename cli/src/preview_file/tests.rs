use super::*;

fn read(text: &str) -> Result<App, String> {
    App::read(Path::new(FILE), Path::new("/app"), text).map_err(|error| error.to_string())
}

fn runs(text: &str) -> Result<Runs, String> {
    read(text).map(|app| app.runs)
}

#[test]
fn who_may_see_it_is_one_of_three_words() {
    for (word, access) in [
        ("open", AccessWord::Open),
        ("link", AccessWord::Link),
        ("password", AccessWord::Password),
    ] {
        let app = read(&format!("command: x\naccess: {word}\n")).unwrap();
        assert_eq!(app.access, Some(access));
    }
    assert_eq!(read("command: x\n").unwrap().access, None);
    let error = read("command: x\naccess: hunter2222\n").unwrap_err();
    assert!(
        error.starts_with(".tempus.yml:2: access: must be open, link or"),
        "{error}"
    );
    assert!(!error.contains("hunter"), "{error}");
}

#[test]
fn one_service_needs_only_a_command() {
    let Ok(Runs::Single(service)) = runs("command: python3 app.py\n") else {
        panic!("one service");
    };
    assert_eq!(service.command.as_deref(), Some("python3 app.py"));
    assert_eq!(service.dir.as_deref(), Some("/app"));
    assert_eq!((service.port, service.env), (None, None));
}

#[test]
fn values_of_variables_are_taken_as_they_are_written() {
    let text =
        "command: x\nport: 9000\nenvironment:\n  DEBUG: true\n  N: 010\n  F: 0.50\n  S: \"a b\"\n";
    let Ok(Runs::Single(service)) = runs(text) else {
        panic!("{:?}", read(text));
    };
    let env: Vec<_> = service.env.unwrap().into_iter().collect();
    let pairs: Vec<_> = env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        pairs,
        [("DEBUG", "true"), ("F", "0.50"), ("N", "010"), ("S", "a b")]
    );
    assert_eq!(service.port, Some(9000));
}

#[test]
fn services_keep_their_order_as_a_map_and_as_a_list() {
    let map = "services:\n  web:\n    command: a\n  api:\n    command: b\n    path: /api\n";
    let list =
        "services:\n  - name: web\n    command: a\n  - name: api\n    command: b\n    path: /api\n";
    let (map, list) = (read(map).unwrap(), read(list).unwrap());
    assert_eq!(map, list);
    let Runs::Several(services) = map.runs else {
        panic!("several");
    };
    let names: Vec<_> = services.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["web", "api"]);
    assert_eq!(services[1].path.as_deref(), Some("/api"));
}

#[test]
fn each_mistake_names_the_line_the_key_and_what_is_accepted() {
    let cases = [
        "comand: x",
        "command: x\nprot: 3",
        "services:\n  web:\n    command: x\n    image: y",
        "services:\n  - command: x",
        "services:\n  web:\n    port: 1",
        "command: x\nservices:\n  web:\n    command: y",
        "services: {}",
        "services: web",
        "command: x\nport: 70000",
        "command: x\nport: 0",
        "command: x\nport: http",
        "command: [a, b]",
        "command: x\ncommand: y",
        "command: x\nenvironment:\n  A: {b: c}",
        "port: 80",
        "",
        "command: 'x",
    ];
    let seen: Vec<_> = cases
        .iter()
        .map(|text| format!("{text:?}\n    {}", read(text).unwrap_err()))
        .collect();
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn a_folder_without_the_file_says_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let error = App::of_folder(folder.path()).unwrap_err().to_string();
    assert!(error.contains("no .tempus.yml there"), "{error}");
}

mod anything {
    use proptest::prelude::*;

    use super::*;
    use crate::anything::hold;

    fn line() -> impl Strategy<Value = String> {
        let key = prop::sample::select(vec![
            "command",
            "port",
            "health_path",
            "environment",
            "services",
            "path",
            "name",
            "image",
            "- name",
            "<<",
        ]);
        let value = prop_oneof![
            any::<i64>().prop_map(|n| n.to_string()),
            "\\PC{0,20}",
            Just(String::new()),
            Just("&a".to_owned()),
            Just("*a".to_owned()),
            Just("!!binary x".to_owned()),
            Just("{a: 1, b: [2]}".to_owned()),
            Just("|".to_owned()),
        ];
        (0..4_usize, key, value)
            .prop_map(|(depth, key, value)| format!("{}{key}: {value}", "  ".repeat(depth)))
    }

    /// Any text is read, or refused with the file's name and a reason.
    #[test]
    fn any_file_is_read_or_refused_with_a_reason() {
        let lines = prop::collection::vec(line(), 0..8);
        hold(2000, &(lines, ".{0,40}"), |(lines, noise)| {
            for text in [lines.join("\n"), noise] {
                if let Err(told) = read(&text) {
                    prop_assert!(told.contains(FILE) && told.len() > FILE.len() + 5, "{told}");
                }
            }
            Ok(())
        });
    }
}
