//! What can happen, and how often it does.

use proptest::prelude::*;
use proptest::sample::Index;

/// A party is 0, the initiator, or 1.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Send {
        party: usize,
        count: usize,
    },
    /// The newest of them arrives, and most of the others never will.
    Burst {
        party: usize,
        count: usize,
    },
    /// The party says something, and the other answers.
    Exchange {
        party: usize,
    },
    Deliver {
        party: usize,
        which: Index,
    },
    DeliverNewest {
        party: usize,
    },
    Lose {
        party: usize,
        which: Index,
    },
    Lie {
        party: usize,
        which: Index,
        lie: Lie,
    },
    Restore {
        party: usize,
    },
}

/// How a message is not genuine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lie {
    Damage {
        position: Index,
        mask: u8,
    },
    Number(u32),
    PreviousLength(u32),
    RatchetKey,
    /// The header is under the key of the sender's next chain.
    NextHeaderKey,
}

pub(super) fn schedules() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(action(), 10..80)
}

/// Those in which more messages are overtaken than keys are kept.
pub(super) fn schedules_with_bursts() -> impl Strategy<Value = Vec<Action>> {
    let burst =
        (0..2_usize, 1_200..2_200_usize).prop_map(|(party, count)| Action::Burst { party, count });
    prop::collection::vec(prop_oneof![30 => action(), 1 => burst], 10..80)
}

fn action() -> impl Strategy<Value = Action> {
    let party = || 0..2_usize;
    let which = any::<Index>;
    prop_oneof![
        240 => (party(), 1..4_usize).prop_map(|(party, count)| Action::Send { party, count }),
        80 => party().prop_map(|party| Action::Exchange { party }),
        150 => (party(), which()).prop_map(|(party, which)| Action::Deliver { party, which }),
        150 => party().prop_map(|party| Action::DeliverNewest { party }),
        40 => (party(), which()).prop_map(|(party, which)| Action::Lose { party, which }),
        80 => (party(), which(), lie())
            .prop_map(|(party, which, lie)| Action::Lie { party, which, lie }),
        40 => party().prop_map(|party| Action::Restore { party }),
    ]
}

fn lie() -> impl Strategy<Value = Lie> {
    let number = || prop_oneof![0..20_u32, Just(u32::MAX), any::<u32>()];
    prop_oneof![
        4 => (any::<Index>(), 1..=u8::MAX)
            .prop_map(|(position, mask)| Lie::Damage { position, mask }),
        2 => number().prop_map(Lie::Number),
        2 => number().prop_map(Lie::PreviousLength),
        1 => Just(Lie::RatchetKey),
        1 => Just(Lie::NextHeaderKey),
    ]
}
