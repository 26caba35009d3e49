//! An authority of a test's own, whose certificates nobody else trusts.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};

/// An authority, and the files that it has signed.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    /// A new one, which writes its certificate and those that it signs into this folder.
    pub fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority of a test");
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let folder = folder.to_owned();
        std::fs::write(folder.join("ca.pem"), issuer.pem()).expect("a folder to write in");
        Self { issuer, folder }
    }

    /// The file to trust it by.
    pub fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Signs a certificate for these names, new each time: its file, and its key's.
    pub fn sign(&self, names: &[&str]) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.signed(names);
        let files = (self.folder.join("tls.pem"), self.folder.join("tls.key"));
        std::fs::write(&files.0, certificate).expect("a folder to write in");
        write_key(&files.1, &key);
        files
    }

    /// The same, in PEM.
    pub fn signed(&self, names: &[&str]) -> (String, String) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(names).expect("names of servers");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

/// Writes what only its owner may read.
fn write_key(path: &Path, key: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, key).expect("a folder to write in");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, mode).expect("a file of one's own");
}
