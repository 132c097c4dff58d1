//! The certificate of the server: made at the first start, kept in the data folder.

use crate::config::pem::{Identity, PemError, self_signed};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Key and certificate in one file, so that they change together.
const FILE: &str = "web.pem";
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read or written: mend the permissions of the data folder.
    #[error("{path} cannot be used")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// None could be made.
    #[error("no certificate could be made")]
    Make(#[from] PemError),
}

/// The certificate of this data folder; made, for this machine and the address listened on, where there is none. A damaged
/// one is put aside: it must not close the door to the settings.
pub fn load_or_make(folder: &Path, listen: IpAddr) -> Result<Identity, CertificateError> {
    let path = folder.join(FILE);
    let unusable = |source| CertificateError::File { path: path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => match Identity::from_pem(&text, &text) {
            Ok(identity) => return Ok(identity),
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "the certificate cannot be used; a new one is made");
                fs::rename(&path, path.with_extension("pem.damaged")).map_err(unusable)?;
            }
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => (),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            fs::rename(&path, path.with_extension("pem.damaged")).map_err(unusable)?;
        }
        Err(error) => return Err(unusable(error)),
    }
    let made = self_signed(&names(listen))?;
    write_whole(&path, &format!("{}{}", made.key, made.chain)).map_err(unusable)?;
    Ok(Identity::from_pem(&made.chain, &made.key)?)
}

/// The names and addresses by which this machine is reached, as far as it knows them.
fn names(listen: IpAddr) -> Vec<String> {
    let host = fs::read_to_string(HOST_NAME).unwrap_or_default().trim().to_ascii_lowercase();
    let mut names = Vec::new();
    if is_host_name(&host) && host != "localhost" {
        if !host.contains('.') {
            names.push(format!("{host}.local"));
        }
        names.insert(0, host);
    }
    names.push("localhost".to_owned());
    let mut addresses = BTreeSet::from([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    if listen.is_unspecified() {
        addresses.extend(outward());
    } else {
        addresses.extend([listen]);
    }
    names.extend(addresses.iter().map(IpAddr::to_string));
    names
}

fn is_host_name(name: &str) -> bool {
    let good = |part: &str| {
        (1..=63).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(good)
}

/// The address this machine would send from. A datagram socket only looks at the routes; nothing is sent to this address,
/// which RFC 5737 keeps for documents.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("pem.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const LISTEN: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));

    #[test]
    fn the_certificate_stays_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = load_or_make(folder.path(), LISTEN).unwrap().fingerprint();
        assert_eq!(load_or_make(folder.path(), LISTEN).unwrap().fingerprint(), first);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_one_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        for damage in [&b"nothing"[..], &[0xff, 0xfe]] {
            fs::write(folder.path().join(FILE), damage).unwrap();
            load_or_make(folder.path(), LISTEN).unwrap();
            assert_eq!(fs::read(folder.path().join("web.pem.damaged")).unwrap(), damage);
        }
    }

    #[test]
    fn it_names_the_machine_and_the_address() {
        let names = names(LISTEN);
        for name in ["localhost", "127.0.0.1", "::1", "10.1.2.3"] {
            assert!(names.iter().any(|one| one == name), "{names:?}");
        }
        assert!(!is_host_name("") && !is_host_name("a_b") && !is_host_name("a..b") && is_host_name("gw-1.plant"));
    }
}
