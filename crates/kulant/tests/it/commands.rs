//! Every command for real, as a child process: what it prints, how it ends, what it changes, and
//! that it works beside a running server and without one.

mod demo;
mod guarding;
mod moving;
mod rush;
mod serving;
mod setting_up;
