//! Which conversation a public message belongs to: a pure function of the graph known so far.

// Under our own post every top-level comment opens its own conversation; a post on somebody's own
// page opens one with everything below it. Both follow from one rule: **the root of a message is
// the topmost message not written by us on the known path upwards.** It does not depend on the
// order in which messages arrive: where a parent was unseen, it is a placeholder, and when it is
// seen at last, everything below it is asked again (`after_parent_seen`).

/// A message's place in the graph, by the ids of the rows that stand for the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The topmost message not by us on the known path upwards; none where all are ours.
    pub root: Option<i64>,
    /// The topmost row on the path, seen or not.
    pub top: i64,
}

/// A placeholder's own place: nothing is known of it but that it exists.
pub const fn unseen(id: i64) -> Place {
    Place {
        root: None,
        top: id,
    }
}

/// Returns the place of a message, given the place of its parent where it has one.
pub const fn place(id: i64, own: bool, parent: Option<Place>) -> Place {
    let above = match parent {
        Some(parent) => parent.root,
        None => None,
    };
    let root = match above {
        Some(root) => Some(root),
        None if own => None,
        None => Some(id),
    };
    let top = match parent {
        Some(parent) => parent.top,
        None => id,
    };
    Place { root, top }
}

/// Returns the new place of a message whose topmost ancestor was a placeholder and now has the
/// place `seen`. A root above wins over every root below; without one the old root stays.
pub const fn after_parent_seen(old: Place, seen: Place) -> Place {
    Place {
        root: match seen.root {
            Some(root) => Some(root),
            None => old.root,
        },
        top: seen.top,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// A message of the test's graph: id, whether it is ours, its parent.
    type Line = (i64, bool, Option<i64>);

    /// Takes the lines in, in their order, as the intake does.
    fn take_in(lines: &[Line]) -> HashMap<i64, Place> {
        let mut places: HashMap<i64, Place> = HashMap::new();
        let mut seen: HashMap<i64, bool> = HashMap::new();
        for &(id, own, parent) in lines {
            let above = parent.map(|parent| *places.entry(parent).or_insert(unseen(parent)));
            let was_placeholder = places.contains_key(&id) && !seen.contains_key(&id);
            let here = place(id, own, above);
            places.insert(id, here);
            seen.insert(id, own);
            if was_placeholder {
                for (other, old) in &mut places {
                    if *other != id && old.top == id {
                        *old = after_parent_seen(*old, here);
                    }
                }
            }
        }
        places.retain(|id, _| seen.contains_key(id));
        places
    }

    #[test]
    fn comments_under_our_post_are_apart_and_replies_stay_with_them() {
        let lines = [
            (1, true, None),
            (2, false, Some(1)),
            (3, false, Some(1)),
            (4, false, Some(2)),
            (5, true, Some(2)),
            (6, false, Some(5)),
        ];
        let places = take_in(&lines);
        let root = |id: i64| places[&id].root;
        assert_eq!(root(1), None);
        assert_eq!((root(2), root(3)), (Some(2), Some(3)));
        assert_eq!(
            (root(4), root(5), root(6)),
            (Some(2), Some(2), Some(2)),
            "everything below a comment belongs to it"
        );
    }

    #[test]
    fn a_post_on_somebodys_page_holds_everything_below() {
        let places = take_in(&[(3, false, Some(2)), (2, false, Some(1)), (1, false, None)]);
        assert!(places.values().all(|place| place.root == Some(1)));
    }

    fn graph() -> impl Strategy<Value = (Vec<Line>, Vec<Line>)> {
        prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..40)
            .prop_map(|rows| {
                rows.iter()
                    .enumerate()
                    .map(|(index, (own, parent))| {
                        let id = index as i64 + 1;
                        let parent = parent.index(index + 1) as i64;
                        (id, *own, (parent > 0).then_some(parent))
                    })
                    .collect::<Vec<Line>>()
            })
            .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle()))
    }

    proptest! {
        #[test]
        fn every_order_ends_the_same((straight, shuffled) in graph()) {
            prop_assert_eq!(take_in(&straight), take_in(&shuffled));
        }
    }
}
