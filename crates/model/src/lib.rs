//! The words and the rules of kulant: pure values, no input or output, no async, no clock of its own.

pub mod brand;
pub mod conversation;
pub mod event;
pub mod hours;
pub mod ids;
pub mod listening;
pub mod message;
pub mod promise;
pub mod refusal;
pub mod role;
pub mod team;
pub mod threading;
pub mod time;
pub mod words;
