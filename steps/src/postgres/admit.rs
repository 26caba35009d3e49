//! What is refused of a preview with a database, before it is accepted.

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

#[cfg(test)]
mod tests {
    use tempus_model::{Service, Template};

    use super::*;

    #[test]
    fn each_refusal_names_its_field() {
        let web = Service::new("web".parse().unwrap(), 80);
        let mut spec = Spec::new(Template::ApiDatabase, vec![web]);
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
