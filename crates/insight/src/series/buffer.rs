//! What to hold ready beyond the forecast: a scenario's messages and how they fade.

/// Something that may happen, with its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    pub probability: f64,
    /// How many customers it touches.
    pub affected: f64,
    /// Which share of them writes.
    pub contact_rate: f64,
    /// After how many slots half of what is to come has come.
    pub half_life_slots: f64,
}

impl Scenario {
    /// Returns how many messages it brings in all.
    pub fn extra(&self) -> f64 {
        self.affected * self.contact_rate
    }

    /// Spreads its messages over the slots that follow.
    pub fn profile(&self, slots: usize) -> Vec<f64> {
        let keep = 0.5_f64.powf(1.0 / self.half_life_slots.max(1e-6));
        let mut left = self.extra();
        (0..slots)
            .map(|_| {
                let come = left * (1.0 - keep);
                left -= come;
                come
            })
            .collect()
    }
}
