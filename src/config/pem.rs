//! Certificates and keys as PEM text: reading them, and saying what is wrong with them.

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use ring::digest;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_hours(24);

/// What is wrong with a PEM text, or with what it holds; each is for the person who pasted it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// The text holds no certificate at all.
    #[error("there is no certificate in this text: expected a block that begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// The text holds no private key at all.
    #[error("there is no private key in this text: expected a block that begins with -----BEGIN PRIVATE KEY-----")]
    NoKey,
    /// A certificate was pasted where the key belongs.
    #[error("this is a certificate; the private key belongs here")]
    CertificateInsteadOfKey,
    /// A key was pasted where the certificate belongs.
    #[error("this is a private key; the certificate belongs here")]
    KeyInsteadOfCertificate,
    /// The key needs a passphrase, which nobody could type at the next start.
    #[error("the private key is encrypted with a passphrase: remove the passphrase first")]
    EncryptedKey,
    /// The text is cut or altered.
    #[error("the PEM text is damaged: {0}")]
    Damaged(String),
    /// The block is PEM, what it holds is no certificate.
    #[error("certificate {position} of the text cannot be read: {detail}")]
    BadCertificate {
        /// Counted from 1.
        position: usize,
        /// What the decoder says.
        detail: String,
    },
    /// The block is PEM, what it holds is no usable key.
    #[error("the private key cannot be used: {0}")]
    BadKey(String),
    /// Key and certificate are of different pairs.
    #[error("the private key does not belong to the first certificate of the chain")]
    KeyMismatch,
    /// A self-signed certificate cannot carry this name.
    #[error("\"{0}\" can be no name in a certificate")]
    BadName(String),
    /// The random number generator or the signature failed.
    #[error("no certificate could be made: {0}")]
    Generate(String),
}

/// A certificate chain and its private key as PEM, in the form they are stored.
#[derive(Clone, PartialEq, Eq)]
pub struct PemPair {
    /// The chain, the own certificate first.
    pub chain: String,
    /// The private key.
    pub key: String,
}

impl std::fmt::Debug for PemPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PemPair").field("chain", &self.chain).field("key", &"***").finish()
    }
}

/// A chain and its key, checked to belong together.
#[derive(Debug, Clone)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Reads a chain and its key; both may stand in either text together with other blocks.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, PemError> {
        let chain = certificates(chain)?;
        let key = private_key(key)?;
        let certified =
            CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()).map_err(|err| match err {
                rustls::Error::InconsistentKeys(_) => PemError::KeyMismatch,
                rustls::Error::InvalidCertificate(detail) => {
                    PemError::BadCertificate { position: 1, detail: format!("{detail:?}") }
                }
                other => PemError::BadKey(other.to_string()),
            })?;
        Ok(Self(Arc::new(certified)))
    }

    /// SHA-256 of the own certificate, as browsers show it: `AB:CD:...`.
    pub fn fingerprint(&self) -> String {
        self.0.cert.first().map_or_else(String::new, fingerprint)
    }

    /// As rustls takes it.
    pub fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0)
    }
}

impl From<Arc<CertifiedKey>> for Identity {
    fn from(certified: Arc<CertifiedKey>) -> Self {
        Self(certified)
    }
}

/// SHA-256 of a certificate, as browsers show it.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash = digest::digest(&digest::SHA256, certificate);
    hash.as_ref().iter().enumerate().fold(String::with_capacity(95), |mut text, (index, byte)| {
        if index > 0 {
            text.push(':');
        }
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02X}");
        text
    })
}

/// Makes a new key and a certificate signed by itself for these host names and IP addresses; the first is the subject.
///
/// It is valid until 2049: a device whose clock is years off must still be reachable to be repaired, and renewal of a
/// certificate nobody vouches for would only train people to accept new ones.
pub fn self_signed(names: &[String]) -> Result<PemPair, PemError> {
    make(names, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2049, 12, 31);
    })
}

