//! The demo network over real HTTP: what it pushes to a small receiver and how it takes answers.

mod answers;
mod networks;
mod pages;
mod push;
mod receiver;
mod residents;
