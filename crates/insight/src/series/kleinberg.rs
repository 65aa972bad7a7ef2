//! Kleinberg's two-state bursts over batches: which term is bursting, and since when.
//! For words, not for alarms: the cheapest sequence of states is known only at its end.

/// Returns for each batch whether it belongs to a burst.
///
/// `relevant[t]` of `total[t]` messages concern the term; `scale` is how much likelier they are in a burst,
/// entering one costs `gamma * ln n`, leaving is free.
pub fn bursts(relevant: &[f64], total: &[f64], scale: f64, gamma: f64) -> Vec<bool> {
    let n = relevant.len().min(total.len());
    let (base, high) = burst_rates(&relevant[..n], &total[..n], scale);
    let cost = |rate: f64, t: usize| {
        let (r, d) = (relevant[t], total[t]);
        // The number of ways to choose r of d is the same in both states.
        -(r * rate.ln() + (d - r) * (1.0 - rate).ln())
    };
    if n == 0 || base <= 0.0 {
        return vec![false; n];
    }
    let enter = gamma * (n as f64).ln();
    let mut costs = [0.0, enter];
    let mut from = Vec::with_capacity(n);
    for t in 0..n {
        let calm = usize::from(costs[0] > costs[1]);
        let burst = usize::from(costs[1] < costs[0] + enter);
        let best = [
            costs[calm],
            costs[burst] + if burst == 0 { enter } else { 0.0 },
        ];
        // Before the first batch everything is calm.
        let (best, origin) = if t == 0 {
            ([0.0, enter], [0, 0])
        } else {
            (best, [calm, burst])
        };
        costs = [best[0] + cost(base, t), best[1] + cost(high, t)];
        from.push(origin);
    }
    let mut state = usize::from(costs[1] < costs[0]);
    let mut states = vec![false; n];
    for t in (0..n).rev() {
        states[t] = state == 1;
        state = from[t][state];
    }
    states
}

/// Returns the usual share of relevant messages, and that within a burst.
pub fn burst_rates(relevant: &[f64], total: &[f64], scale: f64) -> (f64, f64) {
    let all: f64 = total.iter().sum();
    if all <= 0.0 {
        return (0.0, 0.0);
    }
    let base = relevant.iter().sum::<f64>() / all;
    (base, (base * scale).min(0.9999))
}
