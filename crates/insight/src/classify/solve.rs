//! Fits one linear separator per class, all classes in step, by dual coordinate descent on the squared hinge loss.
//! Knows rows of numbers, no texts. Weights lie feature by feature, so that one pass over a row serves every class.

use super::seed::Chance;

/// How many classes stand side by side in one step of the inner loops.
pub(crate) const LANES: usize = 4;

/// Rows of sparse numbers.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Where each row begins in `features`, and after the last where it ends.
    pub(crate) starts: Vec<usize>,
    pub(crate) features: Vec<u32>,
    pub(crate) values: Vec<f32>,
    pub(crate) width: usize,
}

impl Rows {
    pub(crate) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.features[range.clone()], &self.values[range])
    }
}

/// What a fit is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    /// How much a row on the wrong side counts against large weights.
    pub(crate) cost: f32,
    /// How strongly rare classes are lifted: 0 not at all, 1 to the same sum for each class.
    pub(crate) balance: f32,
    /// How far the features' scales follow how differently the classes use them: 0 not at all.
    pub(crate) contrast: f32,
    pub(crate) rounds: usize,
    pub(crate) seed: u64,
}

/// The columns of weights that so many classes need: two classes share one.
pub(crate) fn columns(classes: usize) -> usize {
    if classes == 2 { 1 } else { classes }
}

/// The columns with the filling up to whole steps.
pub(crate) fn stride(classes: usize) -> usize {
    columns(classes).next_multiple_of(LANES)
}

/// Returns the weights, `stride` numbers for each feature. `labels` are of all rows; `chosen` are the rows to learn from.
pub(crate) fn fit(
    rows: &Rows,
    labels: &[u16],
    classes: usize,
    chosen: &[u32],
    fit: &Fit,
) -> Vec<f32> {
    let stride = stride(classes);
    let columns = columns(classes);
    let scales = contrast_scales(rows, labels, classes, chosen, fit.contrast);
    let (pull_yes, pull_no) = pulls(labels, classes, chosen, fit);

    let mut weights = vec![0_f32; rows.width * stride];
    let mut duals = vec![0_f32; chosen.len() * stride];
    let squares: Vec<f32> = squares(rows, chosen, scales.as_deref(), stride);
    let mut order: Vec<u32> = (0..chosen.len() as u32).collect();
    let mut chance = Chance::new(fit.seed);
    let mut margins = vec![0_f32; stride];
    let mut steps = vec![0_f32; stride];

    for round in 0..fit.rounds {
        chance.shuffle(&mut order);
        let mut largest = 0_f32;
        for &place in &order {
            let place = place as usize;
            let row = chosen[place] as usize;
            let (features, values) = rows.row(row);
            add_margins(&weights, features, values, &mut margins);

            let own = own_column(labels[row], classes);
            let duals = &mut duals[place * stride..(place + 1) * stride];
            let squares = &squares[place * stride..(place + 1) * stride];
            let mut moved = false;
            for column in 0..columns {
                let yes = own == Some(column);
                let sign = if yes { 1.0 } else { -1.0 };
                let ridge = if yes {
                    pull_yes[column]
                } else {
                    pull_no[column]
                };
                let slope = sign * margins[column] - 1.0 + ridge * duals[column];
                let next = (duals[column] - slope / (squares[column] + ridge)).max(0.0);
                let change = next - duals[column];
                duals[column] = next;
                steps[column] = change * sign;
                largest = largest.max(change.abs() * (squares[column] + ridge));
                moved |= change != 0.0;
            }
            if moved {
                step(&mut weights, scales.as_deref(), features, values, &steps);
            }
        }
        if largest < 0.01 && round > 1 {
            break;
        }
    }
    weights
}

/// Adds up what the features of a row say, for each column.
pub(crate) fn add_margins(weights: &[f32], features: &[u32], values: &[f32], margins: &mut [f32]) {
    let stride = margins.len();
    if stride == LANES {
        let mut sums = [0_f32; LANES];
        for (feature, value) in features.iter().zip(values) {
            let at = *feature as usize * LANES;
            for (sum, weight) in sums.iter_mut().zip(&weights[at..at + LANES]) {
                *sum += weight * value;
            }
        }
        margins.copy_from_slice(&sums);
        return;
    }
    margins.fill(0.0);
    for (feature, value) in features.iter().zip(values) {
        let at = *feature as usize * stride;
        for (sum, weight) in margins.iter_mut().zip(&weights[at..at + stride]) {
            *sum += weight * value;
        }
    }
}

