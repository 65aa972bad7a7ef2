//! A macro for closed lists of words that stand the same in code, database and API.

/// Makes an enum whose cases have one fixed word each, for the database and for JSON.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident => $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize)]
        pub enum $name {
            $($(#[$case_doc])* #[serde(rename = $word)] $case),+
        }

        impl $name {
            /// Every case, in the order of its definition.
            pub const ALL: &'static [Self] = &[$(Self::$case),+];

            /// Returns the word that stands for this case everywhere.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }

            /// Finds the case that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$case),)+ _ => None }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                // What is derived would take `{"word": null}` too.
                let word = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(from)?;
                Self::from_word(&word)
                    .ok_or_else(|| ::serde::de::Error::unknown_variant(&word, &[$($word),+]))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.word())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_word(text).ok_or($crate::words::UnknownWord)
            }
        }
    };
}

/// A word that is on none of the lists where it was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_str, from_value, json, to_value};

    words! {
        /// Two words.
        Pair { One => "one", Other => "other" }
    }

    #[test]
    fn a_word_is_a_text_and_nothing_else() {
        for case in Pair::ALL {
            let value = to_value(case).expect("a value");
            assert_eq!(value, json!(case.word()));
            assert_eq!(from_value::<Pair>(value).expect("a case"), *case);
        }
        assert_eq!(
            from_str::<Pair>(r#""\u006fne""#).expect("escaped"),
            Pair::One
        );
        let strange: [Value; 6] = [
            json!({"one": null}),
            json!(["one"]),
            json!("One"),
            json!(""),
            json!(1),
            json!(null),
        ];
        for value in strange {
            assert!(from_value::<Pair>(value.clone()).is_err(), "{value}");
            assert!(from_str::<Pair>(&value.to_string()).is_err(), "{value}");
        }
    }
}
