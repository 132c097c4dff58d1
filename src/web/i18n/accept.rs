//! Reading `Accept-Language` (RFC 9110, section 12.5.4).

use super::Lang;

/// The known language the browser likes best; the first of equals.
pub(super) fn best(header: &str) -> Option<Lang> {
    let mut best: Option<(f32, Lang)> = None;
    // A browser sends a handful; more is no browser.
    for part in header.split(',').take(32) {
        let mut pieces = part.split(';');
        let Some(lang) = pieces.next().and_then(Lang::parse) else { continue };
        let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expect: Option<Lang>) {
        assert_eq!(best(header), expect, "{header}");
    }

    #[test]
    fn the_best_liked_known_language_wins() {
        check("ko-KR,ko;q=0.9,en;q=0.8", Some(Lang::Ko));
        check("en-GB,ko;q=0.9", Some(Lang::En));
        check("de,fr;q=0.9,ko;q=0.3,en;q=0.2", Some(Lang::Ko));
        check("en;q=0.1, ko;q=0.7", Some(Lang::Ko));
        check("ko;q=0, en;q=0.5", Some(Lang::En));
        check("de", None);
        check("", None);
        check(";;;,q=", None);
    }
}
