//! The network as its members see it: walls, threads, private messages and a form to write as a customer.
//! Server-rendered, works without scripts; a small script refreshes what others wrote. No log-in: everybody here is invented.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::clock::wall_now;
use crate::content::{Language, brands};
use crate::faults::lock;
use crate::hub::{SharedHub, find_brand};
use crate::item::{Millis, Visibility};
use crate::world::{Guest, Network, Standing};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Posts on a wall.
const WALL: usize = 40;
/// Comments shown under a post on a wall.
const TEASERS: usize = 2;
/// Comments shown in a thread.
const THREAD: usize = 600;
const DEEPEST: usize = 4;

pub(crate) fn routes() -> Router<SharedHub> {
    Router::new()
        .route("/", get(show_home))
        .route("/brand/{slug}", get(show_brand))
        .route("/post/{id}", get(show_post))
        .route("/private/{thread}", get(show_private))
        .route("/write", post(write))
}

#[derive(Debug, Deserialize)]
struct Asked {
    /// Only the part that others change.
    part: Option<String>,
    /// The item that the form answers.
    to: Option<String>,
}

/// Who looks at a page, as far as the network cares.
struct Reader {
    lang: Language,
    name: String,
    now: Millis,
}

impl Reader {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: header::HeaderName| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let german = text(header::ACCEPT_LANGUAGE)
            .split(',')
            .next()
            .is_none_or(|first| first.is_empty() || first.starts_with("de"));
        let name = text(header::COOKIE)
            .split("; ")
            .find_map(|pair| pair.strip_prefix("sim_name="))
            .map(from_hex)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "Kim Neugier".to_owned());
        Self {
            lang: if german { Language::De } else { Language::En },
            name,
            now: wall_now(),
        }
    }

    fn say(&self, de: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Language::De => de,
            Language::En => en,
        }
    }
}

async fn show_home(
    State(hub): State<SharedHub>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Html<String> {
    let reader = Reader::of(&headers);
    let wall = {
        let world = lock(&hub.world);
        let roots: Vec<&Standing> = world.network().list_roots().take(WALL).collect();
        render_wall(&reader, world.network(), &roots)
    };
    let form = render_form(&reader, &FormFor::default());
    page(
        &reader,
        &asked,
        reader.say("Was gerade los ist", "What is going on"),
        &wall,
        &form,
    )
}

async fn show_brand(
    State(hub): State<SharedHub>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let Some(brand) = find_brand(&slug) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let reader = Reader::of(&headers);
    let wall = {
        let world = lock(&hub.world);
        let own = |standing: &&Standing| standing.item.brand == brand;
        let roots: Vec<&Standing> = world
            .network()
            .list_roots()
            .filter(own)
            .take(WALL)
            .collect();
        render_wall(&reader, world.network(), &roots)
    };
    let company = &brands()[brand];
    let about = company.about.get(&reader.lang).map_or("", String::as_str);
    let wall = format!("<p class=\"about\">{}</p>{wall}", escape(about));
    let form = render_form(
        &reader,
        &FormFor {
            brand: Some(brand),
            ..FormFor::default()
        },
    );
    page(&reader, &asked, &company.name, &wall, &form).into_response()
}

async fn show_post(
    State(hub): State<SharedHub>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&headers);
    let world = lock(&hub.world);
    let network = world.network();
    let root = network.root_of(&id);
    let Some(standing) = network
        .find(root)
        .filter(|standing| standing.item.visibility == Visibility::Public)
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut thread = String::new();
    let mut open = Thread {
        reader: &reader,
        network,
        left: THREAD,
    };
    open.render(standing, 0, &mut thread);

    let target = asked
        .to
        .as_deref()
        .and_then(|to| network.find(to))
        .unwrap_or(standing);
    let form = FormFor {
        brand: Some(standing.item.brand),
        parent: Some(&target.item.id),
        to: Some(&target.item.author.name),
        private: false,
    };
    let form = render_form(&reader, &form);
    page(
        &reader,
        &asked,
        reader.say("Beitrag", "Post"),
        &thread,
        &form,
    )
    .into_response()
}

async fn show_private(
    State(hub): State<SharedHub>,
    Path(thread): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let reader = Reader::of(&headers);
    let world = lock(&hub.world);
    let messages: Vec<&Standing> = world.network().list_thread(&thread).collect();
    let Some(first) = messages.first() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut list = String::new();
    for standing in &messages {
        render_item(&reader, standing, "", &mut list);
    }
    let form = FormFor {
        brand: Some(first.item.brand),
        private: true,
        ..FormFor::default()
    };
    let form = render_form(&reader, &form);
    page(
        &reader,
        &asked,
        reader.say("Private Nachrichten", "Private messages"),
        &list,
        &form,
    )
    .into_response()
}

