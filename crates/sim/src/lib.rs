//! The demo world: a simulated social network with invented companies and customers, talking to kulant over HTTP alone.
//! It knows no crate of kulant; what it says and hears is the documented signed webhook.

mod content;
mod dice;
mod item;
mod settings;
mod signature;
mod world;

pub use content::{Brand, Language, brands};
pub use item::{Author, Item, ItemType, Millis, Visibility};
pub use settings::{AccountLink, Pace, SimSettings};
pub use world::{Answer, AnswerKind, Guest, Network, Placed, Refused, Standing, World};
