//! The cookie of browsers, and where a request comes from.

use crate::web::cookies::cookie;
use crate::web::problem::ApiProblem;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// `__Host-`: browsers take it only over TLS, for this host alone and every path of it.
const NAME: &str = "__Host-dinrail";

/// The session token a browser sends.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, NAME)
}

/// Gives a browser its session token, for as long as the session can last.
pub(crate) fn set_cookie(token: &str, seconds: i64) -> Option<HeaderValue> {
    let text = format!("{NAME}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    HeaderValue::from_str(&text).ok()
}

/// Takes it away.
pub(crate) fn clear_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-dinrail=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// Refuses what another site makes a browser do. A request that changes something must show that it comes from our own
/// pages; one that only reads must not show the contrary. Browsers send `Origin` with every unsafe request and
/// `Sec-Fetch-Site` with every request, an `EventSource` too.
pub(crate) fn check_origin(parts: &Parts) -> Result<(), ApiProblem> {
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let ours = match (origin(parts), fetch_site(&parts.headers)) {
        (Some(same), _) => same,
        (None, Some(site)) => site == "same-origin" || (safe && site == "none"),
        (None, None) => safe,
    };
    if ours { Ok(()) } else { Err(foreign()) }
}

/// Refuses a login that another site makes a browser send; programs send no `Origin`.
pub(crate) fn check_stranger(parts: &Parts) -> Result<(), ApiProblem> {
    let foreign_site = matches!(fetch_site(&parts.headers), Some("cross-site" | "same-site"));
    if origin(parts) == Some(false) || foreign_site { Err(foreign()) } else { Ok(()) }
}

fn foreign() -> ApiProblem {
    ApiProblem::new(StatusCode::FORBIDDEN, "this request comes from a page of another site")
}

/// Whether the `Origin`, if there is one, is the host that was asked.
fn origin(parts: &Parts) -> Option<bool> {
    let origin = parts.headers.get(header::ORIGIN)?;
    // HTTP/2 has no Host header; its authority stands in the address.
    let of_header = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(http::uri::Authority::as_str).or(of_header);
    let same = |origin: &str| host.is_some_and(|host| origin.eq_ignore_ascii_case(&format!("https://{host}")));
    Some(origin.to_str().is_ok_and(same))
}

fn fetch_site(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("cross-site"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[track_caller]
    fn check(method: &str, headers: &[(&str, &str)], expect: bool) {
        let mut request = Request::builder().method(method).uri("/api/v1/config").header("host", "gw:8443");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(check_origin(&parts).is_ok(), expect, "{method} {headers:?}");
    }

    #[test]
    fn a_change_must_come_from_our_own_pages() {
        check("PUT", &[("origin", "https://gw:8443")], true);
        check("PUT", &[("origin", "https://GW:8443"), ("sec-fetch-site", "same-origin")], true);
        check("DELETE", &[("sec-fetch-site", "same-origin")], true);
        check("PUT", &[], false);
        check("PUT", &[("origin", "https://gw:8444")], false);
        check("PUT", &[("origin", "http://gw:8443")], false);
        check("PUT", &[("origin", "null")], false);
        check("PUT", &[("origin", "https://gw:8443.evil.example")], false);
        check("POST", &[("sec-fetch-site", "same-site")], false);
        check("POST", &[("sec-fetch-site", "none")], false);
    }

    #[test]
    fn a_read_must_not_come_from_elsewhere() {
        check("GET", &[], true);
        check("GET", &[("sec-fetch-site", "none")], true);
        check("GET", &[("sec-fetch-site", "same-origin")], true);
        check("GET", &[("sec-fetch-site", "cross-site")], false);
        check("GET", &[("origin", "https://evil.example")], false);
    }

    #[test]
    fn the_authority_of_http_2_is_the_host() {
        let request = Request::builder().method("PUT").uri("https://gw:8443/x").header("origin", "https://gw:8443");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check_origin(&parts).unwrap();
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; x__Host-dinrail=no; __Host-dinrail=yes"));
        assert_eq!(session_cookie(&headers), Some("yes"));
    }
}
