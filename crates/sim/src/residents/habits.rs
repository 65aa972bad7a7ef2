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
    called: Called,
    reacts: Reacts,
}

/// Which signs the names of people may have.
#[derive(Clone, Copy)]
enum Called {
    Anything,
    WithoutDots,
    WithoutDotsAndLines,
}

/// How a reaction is named.
#[derive(Clone, Copy)]
enum Reacts {
    ByWord,
    /// By the words of Facebook, which knows fewer.
    ByFewWords,
    BySign,
    /// By sign in private, and by word in public.
    Mixed,
}

/// Networks on which the world's customers can live, one each. A network that is to join them
/// needs these words among its acts, and has to note what our accounts say (`OwnWords`).
pub(super) const HABITS: &[Habit] = &[
    habit("bluesky", Some("post"), Some("reply"), Some("native_reply"))
        .with(Called::WithoutDotsAndLines, Reacts::Mixed),
    habit("email", None, None, Some("native_reply")),
    habit("facebook", None, Some("comment"), Some("native_reply"))
        .with(Called::Anything, Reacts::ByFewWords),
    habit("instagram", None, Some("comment"), Some("native_reply")),
    habit("mastodon", Some("post"), Some("reply"), None).with(Called::WithoutDots, Reacts::ByWord),
    habit("telegram", None, None, Some("native_reply")).with(Called::WithoutDots, Reacts::BySign),
    habit("whatsapp", None, None, Some("native_reply")).with(Called::Anything, Reacts::BySign),
    habit("x", Some("post"), Some("reply"), Some("native_dm"))
        .with(Called::WithoutDots, Reacts::ByWord),
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
        called: Called::Anything,
        reacts: Reacts::ByWord,
    }
}

impl Habit {
    const fn with(mut self, called: Called, reacts: Reacts) -> Self {
        self.called = called;
        self.reacts = reacts;
        self
    }

    /// Returns what somebody is called on the network, in the signs that its names may have.
    pub(super) fn name_of(&self, handle: &str) -> String {
        match self.called {
            Called::Anything => handle.to_owned(),
            Called::WithoutDots => handle.replace('.', "_"),
            Called::WithoutDotsAndLines => handle.replace(['.', '_'], "-"),
        }
    }

    /// Returns how the network calls a reaction.
    pub(super) fn reaction<'a>(&self, kind: &'a str, private: bool) -> &'a str {
        match (self.reacts, private, kind) {
            (Reacts::ByFewWords, _, "thanks") => "care",
            (Reacts::ByFewWords, _, "laugh") => "haha",
            (Reacts::BySign, ..) | (Reacts::Mixed, true, _) => sign_of(kind),
            _ => kind,
        }
    }
}

fn sign_of(kind: &str) -> &'static str {
    match kind {
        "love" => "❤️",
        "thanks" => "🙏",
        "laugh" => "😂",
        "sad" => "😢",
        "angry" => "😡",
        _ => "👍",
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
    use super::{HABITS, Habit, title_of};

    fn on(network: &str) -> &'static Habit {
        let mut habits = HABITS.iter();
        habits.find(|habit| habit.network == network).unwrap()
    }

    #[test]
    fn people_are_called_as_a_network_allows() {
        assert_eq!(on("bluesky").name_of("pohlmann_heinz"), "pohlmann-heinz");
        assert_eq!(on("x").name_of("marianne.brandt"), "marianne_brandt");
        assert_eq!(on("facebook").name_of("marianne.brandt"), "marianne.brandt");
    }

    #[test]
    fn reactions_are_signs_or_words() {
        assert_eq!(on("whatsapp").reaction("thanks", true), "🙏");
        assert_eq!(on("bluesky").reaction("like", true), "👍");
        assert_eq!(on("bluesky").reaction("like", false), "like");
        assert_eq!(on("facebook").reaction("thanks", false), "care");
    }

    #[test]
    fn the_first_sentence_is_the_title() {
        assert_eq!(title_of("Guten Morgen! Heute fährt alles."), "Guten Morgen");
        assert_eq!(title_of(&"ä".repeat(200)).chars().count(), 80);
    }
}
