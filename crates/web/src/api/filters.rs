//! The filters of a list of conversations: from the query string to what `care` takes, every value
//! that is none of the allowed ones named with its field.

use std::str::FromStr;
use std::time::Duration;

use kulant_care::Care;
use kulant_care::view::{self, Assignee, Filter, Sort, TeamFilter};
use kulant_model::ids::AgentId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::page::PageQuery;
use crate::problem::Problem;

/// How many values one filter takes.
const MOST_VALUES: usize = 50;
const LONGEST_SEARCH: usize = 500;
const MOST_DAYS: u64 = 3_650;

/// What a list of conversations is narrowed to. Several values of one filter are separated by commas;
/// a conversation must meet every filter, and of each filter one value (of `tag` all).
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// `open`, `waiting`, `snoozed`, `resolved`.
    status: Option<String>,
    /// Ids; an inbox matches by any message.
    inbox: Option<String>,
    /// Ids, or `none`.
    team: Option<String>,
    /// Ids, `me`, or `none`.
    assignee: Option<String>,
    /// Names or ids.
    tag: Option<String>,
    /// Ids.
    brand: Option<String>,
    /// `request`, `question`, `complaint`, `suggestion`, `praise`, `interest`, `spam`, `other`.
    kind: Option<String>,
    /// `low`, `normal`, `high`, `urgent`.
    priority: Option<String>,
    /// `public`, `private`, `mixed`.
    visibility: Option<String>,
    /// `true` or `false`.
    unread: Option<String>,
    /// `me`: only where a note mentions me that I have not read.
    mentions: Option<String>,
    /// Only where the newest message is at most so many days old.
    within_days: Option<String>,
    /// Words to be found; the newest found comes first.
    q: Option<String>,
    /// `newest` (default), `oldest`, `waiting`; without effect where `q` is given.
    sort: Option<String>,
    /// `next_cursor` of the page before; absent for the first.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i64>,
}

impl ListQuery {
    pub fn page(&self) -> PageQuery {
        PageQuery {
            cursor: self.cursor.clone(),
            limit: self.limit,
        }
    }

    /// Returns the words to be found, if any are asked for.
    pub fn words(&self) -> Result<Option<&str>, Problem> {
        let words = self.q.as_deref().map(str::trim);
        match words.filter(|words| !words.is_empty()) {
            Some(words) if words.chars().count() > LONGEST_SEARCH => {
                let detail = format!("{LONGEST_SEARCH} characters at most");
                Err(Problem::invalid("q", "too_long", detail))
            }
            words => Ok(words),
        }
    }

    pub fn sort(&self) -> Result<Sort, Problem> {
        match self.sort.as_deref() {
            None | Some("" | "newest") => Ok(Sort::Newest),
            Some("oldest") => Ok(Sort::Oldest),
            Some("waiting") => Ok(Sort::Waiting),
            Some(_) => Err(unknown("sort", "newest, oldest or waiting")),
        }
    }

    /// The word of the order, as cursors carry it.
    pub fn sort_name(&self) -> &str {
        self.sort
            .as_deref()
            .filter(|sort| !sort.is_empty())
            .unwrap_or("newest")
    }

    /// Returns the filter as `care` takes it, for whoever `me` is.
    pub async fn filter(&self, care: &Care, me: AgentId) -> Result<Filter, Problem> {
        let tags = values("tag", self.tag.as_deref())?;
        let mut filter = Filter {
            statuses: words("status", self.status.as_deref())?,
            inboxes: words("inbox", self.inbox.as_deref())?,
            brands: words("brand", self.brand.as_deref())?,
            kinds: words("kind", self.kind.as_deref())?,
            priorities: words("priority", self.priority.as_deref())?,
            ..Filter::default()
        };
        for word in values("team", self.team.as_deref())? {
            filter.teams.push(match word {
                "none" => TeamFilter::Nobody,
                id => TeamFilter::Team(read("team", id)?),
            });
        }
        for word in values("assignee", self.assignee.as_deref())? {
            filter.assignees.push(match word {
                "none" => Assignee::Nobody,
                "me" => Assignee::Agent(me),
                id => Assignee::Agent(read("assignee", id)?),
            });
        }
        for word in values("visibility", self.visibility.as_deref())? {
            if !["public", "private", "mixed"].contains(&word) {
                return Err(unknown("visibility", "public, private or mixed"));
            }
            filter.visibilities.push(word.to_owned());
        }
        filter.unread = match self.unread.as_deref() {
            None | Some("") => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => return Err(unknown("unread", "true or false")),
        };
        filter.newest_after = match self.within_days.as_deref() {
            None | Some("") => None,
            Some(days) => Some(care.now().before(days_of(days)?)),
        };
        filter.mentioned = match self.mentions.as_deref() {
            None | Some("") => None,
            Some("me") => Some(me),
            Some(_) => return Err(unknown("mentions", "me")),
        };
        if !tags.is_empty() {
            let wanted = tags.into_iter().map(str::to_owned).collect();
            for tag in view::find_tags(care, wanted).await? {
                filter
                    .tags
                    .push(tag.ok_or_else(|| unknown("tag", "a tag that is there"))?);
            }
        }
        Ok(filter)
    }
}

fn days_of(text: &str) -> Result<Duration, Problem> {
    text.parse()
        .ok()
        .filter(|days| (1..=MOST_DAYS).contains(days))
        .map(|days: u64| Duration::from_hours(24 * days))
        .ok_or_else(|| unknown("within_days", "a number of days, 1 to 3650"))
}

fn words<T: FromStr>(field: &'static str, text: Option<&str>) -> Result<Vec<T>, Problem> {
    values(field, text)?
        .into_iter()
        .map(|word| read(field, word))
        .collect()
}

fn read<T: FromStr>(field: &'static str, word: &str) -> Result<T, Problem> {
    word.parse()
        .map_err(|_| unknown(field, "one of the values that this filter has"))
}

fn values<'t>(field: &'static str, text: Option<&'t str>) -> Result<Vec<&'t str>, Problem> {
    let values: Vec<&str> = text
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .collect();
    if values.len() > MOST_VALUES {
        let detail = format!("{MOST_VALUES} values at most");
        return Err(Problem::invalid(field, "too_many", detail));
    }
    Ok(values)
}

fn unknown(field: &'static str, wanted: &str) -> Problem {
    Problem::invalid(field, "not_a_choice", wanted)
}
