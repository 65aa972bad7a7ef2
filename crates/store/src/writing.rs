//! Whether a piece of work wrote something: asked by whoever wants to do a failed one again.

use std::cell::Cell;

tokio::task_local! {
    static WRITTEN: Cell<u32>;
}

/// What a piece of work left in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// Each of its writes was undone, or it had none.
    None,
    /// A write was committed, or nobody knows whether it was.
    Some,
}

/// Runs a piece of work and tells whether it wrote something. Writes of tasks that it starts count
/// as nobody's.
pub async fn traced<T>(work: impl Future<Output = T>) -> (T, Trace) {
    WRITTEN
        .scope(Cell::new(0), async {
            let outcome = work.await;
            let trace = match WRITTEN.with(Cell::get) {
                0 => Trace::None,
                _ => Trace::Some,
            };
            (outcome, trace)
        })
        .await
}

/// A write counts from the moment that it is asked for: whoever stops waiting learns nothing of it.
pub(crate) fn begin() {
    change(1);
}

/// Takes back a write of which surely nothing stayed.
pub(crate) fn undo() {
    change(-1);
}

fn change(by: i32) {
    // Most writes are nobody's: jobs and followers repeat their work as it is.
    WRITTEN
        .try_with(|count| count.set(count.get().saturating_add_signed(by)))
        .ok();
}
