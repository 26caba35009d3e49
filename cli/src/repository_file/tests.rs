use std::fs;

use super::*;

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn asked(folder: &Path) -> Asked {
    Repository::of_folder(folder).unwrap().asks().unwrap()
}

#[test]
fn the_second_place_is_read_if_there_is_nothing_in_the_first() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        ".idp/config.yml",
        "command: second\nttl: 1d\n",
    );
    let found = asked(folder.path());
    assert_eq!(found.request.command.as_deref(), Some("second"));
    assert_eq!(found.notes, [""; 0]);
    write(
        folder.path(),
        ".tempus.yml",
        "command: first\naccess: link\n",
    );
    let found = asked(folder.path());
    assert_eq!(found.request.command.as_deref(), Some("first"));
    assert_eq!(found.access, Some(AccessWord::Link));
    assert_eq!(
        found.notes,
        [".idp/config.yml is not read, since .tempus.yml is there"]
    );
}

#[test]
fn a_folder_without_a_file_has_the_defaults_and_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    // What stands in the way of the second place is not the second place.
    write(folder.path(), ".idp", "");
    let mut found = asked(folder.path());
    found.complete();
    let defaults = CreateRequest {
        ttl: Some("7d".to_owned()),
        ..CreateRequest::default()
    };
    assert_eq!(found.request, defaults);
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert!(found.notes[0].contains("tempus init"), "{:?}", found.notes);
    assert!(
        found.notes[1].contains("default application"),
        "{:?}",
        found.notes
    );
}

#[test]
fn mistakes_name_the_file_as_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".idp/config.yml", "command: x\nprot: 1\n");
    let error = Repository::of_folder(folder.path())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(".idp/config.yml:2: prot: no such key"),
        "{error}"
    );
    let nowhere = folder.path().join("nowhere");
    let error = Repository::of_folder(&nowhere).unwrap_err().to_string();
    assert!(error.contains("nowhere: "), "{error}");
}
