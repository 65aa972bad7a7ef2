//! The model's file: a mark, a version, the length, what the model knows, and a checksum over that.
//! A damaged or foreign file is refused with what is wrong; nothing read is believed before it was checked.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use super::calibrate::Calibration;
use super::features::{Recipe, Stems};
use super::hidden::{self, Hidden};
use super::model::Classifier;
use super::solve;
use super::vocabulary::Vocabulary;
use super::weights::Weights;

const MARK: &[u8; 8] = b"kulantcl";
const VERSION: u16 = 1;
/// No model is larger; a longer file is something else.
const LARGEST: u64 = 64 << 20;
const MOST_LABELS: usize = 2_000;
const LONGEST_RUN: u8 = 8;

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the model could not be read: {0}")]
    Io(#[from] io::Error),
    #[error("this is no model of kulant")]
    Foreign,
    #[error("the model has version {0}; this program reads version {VERSION}")]
    Version(u16),
    #[error("the model is damaged: {0}")]
    Damaged(&'static str),
}

use LoadError::Damaged;

impl Classifier {
    /// Writes the model.
    pub fn save(&self, mut to: impl Write) -> io::Result<()> {
        let body = self.body();
        to.write_all(MARK)?;
        to.write_all(&VERSION.to_le_bytes())?;
        to.write_all(&(body.len() as u64).to_le_bytes())?;
        to.write_all(&body)?;
        to.write_all(&checksum(&body).to_le_bytes())?;
        to.flush()
    }

    /// Reads a model that `save` wrote.
    pub fn load(from: impl Read) -> Result<Self, LoadError> {
        let mut bytes = Vec::new();
        from.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST || !bytes.starts_with(MARK) {
            return Err(LoadError::Foreign);
        }
        let mut rest = Bytes(&bytes[MARK.len()..]);
        let version = rest.two()?;
        if version != VERSION {
            return Err(LoadError::Version(version));
        }
        let length = rest.eight()?;
        if rest.0.len() as u64 != length.saturating_add(8) {
            return Err(Damaged("its length is not what it says"));
        }
        let (body, sum) = rest.0.split_at(length as usize);
        if Bytes(sum).eight()? != checksum(body) {
            return Err(Damaged("its checksum does not fit"));
        }
        read_body(Bytes(body))
    }

    fn body(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_text(&mut out, &self.task);
        put_number(&mut out, self.labels.len() as u64);
        for label in &self.labels {
            put_text(&mut out, label);
        }
        put_recipe(&mut out, &self.recipe);
        for number in [self.calibration.scale, self.calibration.sure_from] {
            out.extend(number.to_le_bytes());
        }
        for offset in &self.calibration.offsets {
            out.extend(offset.to_le_bytes());
        }

        put_number(&mut out, self.vocabulary.len() as u64);
        let mut before = 0;
        for key in &self.vocabulary.keys {
            put_number(&mut out, u64::from(key - before));
            before = *key;
        }
        out.extend(&self.vocabulary.rarities);
        out.extend(&self.weights.exponents);
        if !self.weights.is_dense() {
            for ends in self.weights.starts.windows(2) {
                put_number(&mut out, u64::from(ends[1] - ends[0]));
                let mut before = 0;
                for place in &self.weights.places[ends[0] as usize..ends[1] as usize] {
                    put_number(&mut out, u64::from(place - before));
                    before = *place;
                }
            }
        }
        put_values(&mut out, &self.weights);
        out.push(u8::from(self.hidden.is_some()));
        if let Some(net) = &self.hidden {
            out.extend(&net.inner.exponents);
            put_values(&mut out, &net.inner);
            for weight in &net.outer {
                out.extend(weight.to_le_bytes());
            }
        }

        put_number(&mut out, self.corrections.len() as u64);
        for (key, row) in &self.corrections {
            out.extend(key.to_le_bytes());
            for weight in row {
                out.extend(weight.to_le_bytes());
            }
        }
        out
    }
}

fn read_body(mut rest: Bytes<'_>) -> Result<Classifier, LoadError> {
    let task = rest.text()?;
    let classes = rest.number()? as usize;
    if !(2..=MOST_LABELS).contains(&classes) {
        return Err(Damaged("its number of labels is impossible"));
    }
    let labels = (0..classes)
        .map(|_| rest.text())
        .collect::<Result<Vec<_>, _>>()?;
    let recipe = read_recipe(&mut rest)?;
    let scale = rest.float()?;
    let sure_from = rest.float()?;
    let offsets = (0..classes)
        .map(|_| rest.float())
        .collect::<Result<Vec<_>, _>>()?;

    let features = rest.number()? as usize;
    // Every feature takes a byte or more, so a false number is found before room is made for it.
    if features > rest.0.len() {
        return Err(Damaged("it ends too early"));
    }
    let mut keys = Vec::with_capacity(features);
    let mut before: Option<u32> = None;
    for _ in 0..features {
        let step = u32::try_from(rest.number()?).map_err(|_| Damaged("a feature is impossible"))?;
        let key = match before {
            None => step,
            Some(before) => before
                .checked_add(step)
                .filter(|key| *key > before)
                .ok_or(Damaged("its features are out of order"))?,
        };
        keys.push(key);
        before = Some(key);
    }
    let rarities = rest.bytes(features)?.to_vec();
    let exponents = rest.bytes(features + 1)?.to_vec();
    let weights = read_weights(&mut rest, classes, exponents)?;
    let hidden = match rest.bytes(1)?[0] {
        0 => None,
        1 => Some(read_hidden(&mut rest, classes, features)?),
        _ => return Err(Damaged("its net is neither there nor not")),
    };
    let corrections = read_corrections(&mut rest, weights.columns)?;
    if !rest.0.is_empty() {
        return Err(Damaged("something follows its end"));
    }

    let calibration = Calibration {
        scale,
        offsets,
        sure_from,
    };
    let mut model = Classifier::new(
        task,
        labels,
        recipe,
        Vocabulary::new(keys, rarities),
        (weights, hidden),
        calibration,
    );
    model.corrections = corrections;
    Ok(model)
}

fn read_weights(
    rest: &mut Bytes<'_>,
    classes: usize,
    exponents: Vec<u8>,
) -> Result<Weights, LoadError> {
    let columns = solve::columns(classes);
    let mut weights = Weights {
        columns,
        exponents,
        starts: vec![0],
        ..Weights::default()
    };
    let mut end = 0_u32;
    if weights.is_dense() {
        return read_dense(rest, weights);
    }
    for _ in 0..weights.exponents.len() {
        let count = rest.number()? as usize;
        if count > columns {
            return Err(Damaged("a feature has too many weights"));
        }
        let mut place = 0_usize;
        for turn in 0..count {
            let step = rest.number()? as usize;
            place = place.saturating_add(step);
            if place >= columns || (turn > 0 && step == 0) {
                return Err(Damaged("a weight is for no class"));
            }
            weights.places.push(place as u16);
        }
        end += count as u32;
        weights.starts.push(end);
    }
    read_values(rest, weights, end as usize)
}

/// Reads weights of which every feature that says anything has one for each column.
fn read_dense(rest: &mut Bytes<'_>, mut weights: Weights) -> Result<Weights, LoadError> {
    let mut end = 0_u64;
    for exponent in &weights.exponents {
        end += if *exponent > 0 {
            weights.columns as u64
        } else {
            0
        };
        // More than the file holds is found below, before room is made for it.
        weights.starts.push(u32::try_from(end).unwrap_or(u32::MAX));
    }
    read_values(rest, weights, end as usize)
}

fn read_values(
    rest: &mut Bytes<'_>,
    mut weights: Weights,
    count: usize,
) -> Result<Weights, LoadError> {
    weights.values = rest
        .bytes(count)?
        .iter()
        .map(|byte| byte.cast_signed())
        .collect();
    Ok(weights.ready())
}

fn read_hidden(rest: &mut Bytes<'_>, classes: usize, features: usize) -> Result<Hidden, LoadError> {
    let inner = Weights {
        columns: hidden::UNITS,
        exponents: rest.bytes(features + 1)?.to_vec(),
        starts: vec![0],
        ..Weights::default()
    };
    let inner = read_dense(rest, inner)?;
    // Two classes share one column of margins; a net has one for each.
    if classes < hidden::FEWEST_CLASSES {
        return Err(Damaged("it has a net for too few classes"));
    }
    let outer = (0..hidden::UNITS * classes)
        .map(|_| rest.float())
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Hidden { inner, outer })
}

