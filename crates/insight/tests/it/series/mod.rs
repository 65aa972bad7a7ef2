//! Numbers over time: every vector of the definitions, to its last digit, and the files of the commands.

mod counts;
mod detectors;
mod files;
mod forecasts;
mod holidays;
mod measures;
mod storms;
