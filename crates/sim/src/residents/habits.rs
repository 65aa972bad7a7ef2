//! What people do on each network, by which words it is ordered there, and what they are called.

/// What people do on a network.
pub(super) struct Habit {
    pub(super) network: &'static str,
    /// By which word people write in public of their own accord; none where they do not.
    pub(super) begin: Option<&'static str>,
    /// By which word people write below what the company posts; none where it does not post.
    pub(super) below: Option<&'static str>,
    /// By which word the company's staff answers in private; none where nothing is private.
    pub(super) own_private: Option<&'static str>,
}

/// Networks on which the world's customers can live, one line each. A network that is to join them
/// needs these words among its acts, and has to note what our accounts say (`OwnWords`).
pub(super) const HABITS: &[Habit] = &[
    habit("bluesky", Some("post"), Some("reply"), Some("native_reply")),
    habit("email", None, None, Some("native_reply")),
    habit("facebook", None, Some("comment"), Some("native_reply")),
    habit("instagram", None, Some("comment"), Some("native_reply")),
    habit("mastodon", Some("post"), Some("reply"), None),
    habit("telegram", None, None, Some("native_reply")),
    habit("whatsapp", None, None, Some("native_reply")),
    habit("x", Some("post"), Some("reply"), Some("native_dm")),
    habit("youtube", None, Some("comment"), None),
];

/// The longest title of a video.
const TITLE: usize = 80;

const fn habit(
    network: &'static str,
    begin: Option<&'static str>,
    below: Option<&'static str>,
    own_private: Option<&'static str>,
) -> Habit {
    Habit {
        network,
        begin,
        below,
        own_private,
    }
}

/// Returns what somebody is called on a network, in the signs that its names may have.
pub(super) fn name_on(network: &str, handle: &str) -> String {
    match network {
        "bluesky" => handle.replace(['.', '_'], "-"),
        "mastodon" | "telegram" | "x" => handle.replace('.', "_"),
        _ => handle.to_owned(),
    }
}

/// Returns how a network calls a reaction.
pub(super) fn reaction_on<'a>(network: &str, kind: &'a str, private: bool) -> &'a str {
    let by_sign = matches!(network, "telegram" | "whatsapp") || (private && network == "bluesky");
    match (network, kind) {
        (_, "love") if by_sign => "❤️",
        (_, "thanks") if by_sign => "🙏",
        (_, "laugh") if by_sign => "😂",
        (_, "sad") if by_sign => "😢",
        (_, "angry") if by_sign => "😡",
        _ if by_sign => "👍",
        ("facebook", "thanks") => "care",
        ("facebook", "laugh") => "haha",
        _ => kind,
    }
}

/// Returns the first sentence of a text, for networks on which everything has a title.
pub(super) fn title_of(text: &str) -> &str {
    let end = text.find(['.', '!', '?', '\n']).unwrap_or(text.len());
    let sentence = &text[..end];
    match sentence.char_indices().nth(TITLE) {
        Some((cut, _)) => &sentence[..cut],
        None => sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::{name_on, reaction_on, title_of};

    #[test]
    fn people_are_called_as_a_network_allows() {
        assert_eq!(name_on("bluesky", "pohlmann_heinz"), "pohlmann-heinz");
        assert_eq!(name_on("x", "marianne.brandt"), "marianne_brandt");
        assert_eq!(name_on("facebook", "marianne.brandt"), "marianne.brandt");
    }

    #[test]
    fn reactions_are_signs_or_words() {
        assert_eq!(reaction_on("whatsapp", "thanks", true), "🙏");
        assert_eq!(reaction_on("bluesky", "like", true), "👍");
        assert_eq!(reaction_on("bluesky", "like", false), "like");
        assert_eq!(reaction_on("facebook", "thanks", false), "care");
    }

    #[test]
    fn the_first_sentence_is_the_title() {
        assert_eq!(title_of("Guten Morgen! Heute fährt alles."), "Guten Morgen");
        assert_eq!(title_of(&"ä".repeat(200)).chars().count(), 80);
    }
}
