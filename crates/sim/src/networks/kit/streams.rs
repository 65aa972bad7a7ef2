//! Open websockets and endless bodies of one network, and what may go wrong with them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::faults::lock;

/// What is put on a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    /// The end, said properly.
    Close,
    /// The end, without a word.
    Drop,
    /// From here on nothing is said or heard, and the connection stays open.
    Freeze,
}

/// The streams that are open.
#[derive(Default)]
pub(crate) struct Streams {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    open: BTreeMap<u64, UnboundedSender<Frame>>,
}

impl Streams {
    pub(crate) fn open(&self) -> (u64, UnboundedReceiver<Frame>) {
        let (sender, receiver) = unbounded_channel();
        let mut inner = lock(&self.inner);
        inner.last += 1;
        let stream = inner.last;
        inner.open.insert(stream, sender);
        (stream, receiver)
    }

    pub(crate) fn close(&self, stream: u64) {
        lock(&self.inner).open.remove(&stream);
    }

    /// Says something on one stream; what nobody listens to any more is lost.
    pub(crate) fn tell(&self, stream: u64, text: impl Into<String>) {
        self.put(stream, Frame::Text(text.into()));
    }

    pub(crate) fn put(&self, stream: u64, frame: Frame) {
        if let Some(sender) = lock(&self.inner).open.get(&stream) {
            let _ = sender.send(frame);
        }
    }

    /// Does the same to all; returns how many there were.
    pub(crate) fn put_all(&self, frame: &Frame) -> usize {
        let inner = lock(&self.inner);
        for sender in inner.open.values() {
            let _ = sender.send(frame.clone());
        }
        inner.open.len()
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.inner).open.len()
    }
}
