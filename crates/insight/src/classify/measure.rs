//! How good verdicts are: accuracy, F1 of each class, and whether what is called 80 % sure is right four times in five.

/// The quality of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassQuality {
    pub label: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// How many examples bear the label.
    pub examples: usize,
}

/// One of ten bands of sureness: how sure the verdicts in it were, and how many of them were right.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Band {
    pub verdicts: usize,
    pub mean_score: f64,
    pub accuracy: f64,
}

/// The quality of verdicts against the labels that people gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    pub examples: usize,
    pub accuracy: f64,
    pub macro_f1: f64,
    pub classes: Vec<ClassQuality>,
    pub bands: Vec<Band>,
    /// The mean distance between how sure and how right, over the bands.
    pub calibration_error: f64,
    /// The share of verdicts marked as sure, and how many of those were right.
    pub sure_share: f64,
    pub sure_accuracy: f64,
}

/// One verdict beside the truth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) truth: usize,
    pub(crate) found: usize,
    pub(crate) score: f32,
    pub(crate) sure: bool,
}

/// Measures verdicts; classes that neither stand in the truth nor were found do not count into the mean F1.
pub(crate) fn measure(judged: &[Judged], labels: &[String]) -> Quality {
    let examples = judged.len();
    let mut right = vec![0_usize; labels.len()];
    let mut found = vec![0_usize; labels.len()];
    let mut truth = vec![0_usize; labels.len()];
    let mut bands = vec![Band::default(); 10];
    let (mut sure, mut sure_right) = (0_usize, 0_usize);
    for one in judged {
        let hit = one.truth == one.found;
        truth[one.truth] += 1;
        found[one.found] += 1;
        right[one.found] += usize::from(hit);
        let band = &mut bands[((f64::from(one.score) * 10.0) as usize).min(9)];
        band.verdicts += 1;
        band.mean_score += f64::from(one.score);
        band.accuracy += f64::from(u8::from(hit));
        sure += usize::from(one.sure);
        sure_right += usize::from(one.sure && hit);
    }

    let mut calibration_error = 0.0;
    for band in &mut bands {
        if band.verdicts > 0 {
            band.mean_score /= band.verdicts as f64;
            band.accuracy /= band.verdicts as f64;
            calibration_error +=
                (band.mean_score - band.accuracy).abs() * share(band.verdicts, examples);
        }
    }
    let classes: Vec<ClassQuality> = labels
        .iter()
        .enumerate()
        .map(|(class, label)| ClassQuality {
            label: label.clone(),
            precision: share(right[class], found[class]),
            recall: share(right[class], truth[class]),
            f1: share(2 * right[class], found[class] + truth[class]),
            examples: truth[class],
        })
        .collect();
    let counted = classes
        .iter()
        .zip(&found)
        .filter(|(class, found)| class.examples + **found > 0);
    let counted: Vec<f64> = counted.map(|(class, _)| class.f1).collect();
    Quality {
        examples,
        accuracy: share(right.iter().sum(), examples),
        macro_f1: counted.iter().sum::<f64>() / counted.len().max(1) as f64,
        classes,
        bands,
        calibration_error,
        sure_share: share(sure, examples),
        sure_accuracy: share(sure_right, sure),
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
