//! The events of random schedules, and their frequencies.

use proptest::prelude::*;
use proptest::sample::Index;

/// An event. Party 0 is the initiator, party 1 the responder.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Send {
        party: usize,
        count: usize,
    },
    /// Sends many messages, delivers the newest, and loses most of the others.
    Burst {
        party: usize,
        count: usize,
    },
    /// Lets the party send a message, and the other party answer, so many times.
    Exchanges {
        party: usize,
        count: usize,
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

/// An alteration of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lie {
    Damage {
        position: Index,
        mask: u8,
    },
    Number(u32),
    PreviousLength(u32),
    RatchetKey,
    /// Encrypts the header with the header key of the sender's next chain.
    NextHeaderKey,
}

pub(super) fn schedules() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(action(), 10..80)
}

/// Schedules with bursts so long that more messages are skipped than keys are kept.
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
        80 => party().prop_map(|party| Action::Exchanges { party, count: 1 }),
        // So many that finished chains are forgotten.
        2 => (party(), 30..40_usize)
            .prop_map(|(party, count)| Action::Exchanges { party, count }),
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
