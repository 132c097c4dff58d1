//! Topic filters (MQTT 3.1.1, 4.7): what they match, contain and have in common.

/// Whether the text is a filter at all (4.7.1): `+` fills a level, `#` is the last level.
pub fn is_filter(text: &str) -> bool {
    let levels: Vec<&str> = text.split('/').collect();
    let last = levels.len() - 1;
    !text.is_empty()
        && text.len() <= super::topic::MAX_TOPIC
        && !text.contains('\0')
        && levels.iter().enumerate().all(|(index, level)| match *level {
            "+" => true,
            "#" => index == last,
            other => !other.contains(['+', '#']),
        })
}

/// Whether `allowed` contains everything `asked` can match; `asked` is a topic or a filter.
pub fn covers(allowed: &str, asked: &str) -> bool {
    // 4.7.2-1: wildcards at the beginning do not reach the topics of the server itself.
    if asked.starts_with('$') && allowed.starts_with(['+', '#']) {
        return false;
    }
    let mut allowed = allowed.split('/');
    let mut asked = asked.split('/');
    loop {
        match (allowed.next(), asked.next()) {
            // Also the level above: "a/#" reaches "a" (4.7.1.2).
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(level)) if level != "#" => (),
            (Some(here), Some(there)) if here == there => (),
            _ => return false,
        }
    }
}

/// Whether some topic is matched by both filters.
pub fn overlap(one: &str, other: &str) -> bool {
    let server = |filter: &str| filter.starts_with('$');
    let wild = |filter: &str| filter.starts_with(['+', '#']);
    if (server(one) && wild(other)) || (server(other) && wild(one)) {
        return false;
    }
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next(), other.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (Some(here), Some(there)) if here == "+" || there == "+" || here == there => (),
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(allowed: &str, asked: &[&str], refused: &[&str]) {
        for topic in asked {
            assert!(covers(allowed, topic), "{allowed} covers {topic}");
        }
        for topic in refused {
            assert!(!covers(allowed, topic), "{allowed} does not cover {topic}");
        }
    }

    #[test]
    fn a_filter_covers_topics_and_narrower_filters() {
        check("#", &["a", "a/b", "+", "#", "/", "a/#"], &["$SYS/x", "$SYS/#", "$share/g/a"]);
        check("a/#", &["a", "a/b", "a/b/c", "a/+", "a/#", "a/+/c"], &["b", "aa", "+/b", "#", "+"]);
        check("a/+", &["a/b", "a/+", "a/"], &["a", "a/#", "a/b/c", "+/b"]);
        check("+/b", &["a/b", "/b", "+/b"], &["$x/b", "a/c", "#"]);
        check("a/b", &["a/b"], &["a/+", "a/#", "a", "a/b/c", "A/b"]);
        check("$SYS/#", &["$SYS/broker/load", "$SYS"], &["a", "#"]);
    }

    #[test]
    fn filters_overlap_where_one_topic_fits_both() {
        for (one, other, expect) in [
            ("a/#", "a", true),
            ("a/+", "+/b", true),
            ("a/+/c", "a/#", true),
            ("#", "x/y", true),
            ("a/b", "a/b", true),
            ("a/b", "a/c", false),
            ("a/+", "a/b/c", false),
            ("a", "a/+", false),
            ("#", "$SYS/#", false),
            ("$SYS/#", "$SYS/broker/+", true),
        ] {
            assert_eq!((overlap(one, other), overlap(other, one)), (expect, expect), "{one} and {other}");
        }
    }

    #[test]
    fn a_sign_stands_for_whole_levels() {
        for filter in ["a", "/", "+", "#", "a/+/c", "a/#", "온도/+"] {
            assert!(is_filter(filter), "{filter}");
        }
        for filter in ["", "a+", "a/#/b", "#a", "a\0"] {
            assert!(!is_filter(filter), "{filter}");
        }
    }
}
