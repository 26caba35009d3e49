//! Archives as `git archive` makes them, and as nobody should.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

use super::*;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// An archive in the making: what a well-behaved library would not write.
#[derive(Default)]
struct Packing(Vec<u8>);

impl Packing {
    fn entry(self, kind: EntryType, path: &str, target: &str, mode: u32, content: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        self.raw(&header, content)
    }

    fn raw(mut self, header: &Header, content: &[u8]) -> Self {
        let mut header = header.clone();
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, path, "", 0o664, content.as_bytes())
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path, target, 0o777, b"")
    }

    fn folder(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, "", 0o775, b"")
    }

    fn commit(self, sha: &str) -> Self {
        let line = format!("52 comment={sha}\n");
        assert_eq!(line.len(), 52);
        self.entry(
            EntryType::XGlobalHeader,
            "pax_global_header",
            "",
            0o664,
            line.as_bytes(),
        )
    }
}

/// A folder with an archive, and what was unpacked of it.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(Packing(packed): Packing) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("archive")).unwrap();
        let mut gz = GzEncoder::new(file, Compression::fast());
        gz.write_all(&packed).unwrap();
        gz.write_all(&[0; 1024]).unwrap();
        gz.finish().unwrap();
        fs::create_dir(folder.path().join("outer")).unwrap();
        fs::create_dir(folder.path().join("outer/root")).unwrap();
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("outer/root")
    }

    fn unpack(&self, limits: &Limits) -> Result<(), StepError> {
        let archive = self.folder.path().join("archive");
        super::unpack(&archive, &self.root(), SHA, limits)
    }
}

fn unpacked(packed: Packing) -> Bench {
    let bench = Bench::new(packed);
    bench.unpack(&Limits::default()).unwrap();
    bench
}

/// Refused for good, with these words; and nothing was written beside the folder.
fn refuses(packed: Packing, says: &str) {
    let bench = Bench::new(packed);
    let error = bench.unpack(&Limits::default()).unwrap_err();
    assert!(matches!(error, StepError::Rejected { .. }), "{error}");
    assert!(error.to_string().contains(says), "{error}");
    let beside: Vec<_> = fs::read_dir(bench.folder.path().join("outer"))
        .unwrap()
        .collect();
    assert_eq!(beside.len(), 1, "{beside:?}");
}

#[test]
fn a_commit_is_unpacked_as_it_was() {
    let long = format!("top/{}/{}", "d".repeat(80), "f".repeat(90));
    let record = format!(" path={long}\n");
    let length = record.len() + (record.len() + 3).to_string().len();
    let record = format!("{length}{record}");
    assert_eq!(record.len(), length);
    let bench = unpacked(
        Packing::default()
            .commit(SHA)
            .folder("top/")
            .folder("top/bin/")
            .entry(EntryType::Regular, "top/bin/run", "", 0o775, b"#!/bin/sh\n")
            .file("top/read.me", "hello")
            .file("top/deep/er/file", "not listed above")
            .link("top/bin/readme", "../read.me")
            .link("top/current", "bin/readme")
            .link("top/dangling", "nowhere")
            .entry(EntryType::XHeader, "x", "", 0o664, record.as_bytes())
            .file("top/cut", "long"),
    );
    let root = bench.root();
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("bin/run"), mode("read.me")), (0o775, 0o664));
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    assert_eq!(text("current"), "hello");
    assert_eq!(text("deep/er/file"), "not listed above");
    assert_eq!(text(&long["top/".len()..]), "long");
    assert!(
        fs::symlink_metadata(root.join("dangling"))
            .unwrap()
            .is_symlink()
    );
    assert!(!root.join("top").exists() && !root.join("cut").exists());
}

