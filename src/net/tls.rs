//! The one place that knows TLS: rustls with ring, never another provider.

use crate::config::certificate::key_pin;
use crate::config::pem::{self, Identity, PemError};
use arc_swap::ArcSwap;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::{Arc, OnceLock};

/// Why a TLS setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The authority certificates do not do.
    #[error("the CA: {0}")]
    Ca(#[source] PemError),
    /// The own certificate or key does not do.
    #[error("the certificate: {0}")]
    Identity(#[source] PemError),
    /// The name to check against is neither a host name nor an IP address.
    #[error("\"{0}\" is neither a host name nor an IP address")]
    ServerName(String),
    /// No CA was given and the operating system brings none.
    #[error("this machine has no certificate authorities of its own: give the CA that signed the server's certificate")]
    NoPlatformRoots,
    /// The provider refuses the combination.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// The oldest protocol accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MinVersion {
    /// TLS 1.2 and 1.3.
    #[default]
    V12,
    /// TLS 1.3 alone.
    V13,
}

impl MinVersion {
    fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        static FROM_12: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];
        static FROM_13: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS13];
        match self {
            Self::V12 => &FROM_12,
            Self::V13 => &FROM_13,
        }
    }
}

/// The provider of every TLS connection of this program.
pub fn provider() -> Arc<CryptoProvider> {
    static RING: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    RING.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

/// Makes [`provider`] the one that libraries use which ask rustls for its default. Later calls change nothing.
pub fn install_provider() {
    // An error only says that one is installed already, and no other than ring is compiled in.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// The server side of a listener, whose certificate can be replaced while it listens.
#[derive(Debug, Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    present: Arc<PresentCertificate>,
}

impl ServerTls {
    /// `alpn` lists the protocols offered, the preferred first; empty offers none.
    pub fn new(identity: Identity, min_version: MinVersion, alpn: &[&str]) -> Result<Self, TlsError> {
        let present = Arc::new(PresentCertificate(ArcSwap::new(identity.certified())));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(min_version.versions())
            .map_err(|err| TlsError::Setup(err.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(present.clone());
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Self { config: Arc::new(config), present })
    }

    /// The same, open only to clients that show a certificate of these authorities (PEM).
    pub fn mutual(identity: Identity, min_version: MinVersion, client_ca: &str) -> Result<Self, TlsError> {
        let present = Arc::new(PresentCertificate(ArcSwap::new(identity.certified())));
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(given_roots(client_ca)?), provider());
        let clients = clients.build().map_err(|err| TlsError::Setup(err.to_string()))?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(min_version.versions())
            .map_err(|err| TlsError::Setup(err.to_string()))?
            .with_client_cert_verifier(clients)
            .with_cert_resolver(present.clone());
        Ok(Self { config: Arc::new(config), present })
    }

    /// Shows this certificate from the next handshake on; running connections keep theirs.
    pub fn replace(&self, identity: Identity) {
        self.present.0.store(identity.certified());
    }

    /// The certificate shown now.
    pub fn identity(&self) -> Identity {
        self.present.0.load_full().into()
    }

    /// For an acceptor.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

#[derive(Debug)]
struct PresentCertificate(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for PresentCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// How a client of ours checks its server and shows itself.
#[derive(Debug, Clone, Default)]
pub struct ClientTls {
    /// PEM of the authorities to trust; none means those of the operating system.
    pub ca: Option<String>,
    /// What the client shows of itself.
    pub identity: Option<Identity>,
    /// Protocols offered.
    pub alpn: Vec<String>,
    /// The oldest protocol accepted.
    pub min_version: MinVersion,
    /// SHA-256 of the only public key the server may show, beside what else is checked.
    pub pinned_key: Option<[u8; 32]>,
    /// Accept any certificate. Without a pinned key for the first minutes in a laboratory; the connection can be read by anyone between.
    pub insecure: bool,
}

/// Builds the client side.
pub fn client_config(settings: &ClientTls) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(settings.min_version.versions())
        .map_err(|err| TlsError::Setup(err.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(settings)?);
    let mut config = match &settings.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(identity.certified())))
        }
    };
    config.alpn_protocols = settings.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(Arc::new(config))
}

fn verifier(settings: &ClientTls) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let checked = chain_verifier(settings)?;
    Ok(match settings.pinned_key {
        None => checked,
        Some(pin) => Arc::new(PinnedKey { checked, pin }),
    })
}

fn chain_verifier(settings: &ClientTls) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    if settings.insecure {
        return Ok(Arc::new(AcceptAny(provider().signature_verification_algorithms)));
    }
    let roots = Arc::new(match &settings.ca {
        Some(text) => given_roots(text)?,
        None => platform_roots()?,
    });
    let standard = WebPkiServerVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|err| TlsError::Setup(err.to_string()))?;
    Ok(standard)
}

fn given_roots(text: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for (index, certificate) in pem::certificates(text).map_err(TlsError::Ca)?.into_iter().enumerate() {
        roots
            .add(certificate)
            .map_err(|err| TlsError::Ca(PemError::BadCertificate { position: index + 1, detail: err.to_string() }))?;
    }
    Ok(roots)
}

/// Read once per process: a bundle of 150 certificates takes tens of milliseconds on a small device.
fn platform_roots() -> Result<RootCertStore, TlsError> {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        // Bundles carry certificates of odd forms; one that cannot be read must not hide the others.
        let (_added, _ignored) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    });
    if roots.is_empty() { Err(TlsError::NoPlatformRoots) } else { Ok(roots.clone()) }
}

/// Takes one key alone, whoever signed for it.
#[derive(Debug)]
struct PinnedKey {
    checked: Arc<dyn ServerCertVerifier>,
    pin: [u8; 32],
}

impl ServerCertVerifier for PinnedKey {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        connected_to: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if key_pin(end_entity) != Some(self.pin) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        self.checked.verify_server_cert(end_entity, intermediates, connected_to, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.checked.supported_verify_schemes()
    }
}

/// Takes any certificate, yet still checks that the peer holds its key.
#[derive(Debug)]
struct AcceptAny(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
