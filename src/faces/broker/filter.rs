//! Topics and topic filters (MQTT 3.1.1, 4.7): what a user's filter gives the right to.

/// Most levels of a topic or filter. The broker's trees are walked recursively: a topic of 65,000 slashes would exhaust
/// a thread's stack.
pub(super) const MAX_LEVELS: usize = 128;

/// Whether `allowed` contains everything `asked` can match; `asked` is a topic or a filter.
pub(super) fn covers(allowed: &str, asked: &str) -> bool {
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

/// Whether a message may be published under this name at all, whoever publishes it.
pub(super) fn is_publishable(topic: &str) -> bool {
    !topic.is_empty()
        && !topic.contains(['+', '#', '\0'])
        && topic.split('/').count() <= MAX_LEVELS
        // The broker's tree takes such levels for the server's own and would lose the message without a word.
        && !topic.split('/').skip(1).any(|level| level.starts_with('$'))
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
    fn some_names_can_never_be_published_to() {
        for topic in ["a", "/", "a//b", "line 3/온도", "$x/y"] {
            assert!(is_publishable(topic), "{topic}");
        }
        for topic in ["", "a/+", "#", "a\0", "a/$b"] {
            assert!(!is_publishable(topic), "{topic}");
        }
        assert!(is_publishable(&"/".repeat(MAX_LEVELS - 1)));
        assert!(!is_publishable(&"/".repeat(MAX_LEVELS)));
    }
}
