//! Checks fields that people type in and gathers what is wrong, so that all of it is said at once.

use crate::error::{CareError, FieldFault};

const LONGEST_EMAIL: usize = 254;
const LONGEST_URL: usize = 2_000;
const LONGEST_SLUG: usize = 60;

/// What is wrong with a request, field by field.
#[derive(Default)]
pub(crate) struct Faults(Vec<FieldFault>);

impl Faults {
    pub(crate) fn add(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.0.push(FieldFault {
            field: field.to_owned(),
            code,
            detail: detail.into(),
        });
    }

    /// Ends the check: every fault at once, or none.
    pub(crate) fn end(self) -> Result<(), CareError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(CareError::Invalid(self.0))
        }
    }

    /// Takes one line of text that must say something, without the space around it.
    pub(crate) fn text(&mut self, field: &str, text: &str, longest: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(field, "required", "a value is needed");
        }
        self.bounded(field, text, longest)
    }

    /// Takes one line of text that may be empty.
    pub(crate) fn optional_text(
        &mut self,
        field: &str,
        text: Option<&str>,
        longest: usize,
    ) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        Some(self.bounded(field, text, longest))
    }

    /// Takes text of several lines that may be empty.
    pub(crate) fn optional_lines(
        &mut self,
        field: &str,
        text: Option<&str>,
        longest: usize,
    ) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        if text.chars().count() > longest {
            self.add(field, "too_long", format!("at most {longest} characters"));
        }
        Some(text.to_owned())
    }

    /// Takes an address of e-mail, in the form in which it is kept.
    pub(crate) fn email(&mut self, field: &str, email: &str) -> String {
        let email = crate::people::kept_email(email);
        let fine = email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        });
        let plain = !email
            .chars()
            .any(|one| one.is_whitespace() || one.is_control());
        if !fine || !plain || email.len() > LONGEST_EMAIL {
            self.add(field, "not_an_address", "not an e-mail address");
        }
        email
    }

    /// Takes an address on the web that may be empty.
    pub(crate) fn optional_url(&mut self, field: &str, url: Option<&str>) -> Option<String> {
        let url = url.map(str::trim).filter(|url| !url.is_empty())?;
        let host = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let plain = !url
            .chars()
            .any(|one| one.is_whitespace() || one.is_control());
        let fine = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'));
        if !fine || !plain || url.len() > LONGEST_URL {
            self.add(field, "not_an_address", "not an http or https address");
        }
        Some(url.to_owned())
    }

    /// Takes a colour as `#rrggbb`.
    pub(crate) fn colour(&mut self, field: &str, colour: &str) -> String {
        let colour = colour.trim().to_lowercase();
        let fine = colour.strip_prefix('#').is_some_and(|digits| {
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        if !fine {
            self.add(field, "not_a_colour", "a colour is #rrggbb");
        }
        colour
    }

    /// Takes the part of a path that stands for something.
    pub(crate) fn slug(&mut self, field: &str, slug: &str) -> String {
        let slug = slug.trim().to_lowercase();
        let fine = !slug.is_empty()
            && slug.len() <= LONGEST_SLUG
            && !slug.starts_with('-')
            && !slug.ends_with('-')
            && slug
                .bytes()
                .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == b'-');
        if !fine {
            self.add(
                field,
                "not_a_slug",
                format!("at most {LONGEST_SLUG} of a-z, 0-9 and -"),
            );
        }
        slug
    }

    fn bounded(&mut self, field: &str, text: &str, longest: usize) -> String {
        if text.chars().count() > longest {
            self.add(field, "too_long", format!("at most {longest} characters"));
        }
        if text.chars().any(char::is_control) {
            self.add(field, "not_one_line", "one line without control characters");
        }
        text.to_owned()
    }
}

/// Makes a slug of a name: `Kundenservice Züge` becomes `kundenservice-zuege`.
pub(crate) fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for one in name.trim().chars().flat_map(char::to_lowercase) {
        match one {
            'a'..='z' | '0'..='9' => slug.push(one),
            'ä' => slug.push_str("ae"),
            'ö' => slug.push_str("oe"),
            'ü' => slug.push_str("ue"),
            'ß' => slug.push_str("ss"),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(LONGEST_SLUG - 20);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "x" } else { slug }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_of_names() {
        for (name, slug) in [
            ("Kundenservice Züge", "kundenservice-zuege"),
            ("  Straße & Co. ", "strasse-co"),
            ("日本", "x"),
            ("!", "x"),
            ("A", "a"),
        ] {
            assert_eq!(slug_of(name), slug);
            let mut faults = Faults::default();
            faults.slug("slug", &slug_of(name));
            assert!(faults.end().is_ok(), "{name}");
        }
        let mut faults = Faults::default();
        faults.slug("slug", &slug_of(&"langer Name ".repeat(20)));
        assert!(faults.end().is_ok());
    }

    #[test]
    fn every_fault_has_its_word() {
        let mut faults = Faults::default();
        faults.text("a", "  ", 5);
        faults.text("b", "too long", 5);
        faults.text("c", "a\nb", 5);
        faults.email("d", "nobody");
        faults.email("e", "a b@c.de");
        faults.optional_url("f", Some("javascript:alert(1)"));
        faults.colour("g", "red");
        faults.slug("h", "Käse");
        let Err(CareError::Invalid(found)) = faults.end() else {
            panic!("nothing was found");
        };
        let words: Vec<(&str, &str)> = found
            .iter()
            .map(|fault| (fault.field.as_str(), fault.code))
            .collect();
        assert_eq!(
            words,
            [
                ("a", "required"),
                ("b", "too_long"),
                ("c", "not_one_line"),
                ("d", "not_an_address"),
                ("e", "not_an_address"),
                ("f", "not_an_address"),
                ("g", "not_a_colour"),
                ("h", "not_a_slug"),
            ]
        );
    }

    #[test]
    fn what_is_fine_is_taken_in_its_kept_form() {
        let mut faults = Faults::default();
        assert_eq!(faults.text("a", " Anna ", 5), "Anna");
        assert_eq!(faults.email("b", " Anna@Example.ORG "), "anna@example.org");
        assert_eq!(faults.optional_text("c", Some("  "), 5), None);
        assert_eq!(faults.colour("d", "#FFAA00"), "#ffaa00");
        assert_eq!(
            faults
                .optional_url("e", Some("https://example.org/x"))
                .as_deref(),
            Some("https://example.org/x")
        );
        assert!(faults.end().is_ok());
    }
}