#[derive(Debug, Deserialize)]
struct Written {
    name: String,
    brand: String,
    text: String,
    parent: Option<String>,
    private: Option<String>,
}

async fn write(State(hub): State<SharedHub>, Form(written): Form<Written>) -> Response {
    let Some(brand) = find_brand(&written.brand) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let name: String = written.name.trim().chars().take(60).collect();
    let text: String = written.text.trim().chars().take(5_000).collect();
    if name.is_empty() || text.is_empty() {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }

    let cookie = format!("sim_name={}; Path=/; SameSite=Lax; HttpOnly", to_hex(&name));
    let guest = Guest {
        name,
        brand,
        text,
        parent: written.parent.filter(|parent| !parent.is_empty()),
        private: written.private.is_some(),
    };
    let place = {
        let mut world = lock(&hub.world);
        let id = world.write(guest, hub.clock.now());
        let thread = world
            .network()
            .find(&id)
            .and_then(|standing| standing.item.thread.clone());
        thread.map_or_else(
            || format!("/post/{id}#{id}"),
            |thread| format!("/private/{thread}"),
        )
    };
    hub.wake.notify_one();
    ([(header::SET_COOKIE, cookie)], Redirect::to(&place)).into_response()
}

fn page(reader: &Reader, asked: &Asked, title: &str, feed: &str, form: &str) -> Html<String> {
    if asked.part.is_some() {
        return Html(feed.to_owned());
    }
    let mut companies = String::new();
    for brand in brands() {
        let _ = write!(
            companies,
            "<a href=\"/brand/{}\" style=\"--brand:{}\">{}</a>",
            brand.slug,
            brand.colour,
            escape(&brand.name)
        );
    }
    let title = escape(title);
    let note = reader.say(
        "Ein erfundenes Netzwerk zum Ausprobieren: Alle Menschen und Firmen hier sind ausgedacht. Schreib selbst als Kunde und sieh zu, wie die Antworten ankommen.",
        "An invented network to try things out: all people and companies here are made up. Write as a customer and watch the answers arrive.",
    );
    let (lang, refresh, home) = (
        reader.say("de", "en"),
        reader.say("Neu laden", "Reload"),
        reader.say("Alles", "Everything"),
    );
    Html(format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} · Plausch</title><style>{STYLE}</style></head><body>\
         <header><strong>Plausch</strong><nav><a href=\"/\">{home}</a>{companies}</nav></header>\
         <p class=\"note\">{note}</p><main><section><h1>{title}</h1><div id=\"feed\">{feed}</div><noscript><a href=\"\">{refresh}</a></noscript></section>\
         <aside>{form}</aside></main><script>{SCRIPT}</script></body></html>"
    ))
}

/// What the form writes to.
#[derive(Default)]
struct FormFor<'a> {
    brand: Option<usize>,
    parent: Option<&'a str>,
    to: Option<&'a str>,
    private: bool,
}

fn render_form(reader: &Reader, form: &FormFor<'_>) -> String {
    let heading = reader.say("Als Kunde schreiben", "Write as a customer");
    let mut html =
        format!("<form method=\"post\" action=\"/write\" id=\"write\"><h2>{heading}</h2>");
    if let Some(to) = form.to {
        let _ = write!(
            html,
            "<p>{} {}</p>",
            reader.say("Antwort an", "Reply to"),
            escape(to)
        );
    }
    let _ = write!(
        html,
        "<label>{}<input name=\"name\" value=\"{}\" maxlength=\"60\" required></label>",
        reader.say("Dein Name", "Your name"),
        escape(&reader.name)
    );
    if let Some(brand) = form.brand {
        let _ = write!(
            html,
            "<input type=\"hidden\" name=\"brand\" value=\"{}\">",
            brands()[brand].slug
        );
    } else {
        let _ = write!(
            html,
            "<label>{}<select name=\"brand\">",
            reader.say("An", "To")
        );
        for brand in brands() {
            let _ = write!(
                html,
                "<option value=\"{}\">{}</option>",
                brand.slug,
                escape(&brand.name)
            );
        }
        html.push_str("</select></label>");
    }
    if let Some(parent) = form.parent {
        let _ = write!(
            html,
            "<input type=\"hidden\" name=\"parent\" value=\"{}\">",
            escape(parent)
        );
    }
    let _ = write!(
        html,
        "<label>{}<textarea name=\"text\" rows=\"4\" maxlength=\"5000\" required></textarea></label>",
        reader.say("Text", "Text")
    );
    if form.private {
        html.push_str("<input type=\"hidden\" name=\"private\" value=\"1\">");
    } else if form.parent.is_none() {
        let label = reader.say("privat", "private");
        let _ = write!(
            html,
            "<label class=\"check\"><input type=\"checkbox\" name=\"private\" value=\"1\"> {label}</label>"
        );
    }
    let _ = write!(
        html,
        "<button>{}</button></form>",
        reader.say("Absenden", "Send")
    );
    html
}

