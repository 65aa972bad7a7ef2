//! A brand's colour made readable: on light paper and on dark, by the contrast that WCAG asks for.

/// The grounds that the style sheet draws on.
const LIGHT_GROUND: [f64; 3] = [251.0, 249.0, 245.0];
const DARK_GROUND: [f64; 3] = [23.0, 22.0, 19.0];
/// A little more than 4.5, for the rounding.
const ENOUGH: f64 = 4.7;

/// Returns the lines of style that set a brand's colour, given as six digits; none if it is none.
pub(super) fn style(digits: &str) -> Option<String> {
    let colour = parse(digits)?;
    let light = hex(until_readable(colour, LIGHT_GROUND, [0.0; 3]));
    let dark = hex(until_readable(colour, DARK_GROUND, [255.0; 3]));
    Some(format!(
        ":root{{--accent:{light}}}\n\
         @media (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}\n"
    ))
}

fn parse(digits: &str) -> Option<[f64; 3]> {
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let part = |at: usize| {
        u8::from_str_radix(&digits[at..at + 2], 16)
            .ok()
            .map(f64::from)
    };
    Some([part(0)?, part(2)?, part(4)?])
}

/// Mixes a colour with black or white, no more than it takes to be read on a ground.
fn until_readable(colour: [f64; 3], ground: [f64; 3], towards: [f64; 3]) -> [f64; 3] {
    (0..=50)
        .map(|step| {
            let share = f64::from(step) / 50.0;
            std::array::from_fn(|part| {
                (colour[part] + (towards[part] - colour[part]) * share).round()
            })
        })
        .find(|mixed| contrast(*mixed, ground) >= ENOUGH)
        .unwrap_or(towards)
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = part / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn hex(colour: [f64; 3]) -> String {
    let [red, green, blue] = colour.map(|part| part as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_readable_on_both_grounds() {
        for digits in [
            "ffff00", "0f6570", "e20074", "000000", "ffffff", "808080", "ec0016",
        ] {
            let colour = parse(digits).expect("a colour");
            for (ground, towards) in [(LIGHT_GROUND, [0.0; 3]), (DARK_GROUND, [255.0; 3])] {
                let mixed = until_readable(colour, ground, towards);
                assert!(contrast(mixed, ground) >= 4.5, "{digits}");
            }
        }
    }

    #[test]
    fn a_colour_that_is_readable_stays_and_nonsense_is_none() {
        let style = style("0f6570").expect("a style");
        assert!(style.contains("--accent:#0f6570"), "{style}");
        for bad in ["0f657", "zzzzzz", "0f6570;", "é0657"] {
            assert_eq!(super::style(bad), None);
        }
    }
}