/// As [`self_signed`], for a server or a client, from a day before `now` (whose clock may be behind) for so many days.
pub fn self_signed_for(names: &[String], now: SystemTime, days: u32) -> Result<PemPair, PemError> {
    make(names, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = (now - DAY).into();
        params.not_after = (now + DAY * days).into();
    })
}

fn make(names: &[String], settle: impl FnOnce(&mut CertificateParams)) -> Result<PemPair, PemError> {
    let mut params = CertificateParams::default();
    for name in names {
        let one = CertificateParams::new(vec![name.clone()]).map_err(|_| PemError::BadName(name.clone()))?;
        params.subject_alt_names.extend(one.subject_alt_names);
    }
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, names.first().map_or("dinrail", String::as_str));
    params.distinguished_name = subject;
    settle(&mut params);
    let key = KeyPair::generate().map_err(|err| PemError::Generate(err.to_string()))?;
    let certificate = params.self_signed(&key).map_err(|err| PemError::Generate(err.to_string()))?;
    Ok(PemPair { chain: certificate.pem(), key: key.serialize_pem() })
}

/// Every certificate of the text, at least one.
pub fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let found: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().map_err(|err| damaged(&err))?;
    if !found.is_empty() {
        return Ok(found);
    }
    Err(if text.contains("PRIVATE KEY-----") { PemError::KeyInsteadOfCertificate } else { PemError::NoCertificate })
}

fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, PemError> {
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(PemError::EncryptedKey);
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|err| match err {
        pem::Error::NoItemsFound if text.contains("BEGIN CERTIFICATE") => PemError::CertificateInsteadOfKey,
        pem::Error::NoItemsFound => PemError::NoKey,
        other => damaged(&other),
    })
}

fn damaged(err: &pem::Error) -> PemError {
    PemError::Damaged(match err {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("the line {} is missing", String::from_utf8_lossy(end_marker).trim())
        }
        pem::Error::IllegalSectionStart { line } => {
            format!("the line {} is no proper beginning", String::from_utf8_lossy(line).trim())
        }
        pem::Error::Base64Decode(_) => "the text between the BEGIN and END lines is not base64".to_owned(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> PemPair {
        self_signed(&["gateway.example".to_owned(), "127.0.0.1".to_owned()]).unwrap()
    }

    #[track_caller]
    fn refused(chain: &str, key: &str, expect: &str) {
        let sentence = Identity::from_pem(chain, key).unwrap_err().to_string();
        assert!(sentence.contains(expect), "{sentence}");
    }

    #[test]
    fn a_self_signed_pair_is_read_back_and_has_a_fingerprint() {
        let pair = pair();
        let identity = Identity::from_pem(&pair.chain, &pair.key).unwrap();
        assert_eq!(identity.fingerprint().len(), 95);
        assert!(!format!("{pair:?}").contains("PRIVATE KEY"));
    }

    #[test]
    fn each_mistake_has_its_own_sentence() {
        let (one, two) = (pair(), pair());
        refused("", &one.key, "no certificate in this text");
        refused(&one.key, &one.key, "this is a private key");
        refused(&one.chain, &one.chain, "this is a certificate");
        refused(&one.chain, "", "no private key");
        refused(&one.chain, &two.key, "does not belong");
        refused(&one.chain[..one.chain.len() - 30], &one.key, "is missing");
        refused(&one.chain.replace("MII", "M*I"), &one.key, "not base64");
        let encrypted = one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        refused(&one.chain, &encrypted, "passphrase");
        let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        refused(junk, &one.key, "certificate 1");
        let no_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        refused(&one.chain, no_key, "cannot be used");
    }

    #[test]
    fn a_name_that_fits_no_certificate_is_named() {
        let err = self_signed(&["good".to_owned(), "b\u{f6}se".to_owned()]).unwrap_err();
        assert_eq!(err, PemError::BadName("b\u{f6}se".to_owned()));
    }
}