fn render_wall(reader: &Reader, network: &Network, roots: &[&Standing]) -> String {
    let mut html = String::new();
    for root in roots {
        let id = &root.item.id;
        let _ = write!(html, "<div class=\"thread\">");
        render_item(reader, root, &format!("/post/{id}"), &mut html);
        let newest = root.children.iter().rev().take(TEASERS).rev();
        for child in newest.filter_map(|child| network.find(child)) {
            html.push_str("<div class=\"branch\">");
            render_item(reader, child, "", &mut html);
            for answer in child
                .children
                .iter()
                .filter_map(|answer| network.find(answer))
                .take(TEASERS)
            {
                html.push_str("<div class=\"branch\">");
                render_item(reader, answer, "", &mut html);
                html.push_str("</div>");
            }
            html.push_str("</div>");
        }
        if root.children.len() > TEASERS {
            let more = reader.say("Alle Kommentare", "All comments");
            let _ = write!(
                html,
                "<a class=\"more\" href=\"/post/{id}\">{more} ({})</a>",
                root.children.len()
            );
        }
        html.push_str("</div>");
    }
    html
}

/// A thread on its way to the page: what it reads from and how many items it may still hold.
struct Thread<'a> {
    reader: &'a Reader,
    network: &'a Network,
    left: usize,
}

impl Thread<'_> {
    fn render(&mut self, standing: &Standing, depth: usize, html: &mut String) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let network = self.network;
        let root = network.root_of(&standing.item.id);
        let reply = format!("/post/{root}?to={}#write", standing.item.id);
        render_item(self.reader, standing, &reply, html);
        for child in standing
            .children
            .iter()
            .filter_map(|child| network.find(child))
        {
            let deeper = depth < DEEPEST;
            html.push_str(if deeper {
                "<div class=\"branch\">"
            } else {
                "<div>"
            });
            self.render(child, depth + 1, html);
            html.push_str("</div>");
        }
    }
}

fn render_item(reader: &Reader, standing: &Standing, link: &str, html: &mut String) {
    let item = &standing.item;
    let colour = &brands()[item.brand].colour;
    let class = if item.author.own { "item own" } else { "item" };
    let _ = write!(
        html,
        "<article class=\"{class}\" id=\"{}\" style=\"--brand:{colour}\"><p class=\"by\"><b>{}</b> <span>@{} · {}",
        escape(&item.id),
        escape(&item.author.name),
        escape(&item.author.handle),
        age(reader, item.time),
    );
    if standing.edited {
        let _ = write!(html, " · {}", reader.say("bearbeitet", "edited"));
    }
    html.push_str("</span></p>");
    if let Some(title) = &item.title {
        let _ = write!(html, "<h2>{}</h2>", escape(title));
    }
    if standing.deleted {
        let _ = write!(
            html,
            "<p class=\"gone\">{}</p>",
            reader.say("gelöscht", "deleted")
        );
    } else {
        let _ = write!(html, "<p class=\"text\">{}</p>", escape(&item.text));
    }
    html.push_str("<p class=\"foot\">");
    for (kind, count) in standing.reactions.iter().filter(|(_, count)| **count > 0) {
        let _ = write!(html, "<span>{} {count}</span> ", sign_of(kind));
    }
    if !link.is_empty() && !standing.deleted {
        let _ = write!(
            html,
            "<a href=\"{}\">{}</a>",
            escape(link),
            reader.say("Antworten", "Reply")
        );
    }
    html.push_str("</p></article>");
}

fn sign_of(reaction: &str) -> &'static str {
    match reaction {
        "love" => "❤️",
        "thanks" => "🙏",
        "laugh" => "😄",
        "sad" => "😢",
        "angry" => "😠",
        _ => "👍",
    }
}

fn age(reader: &Reader, time: Millis) -> String {
    let seconds = ((reader.now - time) / 1_000).max(0);
    let (de, en, count) = match seconds {
        0..=59 => return reader.say("gerade eben", "just now").to_owned(),
        60..=3_599 => ("Min.", "min", seconds / 60),
        3_600..=86_399 => ("Std.", "h", seconds / 3_600),
        _ => ("T.", "d", seconds / 86_400),
    };
    match reader.lang {
        Language::De => format!("vor {count} {de}"),
        Language::En => format!("{count} {en} ago"),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Cookies hold few signs; hexadecimal digits hold any name.
fn to_hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn from_hex(hex: &str) -> String {
    let bytes: Vec<u8> = hex
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{escape, from_hex, to_hex};

    #[test]
    fn texts_cannot_break_out_of_the_page() {
        assert_eq!(escape("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
    }

    #[test]
    fn names_survive_the_cookie() {
        assert_eq!(from_hex(&to_hex("Jörg Müßig")), "Jörg Müßig");
        assert_eq!(from_hex("zz"), "");
    }
}
