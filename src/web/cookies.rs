//! Reading the cookies of a request.

use http::{HeaderMap, header};

/// The value of the cookie of this whole name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "xname=en; name=ko; name2=en".parse().unwrap());
        assert_eq!(cookie(&headers, "name"), Some("ko"));
        assert_eq!(cookie(&headers, "nam"), None);
    }
}