#[test]
fn a_long_name_as_others_pack_it_is_read_too() {
    let long = format!("top/{}", "n".repeat(150));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(2);
    header.set_mode(0o4755);
    builder.append_data(&mut header, &long, &b"ok"[..]).unwrap();
    let bench = unpacked(Packing(builder.into_inner().unwrap()));
    let place = bench.root().join(&long["top/".len()..]);
    assert_eq!(fs::read_to_string(&place).unwrap(), "ok");
    // Nobody becomes somebody else by running it.
    let mode = fs::metadata(&place).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn no_path_leads_out() {
    for path in [
        "top/../../x",
        "../x",
        "/etc/x",
        "top/a/../x",
        "..",
        "top/..",
    ] {
        refuses(Packing::default().file(path, "x"), "leads out of it");
    }
    let record = b"23 path=top/../../../x\n";
    refuses(
        Packing::default()
            .entry(EntryType::XHeader, "x", "", 0o664, record)
            .file("top/x", "x"),
        "leads out of it",
    );
}

#[test]
fn no_link_leads_out() {
    for (path, target) in [
        ("top/a", "/etc/passwd"),
        ("top/a", ".."),
        ("top/a", "../x"),
        ("top/b/a", "../../x"),
        // Through a link to a folder far down, going up again would be going out.
        ("top/a", "b/../../x"),
        ("top/a", "b/.."),
    ] {
        let packed = Packing::default().link(path, target);
        refuses(packed, "links to what may be outside");
    }
    refuses(Packing::default().link("top/a", ""), "links to nothing");
}

#[test]
fn nothing_is_written_through_a_link() {
    // Links come last, so a path through one meets a folder, and the link then meets that.
    refuses(
        Packing::default()
            .folder("top/b/")
            .link("top/a", "b")
            .file("top/a/x", "x"),
        "a comes twice",
    );
    refuses(
        Packing::default()
            .folder("top/b/")
            .link("top/a", "b")
            .link("top/a/x", "y"),
        "a comes twice",
    );
    refuses(
        Packing::default().link("top/a", "b").file("top/a", "x"),
        "a comes twice",
    );
    refuses(
        Packing::default().file("top/a", "x").file("top/a", "y"),
        "a comes twice",
    );
    refuses(
        Packing::default().file("top/a", "x").file("top/a/b", "y"),
        "a comes twice",
    );
}

#[test]
fn what_is_neither_file_folder_nor_link_is_refused() {
    for kind in [
        EntryType::Link,
        EntryType::Fifo,
        EntryType::Char,
        EntryType::Block,
        EntryType::GNUSparse,
        EntryType::Continuous,
    ] {
        refuses(
            Packing::default().entry(kind, "top/a", "top/b", 0o644, b""),
            "neither a file",
        );
    }
}

#[test]
fn it_must_be_the_commit_that_was_asked_for() {
    let other = Packing::default().commit(&"f".repeat(40)).file("top/a", "");
    refuses(other, "another commit's");
    unpacked(Packing::default().file("top/a", ""));
}

#[test]
fn what_is_too_much_is_refused_before_it_is_kept() {
    let large = vec![0; 1 << 20];
    let packed = || {
        Packing::default()
            .file("top/a", "")
            .entry(EntryType::Regular, "top/large", "", 0o644, &large)
            .file("top/b", "")
    };
    let refused = |limits: Limits| {
        let bench = Bench::new(packed());
        let error = bench.unpack(&limits).unwrap_err();
        assert!(matches!(error, StepError::Rejected { .. }), "{error}");
        let size = fs::metadata(bench.root().join("large")).map_or(0, |file| file.len());
        (error.to_string(), size)
    };
    let (entries, bytes) = (10, 100 << 10);
    let (error, size) = refused(Limits { entries, bytes });
    assert!(
        error.contains("too much") && size <= bytes,
        "{error} {size}"
    );
    let (error, _) = refused(Limits {
        entries: 2,
        bytes: 2 << 20,
    });
    assert!(error.contains("too many files"), "{error}");

    let long = vec![b'n'; 100 << 10];
    let kinds = [
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
    ];
    for kind in kinds {
        refuses(
            Packing::default().entry(kind, "x", "", 0o644, &long),
            "too long",
        );
    }
}

#[test]
fn half_an_archive_may_be_whole_the_next_time() {
    let bench = Bench::new(
        Packing::default()
            .commit(SHA)
            .file("top/a", &"x".repeat(9000)),
    );
    let path = bench.folder.path().join("archive");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = bench.unpack(&Limits::default()).unwrap_err();
    assert!(matches!(error, StepError::Transient { .. }), "{error}");
}
