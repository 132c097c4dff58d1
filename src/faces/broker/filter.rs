//! Names the broker takes messages under.

/// Most levels of a topic or filter. The broker's trees are walked recursively: a topic of 65,000 slashes would exhaust
/// a thread's stack.
pub(super) const MAX_LEVELS: usize = 128;

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
