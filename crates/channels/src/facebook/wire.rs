//! What is asked of a page, word by word, and what the answers are called as deliveries.

/// A page of the page's feed: posts by and to it, the newest comments with each.
pub(super) const POLLED_FEED: &str = "poll_feed";
/// Older comments below one post.
pub(super) const POLLED_COMMENTS: &str = "poll_comments";
/// A page of the posts elsewhere that name the page.
pub(super) const POLLED_TAGGED: &str = "poll_tagged";
/// A page of conversations, the newest messages with each.
pub(super) const POLLED_CONVERSATIONS: &str = "poll_conversations";
/// Older messages of one conversation.
pub(super) const POLLED_MESSAGES: &str = "poll_messages";

pub(super) const COMMENT_FIELDS: &str =
    "id,message,from,created_time,parent{id},attachment,permalink_url";
pub(super) const POST_FIELDS: &str = "id,message,from,created_time,permalink_url";
pub(super) const FEED_FIELDS: &str = "id,message,from,created_time,permalink_url,attachments,\
     comments.filter(stream).order(reverse_chronological).limit(100)\
     {id,message,from,created_time,parent{id},attachment,permalink_url}";
pub(super) const TAGGED_FIELDS: &str = "id,message,from,created_time,permalink_url,attachments";
pub(super) const MESSAGE_FIELDS: &str = "id,message,from,to,created_time,attachments";
pub(super) const CONVERSATION_FIELDS: &str =
    "id,updated_time,messages.limit(25){id,message,from,to,created_time,attachments}";

/// What the page's token must be allowed to do.
pub(super) const SCOPES: [&str; 6] = [
    "pages_show_list",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
];
/// What the app must be subscribed to at the page.
pub(super) const SUBSCRIBED_FIELDS: [&str; 6] = [
    "feed",
    "mention",
    "messages",
    "message_echoes",
    "message_edits",
    "message_reactions",
];
