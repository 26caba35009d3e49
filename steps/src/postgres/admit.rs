//! What is refused of a preview with a database, before it is accepted.

use std::path::{Path, PathBuf};

use tempus_model::{FieldError, Spec};

use super::Databases;

/// The variable by which services are told of their database.
pub(crate) const VARIABLE: &str = "DATABASE_URL";

/// What no platform could make a preview with a database of.
pub(crate) fn admit(databases: &Databases, spec: &Spec) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !databases.are_offered() {
        let problem = "needs a database server, and this server has none: its operator names one in \
            database.url";
        errors.push(FieldError::new("template", problem));
    }
    for (index, service) in spec.services.iter().enumerate() {
        for (kind, variables) in [("env", &service.env), ("secrets", &service.secrets)] {
            if variables.contains_key(VARIABLE) {
                let field = format!("services[{index}].{kind}");
                let problem = format!("{VARIABLE} is given to every service; leave it out");
                errors.push(FieldError::new(field, problem));
            }
        }
    }
    errors
}

/// The file of a specification's dump, or why there is none. It is looked for in the folder that the
/// services run in, and nothing leads out of that.
pub(crate) fn dump_file(spec: &Spec, path: &str) -> Result<PathBuf, String> {
    let folder = spec
        .services
        .iter()
        .find_map(|service| service.dir.as_deref());
    let Some(folder) = folder else {
        return Err(format!(
            "{path} is a path in a folder, and no service runs in one: give its \"dir\""
        ));
    };
    let missing = || format!("{path} is no file in {folder}");
    let folder = Path::new(folder).canonicalize().map_err(|_| missing())?;
    let file = folder.join(path).canonicalize().map_err(|_| missing())?;
    if !file.starts_with(&folder) || !file.is_file() {
        return Err(missing());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempus_model::{Service, Template};

    use super::*;

    fn spec(dir: Option<&Path>) -> Spec {
        let mut web = Service::new("web".parse().unwrap(), 80);
        web.dir = dir.map(|dir| dir.display().to_string());
        Spec::new(Template::ApiDatabase, vec![web])
    }

    #[test]
    fn a_dump_is_a_file_within_the_folder() {
        let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = outside.path().join("secret");
        std::fs::write(&secret, "x").unwrap();
        std::fs::create_dir(folder.path().join("db")).unwrap();
        std::fs::write(folder.path().join("db/seed.sql"), "SELECT 1").unwrap();
        symlink(&secret, folder.path().join("out.sql")).unwrap();
        let spec = spec(Some(folder.path()));
        assert!(dump_file(&spec, "db/seed.sql").is_ok());
        for wrong in ["db", "none.sql", "out.sql"] {
            let error = dump_file(&spec, wrong).unwrap_err();
            assert!(
                error.starts_with(&format!("{wrong} is no file in")),
                "{error}"
            );
        }
        let error = dump_file(&self::spec(None), "db/seed.sql").unwrap_err();
        assert!(error.contains("\"dir\""), "{error}");
    }

    #[test]
    fn each_refusal_names_its_field() {
        let mut spec = spec(None);
        let fields = |databases: &Databases, spec: &Spec| -> Vec<_> {
            let errors = admit(databases, spec).into_iter();
            errors.map(|error| error.field).collect()
        };
        assert_eq!(fields(&Databases::None, &spec), ["template"]);
        assert!(fields(&Databases::Elsewhere, &spec).is_empty());
        let web = &mut spec.services[0];
        web.env.insert(VARIABLE.to_owned(), "x".to_owned());
        assert_eq!(fields(&Databases::Elsewhere, &spec), ["services[0].env"]);
    }
}
