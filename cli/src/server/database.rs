//! The server of previews' databases, as far as it is configured and this role speaks to it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tempus_steps::http;
use tempus_steps::postgres::{Address, DatabaseKeys, Databases, Password, Server, Transport};

use super::chosen::Role;
use super::secret::{own, secret};
use crate::config::{Config, EngineKind, TlsKind};

/// The variable that holds the password of the server's user.
const PASSWORD: &str = "TEMPUS_DATABASE_PASSWORD";
/// The variable that holds the keys.
const KEY: &str = "TEMPUS_DATABASE_KEY";
/// The variable that holds the authorities, in PEM, where there is no file to put them in.
const AUTHORITIES: &str = "TEMPUS_DATABASE_CA";
/// The file in the data folder that holds the keys of an installation which is one process.
const FILE: &str = "database.key";

/// The server. Who only accepts previews is told that there is one, and nothing that it could use.
pub(super) fn databases(config: &Config, role: Role, data: &Path) -> anyhow::Result<Databases> {
    let settings = &config.database;
    let Some(url) = &settings.url else {
        return Ok(Databases::None);
    };
    if !role.has_worker() {
        return Ok(Databases::Elsewhere);
    }
    let address: Address = url.as_str().parse().context("database.url")?;
    Ok(Databases::On(Arc::new(Server {
        transport: transport(config, &address)?,
        password: password(config)?,
        keys: keys(config, data)?,
        address,
    })))
}

fn transport(config: &Config, address: &Address) -> anyhow::Result<Transport> {
    let settings = &config.database;
    let file = settings.ca_file.as_deref();
    let authorities = secret(AUTHORITIES, "database.ca_file", file)?;
    match settings.tls {
        TlsKind::Off => return Ok(Transport::Plain),
        // Authorities that somebody names say that there is something to verify.
        TlsKind::Auto if address.is_this_machine() && authorities.is_none() => {
            return Ok(Transport::Plain);
        }
        TlsKind::Auto | TlsKind::Verify => {}
    }
    let tls = match authorities {
        Some((pem, place)) => http::tls_of(pem.as_bytes())
            .with_context(|| format!("{place}: must be certificates of authorities in PEM"))?,
        None => http::public_tls()?,
    };
    Ok(Transport::Tls(Box::new(tls)))
}

fn password(config: &Config) -> anyhow::Result<Password> {
    let file = config.database.password_file.as_deref();
    let read = secret(PASSWORD, "database.password_file", file)?;
    Ok(match (read, file) {
        (None, _) => Password::Unneeded,
        // Read anew for each connection; that it can be read is known now.
        (Some(_), Some(file)) if std::env::var_os(PASSWORD).is_none() => {
            Password::File(file.to_owned())
        }
        (Some((text, _)), _) => Password::Text(text.trim_end_matches(['\r', '\n']).to_owned()),
    })
}

/// The keys: of the environment, of the file that is configured, or, where the data folder is the whole
/// installation, of a file in it that is made with the first start.
fn keys(config: &Config, data: &Path) -> anyhow::Result<DatabaseKeys> {
    let file = config.database.key_file.as_deref();
    if let Some((text, place)) = secret(KEY, "database.key_file", file)? {
        return DatabaseKeys::parse(&text).context(place);
    }
    if config.engine == EngineKind::Sqlite {
        let path = data.join(FILE);
        let place = || path.display().to_string();
        let text = own(&path).with_context(place)?;
        return DatabaseKeys::parse(&text).with_context(place);
    }
    anyhow::bail!(
        "database.url is set, but there is no key to derive passwords from: set {KEY} or \
         database.key_file, the same for every worker"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    fn config(url: &str) -> Config {
        let mut config = Config::default();
        config.database.url = Setting::read(url).unwrap();
        config
    }

    fn server(config: &Config, data: &Path) -> Arc<Server> {
        match databases(config, Role::All, data).unwrap() {
            Databases::On(server) => server,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_only_accepts_previews_knows_that_there_is_a_server_and_no_secret() {
        let data = tempfile::tempdir().unwrap();
        let none = databases(&Config::default(), Role::All, data.path()).unwrap();
        assert!(!none.are_offered());
        let mut config = config("postgres://tempus@db.example.com/postgres");
        config.engine = EngineKind::Aws;
        let api = databases(&config, Role::Api, data.path()).unwrap();
        assert!(matches!(api, Databases::Elsewhere));
        let error = databases(&config, Role::Worker, data.path()).unwrap_err();
        assert!(error.to_string().contains("database.key_file"), "{error}");
    }

    #[test]
    fn only_what_goes_to_this_machine_goes_in_the_clear_unasked() {
        let data = tempfile::tempdir().unwrap();
        let mut here = config("postgres://me@127.0.0.1:5432/postgres");
        assert!(matches!(
            server(&here, data.path()).transport,
            Transport::Plain
        ));
        let mut there = config("postgres://me@db.example.com/postgres");
        there.database.tls = TlsKind::Off;
        assert!(matches!(
            server(&there, data.path()).transport,
            Transport::Plain
        ));
        here.database.ca_file = Some(data.path().join("ca.pem"));
        let error = format!(
            "{:#}",
            databases(&here, Role::All, data.path()).unwrap_err()
        );
        assert!(error.starts_with("database.ca_file: "), "{error}");
    }

    #[test]
    fn a_password_is_read_and_never_shown() {
        let data = tempfile::tempdir().unwrap();
        let mut config = config("postgres://me@localhost/postgres");
        assert!(matches!(
            server(&config, data.path()).password,
            Password::Unneeded
        ));
        let file = data.path().join("password");
        config.database.password_file = Some(file.clone());
        let error = format!(
            "{:#}",
            databases(&config, Role::All, data.path()).unwrap_err()
        );
        assert!(error.starts_with("database.password_file: "), "{error}");
        std::fs::write(&file, "hush\n").unwrap();
        let server = server(&config, data.path());
        assert!(matches!(server.password, Password::File(_)));
        assert!(!format!("{server:?}").contains("hush"));
    }
}
