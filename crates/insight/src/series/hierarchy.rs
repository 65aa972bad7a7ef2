//! Makes forecasts of parts and of their total agree, moving each by what it is worth.

/// Reconciles a total with its parts by weighted least squares; weights are the variances, total first.
///
/// Returns the parts; their sum is the total. What has no positive weight is taken as certain.
pub fn reconcile(total: f64, parts: &[f64], weights: &[f64]) -> Vec<f64> {
    // With one sum over all parts the projection has a closed form:
    // the gap is shared out in proportion to the variances.
    let weight = |index: usize| weights.get(index).copied().unwrap_or(1.0).max(0.0);
    let all: f64 = (0..=parts.len()).map(weight).sum();
    if all <= 0.0 {
        return parts.to_vec();
    }
    let gap = total - parts.iter().sum::<f64>();
    parts
        .iter()
        .enumerate()
        .map(|(index, part)| part + gap * weight(index + 1) / all)
        .collect()
}
