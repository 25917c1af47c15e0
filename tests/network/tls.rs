//! TLS in front of a simulator: an authority of its own, a certificate for made-up names, and what was asked for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

pub struct Front {
    pub port: u16,
    /// The authority, as AWS_CA_BUNDLE takes it.
    pub bundle: PathBuf,
    /// The server names that clients asked for.
    pub names: Arc<Mutex<Vec<String>>>,
    /// What the services answered, in clear.
    pub answers: Arc<Mutex<Vec<u8>>>,
    _runtime: Runtime,
}

impl Front {
    /// Listens with a certificate for `names` and passes everything on to `behind`, a port of this machine.
    pub fn start(dir: &Path, names: &[&str], behind: u16) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let bundle = dir.join("authority.pem");
        std::fs::write(&bundle, authority.pem()).unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(Vec::new()));
        let (seen, heard) = (asked.clone(), answers.clone());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen, heard) = (acceptor.clone(), seen.clone(), heard.clone());
                tokio::spawn(async move {
                    let Ok(open) = acceptor.accept(stream).await else {
                        return;
                    };
                    let name = open.get_ref().1.server_name().unwrap_or_default().to_owned();
                    seen.lock().unwrap().push(name);
                    let inner = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                    let (mut from_client, mut to_client) = tokio::io::split(open);
                    let (mut from_service, mut to_service) = inner.into_split();
                    let up = async {
                        let _ = tokio::io::copy(&mut from_client, &mut to_service).await;
                        let _ = to_service.shutdown().await;
                    };
                    let down = async {
                        let mut bytes = vec![0; 16 << 10];
                        while let Ok(read @ 1..) = from_service.read(&mut bytes).await {
                            heard.lock().unwrap().extend(&bytes[..read]);
                            if to_client.write_all(&bytes[..read]).await.is_err() {
                                break;
                            }
                            let _ = to_client.flush().await;
                        }
                        let _ = to_client.shutdown().await;
                    };
                    tokio::join!(up, down);
                });
            }
        });
        Self {
            port,
            bundle,
            names: asked,
            answers,
            _runtime: runtime,
        }
    }
}
