//! Status, assignment, tags, joining and splitting.
