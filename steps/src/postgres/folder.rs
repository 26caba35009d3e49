//! Where dumps are: within a folder, which nothing leads out of.

use std::path::{Path, PathBuf};

use tempus_model::Spec;

use crate::Ctx;

/// Where the files of previews are on a platform.
pub(crate) trait Folders: Send + Sync {
    /// The folder of a preview's files; `None` if it has none.
    fn folder(&self, ctx: &dyn Ctx, spec: &Spec) -> Option<Folder>;
}

/// Those of a platform that has no files.
pub(crate) struct NoFolders;

impl Folders for NoFolders {
    fn folder(&self, _ctx: &dyn Ctx, _spec: &Spec) -> Option<Folder> {
        None
    }
}

/// A folder that dumps may be in.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it is called in what people are told.
    pub(crate) called: String,
}

impl Folder {
    /// The one that the services of a specification run in, where it names one.
    pub(crate) fn named(spec: &Spec) -> Option<Self> {
        let mut services = spec.services.iter();
        let dir = services.find_map(|service| service.dir.as_deref())?;
        Some(Self {
            path: PathBuf::from(dir),
            called: dir.to_owned(),
        })
    }
}

/// The file of a dump, or why there is none. Whatever the folder holds, links included, the file is
/// within it.
pub(crate) fn dump_file(folder: Option<&Folder>, path: &str) -> Result<PathBuf, String> {
    let Some(Folder { path: root, called }) = folder else {
        return Err(format!(
            "{path} is a path in a folder, and no service runs in one: give its \"dir\""
        ));
    };
    let missing = || format!("{path} is no file in {called}");
    let root = root.canonicalize().map_err(|_| missing())?;
    let file = root.join(Path::new(path)).canonicalize();
    let file = file.map_err(|_| missing())?;
    if !file.starts_with(&root) || !file.is_file() {
        return Err(missing());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempus_model::{Service, Template};

    use super::*;

    fn folder(dir: &Path) -> Option<Folder> {
        let mut web = Service::new("web".parse().unwrap(), 80);
        web.dir = Some(dir.display().to_string());
        Folder::named(&Spec::new(Template::ApiDatabase, vec![web]))
    }

    #[test]
    fn a_dump_is_a_file_within_the_folder() {
        let (outside, inside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = outside.path().join("secret");
        std::fs::write(&secret, "x").unwrap();
        std::fs::create_dir(inside.path().join("db")).unwrap();
        std::fs::write(inside.path().join("db/seed.sql"), "SELECT 1").unwrap();
        symlink(&secret, inside.path().join("out.sql")).unwrap();
        symlink(outside.path(), inside.path().join("away")).unwrap();
        symlink("db/seed.sql", inside.path().join("in.sql")).unwrap();
        let up = format!(
            "../{}/secret",
            outside.path().file_name().unwrap().display()
        );
        let folder = folder(inside.path());
        for right in ["db/seed.sql", "in.sql"] {
            assert!(dump_file(folder.as_ref(), right).is_ok(), "{right}");
        }
        let whole = secret.display().to_string();
        for wrong in ["db", "none.sql", "out.sql", "away/secret", &up, &whole] {
            let error = dump_file(folder.as_ref(), wrong).unwrap_err();
            let says = format!("{wrong} is no file in {}", inside.path().display());
            assert_eq!(error, says);
        }
        let error = dump_file(None, "db/seed.sql").unwrap_err();
        assert!(error.contains("\"dir\""), "{error}");
    }
}
