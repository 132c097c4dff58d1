//! PKCS #12 files (`.p12`, `.pfx`): a certificate, its chain and its key behind a password (RFC 7292).

use crate::config::pem::{Identity, PemPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{Certificate, Pkcs12Archive};
use std::fmt::Write as _;

/// Certificates of a chain; more is a circle, or no chain.
const LONGEST_CHAIN: usize = 16;

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Error {
    /// The file's check does not come out; the two cannot be told apart.
    #[error("the password is wrong, or the file is damaged")]
    Password,
    /// Not such a file, or one of a kind that nobody reads.
    #[error("the file is not PKCS #12, or is locked in a way dinrail does not know ({0})")]
    Unreadable(String),
    /// Nothing to show.
    #[error("there is no private key in the file")]
    NoKey,
    /// A key alone.
    #[error("none of the file's certificates belongs to its private key")]
    NoCertificate,
}

/// The first key of a file with the certificates that lead from it to its authority, as PEM.
pub fn read(file: &[u8], password: &str) -> Result<PemPair, Pkcs12Error> {
    let archive = Pkcs12Archive::from_pkcs12(file, password).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) => Pkcs12Error::Password,
        other => Pkcs12Error::Unreadable(other.to_string()),
    })?;
    let key = archive.keys.first().ok_or(Pkcs12Error::NoKey)?;
    let key = pem("PRIVATE KEY", key.key.as_der());
    let certificates: Vec<&Certificate> = archive.certs.iter().map(|bag| &bag.cert).collect();
    // By trial: what marks them as belonging together is optional, and some programs mark nothing.
    let belongs = |certificate: &&&Certificate| Identity::from_pem(&chain_of(&[certificate]), &key).is_ok();
    let own = certificates.iter().find(belongs).ok_or(Pkcs12Error::NoCertificate)?;
    let mut chain = vec![*own];
    while let Some(last) = chain.last().filter(|last| last.issuer() != last.subject() && chain.len() < LONGEST_CHAIN) {
        let signer = certificates.iter().find(|other| other.subject() == last.issuer());
        match signer {
            Some(signer) => chain.push(*signer),
            None => break,
        }
    }
    Ok(PemPair { chain: chain_of(&chain), key })
}

fn chain_of(certificates: &[&Certificate]) -> String {
    certificates.iter().map(|certificate| pem("CERTIFICATE", certificate.as_der())).collect()
}

/// RFC 7468: base64 in lines of 64.
fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let base64 = STANDARD.encode(der);
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    // Writing to a String cannot fail.
    let _infallible = writeln!(text, "-----END {label}-----");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::pem::{certificates, self_signed};
    use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
    use rustls_pki_types::PrivateKeyDer;
    use rustls_pki_types::pem::PemObject as _;

    #[test]
    fn what_was_put_in_comes_out() {
        let pair = self_signed(&["gw.example".to_owned()]).unwrap();
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let key = PrivateKey::from_der(key.secret_der()).unwrap();
        let own = Certificate::from_der(&certificates(&pair.chain).unwrap()[0]).unwrap();
        let other = Certificate::from_der(&certificates(&self_signed(&["x".to_owned()]).unwrap().chain).unwrap()[0]);
        let mut store = KeyStore::new();
        store.add_entry("other", KeyStoreEntry::Certificate(other.unwrap()));
        store.add_entry("own", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(b"1".to_vec(), key, [own])));
        let file = store.writer("s3cret").write().unwrap();
        let read_back = read(&file, "s3cret").unwrap();
        assert_eq!(certificates(&read_back.chain).unwrap(), certificates(&pair.chain).unwrap());
        assert!(Identity::from_pem(&read_back.chain, &read_back.key).is_ok());
        assert_eq!(read(&file, "secret"), Err(Pkcs12Error::Password));
        assert!(matches!(read(b"no such file", ""), Err(Pkcs12Error::Unreadable(_))));
    }
}
