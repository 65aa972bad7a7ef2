//! What is asked of an Instagram account, word by word, and what the answers are called as deliveries.

/// A page of our media, the newest comments with each.
pub(super) const POLLED_MEDIA: &str = "poll_media";
/// Older comments below one of our media.
pub(super) const POLLED_COMMENTS: &str = "poll_comments";
/// Further replies below one comment.
pub(super) const POLLED_REPLIES: &str = "poll_replies";
/// Which comments turned out to be deleted.
pub(super) const POLLED_GONE: &str = "poll_gone";
/// A page of conversations, the newest messages with each.
pub(super) const POLLED_CONVERSATIONS: &str = "poll_conversations";
/// Older messages of one conversation.
pub(super) const POLLED_MESSAGES: &str = "poll_messages";
/// What a mention points at.
pub(super) const MENTION: &str = "mention";

pub(super) const REPLY_FIELDS: &str = "id,text,timestamp,username,from";
pub(super) const COMMENT_FIELDS: &str = "id,text,timestamp,username,from,parent_id,\
     replies.limit(50){id,text,timestamp,username,from}";
pub(super) const MEDIA_FIELDS: &str = "id,caption,timestamp,permalink,username,\
     comments.limit(50){id,text,timestamp,username,from,parent_id,\
     replies.limit(50){id,text,timestamp,username,from}}";
pub(super) const MESSAGE_FIELDS: &str = "id,message,from,to,created_time,attachments";
pub(super) const CONVERSATION_FIELDS: &str =
    "id,updated_time,messages.limit(20){id,message,from,to,created_time,attachments}";
pub(super) const MENTIONED_COMMENT_FIELDS: &str =
    "{id,text,timestamp,username,media{id,permalink}}";
pub(super) const MENTIONED_MEDIA_FIELDS: &str = "{id,caption,timestamp,username,permalink}";

/// What the page's token must be allowed to do.
pub(super) const SCOPES: [&str; 5] = [
    "pages_show_list",
    "pages_manage_metadata",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_messages",
];
/// What the app must be subscribed to where the account was connected without a page.
pub(super) const SUBSCRIBED_FIELDS: [&str; 3] = ["comments", "mentions", "messages"];