fn read_corrections(
    rest: &mut Bytes<'_>,
    columns: usize,
) -> Result<BTreeMap<u32, Vec<f32>>, LoadError> {
    let count = rest.number()?;
    let mut corrections = BTreeMap::new();
    for _ in 0..count {
        let key = rest.four()?;
        let row = (0..columns)
            .map(|_| rest.float())
            .collect::<Result<Vec<_>, _>>()?;
        corrections.insert(key, row);
    }
    Ok(corrections)
}

fn put_values(out: &mut Vec<u8>, weights: &Weights) {
    out.extend(weights.values.iter().map(|value| value.cast_unsigned()));
}

fn put_recipe(out: &mut Vec<u8>, recipe: &Recipe) {
    let stems = match recipe.stems {
        Stems::None => 0,
        Stems::German => 1,
        Stems::English => 2,
    };
    let flags = [
        recipe.across,
        recipe.skips,
        recipe.negations,
        recipe.compounds,
    ];
    let flags = flags
        .iter()
        .rev()
        .fold(0, |sum, flag| sum * 2 + u8::from(*flag));
    out.extend([recipe.runs.0, recipe.runs.1, recipe.words, stems, flags]);
}

fn read_recipe(rest: &mut Bytes<'_>) -> Result<Recipe, LoadError> {
    let bytes = rest.bytes(5)?;
    let stems = match bytes[3] {
        0 => Stems::None,
        1 => Stems::German,
        2 => Stems::English,
        _ => return Err(Damaged("its stems are of no language")),
    };
    if bytes[1] > LONGEST_RUN || bytes[2] > 3 || bytes[4] > 15 {
        return Err(Damaged("what it reads from texts is impossible"));
    }
    Ok(Recipe {
        runs: (bytes[0], bytes[1]),
        across: bytes[4] & 1 > 0,
        words: bytes[2],
        skips: bytes[4] & 2 > 0,
        negations: bytes[4] & 4 > 0,
        compounds: bytes[4] & 8 > 0,
        stems,
    })
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend(text.as_bytes());
}

/// Seven bits a byte, the highest says that more follow.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Finds any single damage: each step can be undone, so two bodies that differ in one place never meet.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(*byte))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    })
}

/// What is still to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], LoadError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let bytes = self.bytes(N)?;
        bytes.try_into().map_err(|_| Damaged("it ends too early"))
    }

    fn two(&mut self) -> Result<u16, LoadError> {
        self.array().map(u16::from_le_bytes)
    }

    fn four(&mut self) -> Result<u32, LoadError> {
        self.array().map(u32::from_le_bytes)
    }

    fn eight(&mut self) -> Result<u64, LoadError> {
        self.array().map(u64::from_le_bytes)
    }

    fn float(&mut self) -> Result<f32, LoadError> {
        let number = self.array().map(f32::from_le_bytes)?;
        if number.is_finite() {
            Ok(number)
        } else {
            Err(Damaged("a number is not finite"))
        }
    }

    fn number(&mut self) -> Result<u64, LoadError> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.array::<1>()?[0];
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(Damaged("a number is too long"))
    }

    fn text(&mut self) -> Result<String, LoadError> {
        let length = usize::try_from(self.number()?).map_err(|_| Damaged("a name is too long"))?;
        let bytes = self.bytes(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Damaged("a name is no text"))
    }
}