fn step(
    weights: &mut [f32],
    scales: Option<&[f32]>,
    features: &[u32],
    values: &[f32],
    steps: &[f32],
) {
    let stride = steps.len();
    for (feature, value) in features.iter().zip(values) {
        let at = *feature as usize * stride;
        let row = &mut weights[at..at + stride];
        if let Some(scales) = scales {
            for ((weight, step), scale) in row.iter_mut().zip(steps).zip(&scales[at..at + stride]) {
                *weight += step * value * scale;
            }
        } else {
            for (weight, step) in row.iter_mut().zip(steps) {
                *weight += step * value;
            }
        }
    }
}

/// Which column a class answers yes in; of two classes the first has none.
pub(crate) fn own_column(label: u16, classes: usize) -> Option<usize> {
    let label = usize::from(label);
    if classes == 2 {
        return label.checked_sub(1);
    }
    Some(label)
}

fn pulls(labels: &[u16], classes: usize, chosen: &[u32], fit: &Fit) -> (Vec<f32>, Vec<f32>) {
    let mut counts = vec![0_f32; classes];
    for &row in chosen {
        counts[usize::from(labels[row as usize])] += 1.0;
    }
    let all = chosen.len() as f32;
    let cost = |share: f32, parts: f32| {
        let even = all / (parts * share.max(1.0));
        0.5 / (fit.cost * even.powf(fit.balance))
    };
    let mut yes = Vec::new();
    let mut no = Vec::new();
    for column in 0..columns(classes) {
        let own = if classes == 2 {
            counts[1]
        } else {
            counts[column]
        };
        yes.push(cost(own, 2.0).min(1e6));
        no.push(if classes == 2 {
            cost(all - own, 2.0)
        } else {
            0.5 / fit.cost
        });
    }
    (yes, no)
}

/// The squared scale of each feature and column: how differently the class and the others use it.
fn contrast_scales(
    rows: &Rows,
    labels: &[u16],
    classes: usize,
    chosen: &[u32],
    contrast: f32,
) -> Option<Vec<f32>> {
    if contrast <= 0.0 {
        return None;
    }
    let stride = stride(classes);
    let columns = columns(classes);
    let mut inside = vec![0_f32; rows.width * stride];
    let mut total = vec![0_f32; rows.width];
    let mut sums = vec![0_f32; columns];
    let mut sum = 0_f32;
    for &row in chosen {
        let (features, values) = rows.row(row as usize);
        let own = own_column(labels[row as usize], classes);
        for (feature, value) in features.iter().zip(values) {
            let feature = *feature as usize;
            total[feature] += value;
            sum += value;
            if let Some(own) = own {
                inside[feature * stride + own] += value;
                sums[own] += value;
            }
        }
    }
    let smooth = sum / chosen.len().max(1) as f32 / rows.width.max(1) as f32 * 50.0;
    let smooth = smooth.clamp(0.01, 1.0);
    for feature in 0..rows.width {
        for column in 0..columns {
            let cell = &mut inside[feature * stride + column];
            let own = (*cell + smooth * sums[column] / sum.max(1e-9)) / sums[column].max(1e-9);
            let others_sum = (sum - sums[column]).max(1e-9);
            let other = (total[feature] - *cell + smooth * others_sum / sum.max(1e-9)) / others_sum;
            let ratio = (own / other.max(1e-12)).max(1e-12).ln();
            *cell = (1.0 - contrast) + contrast * ratio * ratio;
        }
        for column in columns..stride {
            inside[feature * stride + column] = 0.0;
        }
    }
    Some(inside)
}

fn squares(rows: &Rows, chosen: &[u32], scales: Option<&[f32]>, stride: usize) -> Vec<f32> {
    let mut squares = vec![0_f32; chosen.len() * stride];
    for (place, &row) in chosen.iter().enumerate() {
        let (features, values) = rows.row(row as usize);
        let sums = &mut squares[place * stride..(place + 1) * stride];
        if let Some(scales) = scales {
            for (feature, value) in features.iter().zip(values) {
                let at = *feature as usize * stride;
                for (sum, scale) in sums.iter_mut().zip(&scales[at..at + stride]) {
                    *sum += value * value * scale;
                }
            }
        } else {
            sums.fill(values.iter().map(|value| value * value).sum());
        }
        for sum in sums {
            *sum = sum.max(1e-6);
        }
    }
    squares
}
