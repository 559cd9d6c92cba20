//! The states in which a program begins.

use std::sync::LazyLock;

use super::end::End;
use super::world::World;
use crate::parties::{Beginning, Begun};

pub(super) const COUNT: usize = 6;

static STARTS: [LazyLock<World>; COUNT] = [
    LazyLock::new(|| begun(Beginning::OneTime)),
    LazyLock::new(|| begun(Beginning::Reusable)),
    LazyLock::new(|| begun(Beginning::X3dh)),
    LazyLock::new(established),
    LazyLock::new(far_ahead),
    LazyLock::new(many_keys),
];

/// A world in the state of this number.
pub(super) fn start(number: usize) -> World {
    STARTS[number].fork()
}

fn begun(beginning: Beginning) -> World {
    let Begun {
        alice,
        bob,
        session,
        rng,
    } = Begun::new(beginning);
    let alice = End::new(&alice, Some(session));
    let bob = End::new(&bob, None);
    World::new([alice, bob], rng)
}

/// A world after two messages each way.
fn established() -> World {
    let mut world = begun(Beginning::OneTime);
    for sender in [0, 1, 0, 1] {
        world.send(sender, 3);
        world.deliver_newest(sender);
    }
    world
}

/// A world in which Alice has lost almost as many messages as may be skipped.
fn far_ahead() -> World {
    let mut world = established();
    world.lose(0, 24_990);
    world
}

/// A world in which Bob holds almost as many keys as he may, of a finished chain and of the current one.
fn many_keys() -> World {
    let mut world = established();
    for lost in [990, 1_000] {
        world.lose(0, lost);
        for sender in [0, 1] {
            world.send(sender, 3);
            world.deliver_newest(sender);
        }
    }
    world
}
