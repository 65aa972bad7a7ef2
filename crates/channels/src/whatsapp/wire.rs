//! Words of WhatsApp's Cloud API that stand in more than one place, and what files look like to us.

/// Stands before a media id where an address is expected; only this channel opens it.
pub(super) const MEDIA: &str = "whatsapp:";

/// What the token must be allowed to do.
pub(super) const SCOPES: [&str; 2] = [
    "whatsapp_business_messaging",
    "whatsapp_business_management",
];

/// Kinds of messages that are files.
pub(super) const FILES: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// The longest text beside a file.
pub(super) const CAPTION: usize = 1_024;

/// Our words for feelings and the signs that WhatsApp writes.
pub(super) const FEELINGS: [(&str, &str); 7] = [
    ("like", "👍"),
    ("love", "❤️"),
    ("laugh", "😂"),
    ("thanks", "🙏"),
    ("sad", "😢"),
    ("angry", "😠"),
    ("wow", "😮"),
];
