//! Numbers over time: every vector of the definitions, to its last digit.

mod detectors;
mod holidays;
mod measures;
