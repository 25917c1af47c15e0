//! Whose certificates are trusted: the system's authorities and those of a bundle, such as a proxy's that
//! inspects TLS. A bundle that cannot be read, or holds none, is an error at the start and not at the first call.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::error::{Error, Kind};

#[derive(Debug, thiserror::Error)]
#[error("the certificate bundle {} {says}", file.display())]
pub struct BadBundle {
    pub file: PathBuf,
    pub says: String,
}

#[derive(Default)]
pub struct Bundle {
    pub file: Option<PathBuf>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Bundle {
    pub fn load(file: &Path) -> Result<Bundle, BadBundle> {
        let bad = |says: String| BadBundle {
            file: file.to_owned(),
            says,
        };
        let bytes = std::fs::read(file).map_err(|cause| bad(format!("cannot be read: {cause}")))?;
        let mut certificates = Vec::new();
        for (at, found) in CertificateDer::pem_slice_iter(&bytes).enumerate() {
            let nth = at + 1;
            let certificate = found.map_err(|_| bad(format!("is damaged at its certificate {nth}")))?;
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|cause| bad(format!("has a certificate {nth} that cannot be used: {cause}")))?;
            certificates.push(certificate);
        }
        if certificates.is_empty() {
            return Err(bad("holds no certificate in PEM form".into()));
        }
        Ok(Bundle {
            file: Some(file.to_owned()),
            certificates,
        })
    }
}

/// The system's authorities, read once in the life of the program.
fn system() -> &'static [CertificateDer<'static>] {
    static FOUND: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for cause in &found.errors {
            tracing::warn!(%cause, "some of the system's certificates cannot be read");
        }
        found.certs
    })
}

/// How we speak TLS. HTTP/1.1 alone: the services speak it, and a WebSocket needs it.
pub fn client(bundle: &Bundle) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(system().iter().cloned());
    roots.add_parsable_certificates(bundle.certificates.iter().cloned());
    if roots.is_empty() {
        return Err(Error::new(
            Kind::Certificate,
            "this machine has no trusted certificates",
            "install the package ca-certificates, or name a file with AWS_CA_BUNDLE",
        ));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| Error::new(Kind::Tls, format!("TLS cannot be set up: {cause}"), ""))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
