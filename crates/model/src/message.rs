//! What a message is: one thing said, in or out, in public, in private or among colleagues.

use crate::words;

words! {
    /// Whether a message came to us or left us.
    Direction { In => "in", Out => "out" }
}

words! {
    /// Who can read a message.
    Visibility {
        Public => "public",
        Private => "private",
        /// Only colleagues.
        Note => "note",
    }
}

words! {
    /// The verdict on what a message or a conversation is about.
    Kind {
        Request => "request",
        Question => "question",
        Complaint => "complaint",
        Suggestion => "suggestion",
        Praise => "praise",
        /// A prospect.
        Interest => "interest",
        Spam => "spam",
        Other => "other",
    }
}

impl Kind {
    /// Returns whether this kind asks for something, so that an answer is awaited.
    pub const fn asks_for_service(self) -> bool {
        matches!(self, Self::Request | Self::Question | Self::Complaint)
    }
}

words! {
    /// How far an outgoing message has come.
    DeliveryState {
        Queued => "queued",
        /// Handed to the network; its answer is not known yet.
        Sending => "sending",
        Sent => "sent",
        Failed => "failed",
        /// The network's answer was lost and cannot be asked for: never sent again by itself.
        Uncertain => "uncertain",
        /// Taken back before it left.
        Cancelled => "cancelled",
    }
}
