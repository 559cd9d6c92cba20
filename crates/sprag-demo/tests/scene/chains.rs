use alloc::collections::{BTreeMap, BTreeSet};

use sprag_demo::scene::{ChainView, ChainsView, Direction, LinkState, PartyView, Step, SuiteName};

use crate::support::{Alice, Bob, Chance, Play};

fn drawn(play: &Play, name: sprag_demo::Name) -> ChainsView {
    play.party(name).chains.unwrap()
}

/// The fingerprints of a chain's links: chain key and message key.
fn links(chain: &ChainView) -> Vec<(u32, String, String)> {
    let links = chain.links.iter();
    links
        .map(|link| (link.n, link.chain.to_string(), link.message.to_string()))
        .collect()
}

#[test]
fn both_draw_the_same_root_chain_and_the_same_chains_when_nothing_is_in_flight() {
    for suite in [SuiteName::X3dh, SuiteName::Pqxdh] {
        let mut play = Play::begun(suite);
        for from in [Alice, Alice, Bob, Alice, Bob, Bob, Bob, Alice] {
            play.exchange(from);
        }
        let [alice, bob] = [Alice, Bob].map(|name| drawn(&play, name));
        // One root key of the handshake, and one for each of the five turns.
        assert_eq!(alice.root.len(), 6);
        assert_eq!(alice.root, bob.root);
        let handshake = play.view().handshake.unwrap();
        let first = handshake.derived.iter().find(|key| key.name == "RK");
        assert_eq!(alice.root[0].fingerprint, first.unwrap().fingerprint);
        // The chains hang from the root keys after the first, in turns.
        assert_eq!(alice.chains.len(), 5);
        for (index, (alice, bob)) in alice.chains.iter().zip(&bob.chains).enumerate() {
            assert_eq!((alice.root, bob.root), (index + 1, index + 1));
            assert_eq!(links(alice), links(bob));
            assert_eq!(alice.links.len(), [2, 1, 1, 3, 1][index]);
            assert_ne!(alice.direction, bob.direction);
            let sends = alice.direction == Direction::Sending;
            assert_eq!(sends, index % 2 == 0);
        }
    }
}

#[test]
fn only_the_last_root_key_and_the_chain_keys_in_use_are_held() {
    let mut play = Play::acquainted();
    play.exchange(Alice);
    play.exchange(Alice);
    let alice = drawn(&play, Alice);
    let wiped: Vec<bool> = alice.root.iter().map(|root| root.wiped).collect();
    assert_eq!(wiped, [true, true, true, false]);
    // The first chain is over; Bob's chain and the one that answers it go on.
    let ended: Vec<bool> = alice.chains.iter().map(|chain| chain.ended).collect();
    assert_eq!(ended, [true, false, false]);
    for chain in &alice.chains {
        assert_eq!(chain.next.is_none(), chain.ended);
        let number = u32::try_from(chain.links.len()).unwrap();
        assert!(chain.next.as_ref().is_none_or(|next| next.n == number));
        let wiped = |link: &sprag_demo::scene::Link| link.state == LinkState::Wiped;
        assert!(chain.links.iter().all(wiped));
    }
    // The next message of a chain has the chain key that is held now.
    let held = alice.chains[2].next.as_ref().unwrap().chain;
    play.exchange(Alice);
    let chain = &drawn(&play, Alice).chains[2];
    assert_eq!(chain.links.last().unwrap().chain, held);
    // Between receipt and answer there is no sending chain.
    play.exchange(Bob);
    let alice = drawn(&play, Alice);
    let ended: Vec<bool> = alice.chains.iter().map(|chain| chain.ended).collect();
    assert_eq!(ended, [true, true, true, false]);
}

#[test]
fn a_skipped_key_waits_and_is_wiped_when_its_message_comes() {
    let mut play = Play::acquainted();
    let [late, missing, shown] = [(); 3].map(|()| play.send(Alice));
    play.read(shown);
    let states = |play: &Play| {
        let chain = play.chains(Bob, Direction::Receiving).pop().unwrap();
        let links = chain.links.into_iter();
        links
            .map(|link| (link.envelope, link.state))
            .collect::<Vec<_>>()
    };
    let (skipped, wiped) = (LinkState::Skipped, LinkState::Wiped);
    let link = |envelope, state| (Some(envelope), state);
    let expected = [
        link(late, skipped),
        link(missing, skipped),
        link(shown, wiped),
    ];
    assert_eq!(states(&play), expected);
    play.read(late);
    let expected = [
        link(late, wiped),
        link(missing, skipped),
        link(shown, wiped),
    ];
    assert_eq!(states(&play), expected);
    // The sender keeps no key of what it sent.
    let chain = play.chains(Alice, Direction::Sending).pop().unwrap();
    assert!(chain.links.iter().all(|link| link.state == wiped));
    // The key waits beyond the end of its chain, and the tail that never came is skipped with it.
    let tail = play.send(Alice);
    play.exchange(Bob);
    play.exchange(Alice);
    let chains = play.chains(Bob, Direction::Receiving);
    let chain = &chains[chains.len() - 2];
    assert!(chain.ended && chain.next.is_none());
    let links: Vec<_> = chain.links.iter().map(|link| link.state).collect();
    assert_eq!(links, [wiped, skipped, wiped, skipped]);
    assert_eq!(chain.links[3].envelope, Some(tail));
}

#[test]
fn a_long_chain_is_drawn_by_its_latest_links() {
    let mut play = Play::acquainted();
    play.send_many(Alice, 200);
    let many = play.last().id;
    let chain = play.chains(Alice, Direction::Sending).pop().unwrap();
    assert_eq!((chain.before, chain.links.len()), (140, 60));
    assert_eq!(chain.links[0].n, 140);
    assert!(chain.links.iter().all(|link| link.envelope == Some(many)));
    assert_eq!(chain.next.as_ref().unwrap().n, 200);
    // The receiver of the last has the same.
    play.exchange(Alice);
    let [alice, bob] = [(Alice, Direction::Sending), (Bob, Direction::Receiving)]
        .map(|(name, direction)| play.chains(name, direction).pop().unwrap());
    assert_eq!((alice.before, alice.links.len()), (141, 60));
    assert_eq!(links(&alice), links(&bob));
    let skipped = |link: &&sprag_demo::scene::Link| link.state == LinkState::Skipped;
    assert_eq!(bob.links.iter().filter(skipped).count(), 59);
}

#[test]
fn a_renewal_begins_a_new_drawing() {
    let mut play = Play::acquainted();
    let before = drawn(&play, Alice);
    play.step(Step::Begin {
        suite: SuiteName::X3dh,
    });
    let alice = drawn(&play, Alice);
    assert_eq!((alice.root.len(), alice.chains.len()), (2, 1));
    assert_ne!(alice.root[0], before.root[0]);
    // Bob draws the old session until he reads a message of the new one.
    assert_eq!(drawn(&play, Bob).root[0], before.root[0]);
    play.exchange(Alice);
    assert_eq!(drawn(&play, Bob).root, drawn(&play, Alice).root);
}

#[test]
fn keys_are_shown_if_they_are_held_and_asked_for() {
    let mut play = Play::acquainted();
    let [_late, shown] = [(); 2].map(|()| play.send(Alice));
    play.read(shown);
    let hidden = play.scene.view(false).parties;
    assert!(!has_keys(&hidden.alice) && !has_keys(&hidden.bob));
    let bob = play.scene.view(true).parties.bob;
    let chains = bob.chains.unwrap();
    for root in &chains.root {
        assert_eq!(root.key.is_some(), !root.wiped);
    }
    for chain in &chains.chains {
        for link in &chain.links {
            assert_eq!(link.key.is_some(), link.state == LinkState::Skipped);
        }
        assert!(chain.next.as_ref().is_none_or(|next| next.key.is_some()));
    }
    // Both hold the same root key and the same chain key.
    let alice = play.scene.view(true).parties.alice.chains.unwrap();
    assert_eq!(alice.root.last(), chains.root.last());
    assert_eq!(
        alice.chains.last().unwrap().next,
        chains.chains.last().unwrap().next
    );
}

fn has_keys(party: &PartyView) -> bool {
    let chains = party.chains.as_ref().unwrap();
    let root = chains.root.iter().any(|root| root.key.is_some());
    let in_chain = |chain: &ChainView| {
        let next = chain.next.as_ref().is_some_and(|next| next.key.is_some());
        next || chain.links.iter().any(|link| link.key.is_some())
    };
    root || chains.chains.iter().any(in_chain)
}

#[test]
fn whatever_happens_no_link_is_drawn_in_two_ways() {
    for seed in 0..12 {
        let mut chance = Chance::new(2_000 + seed);
        let mut seen: BTreeMap<(String, u32), String> = BTreeMap::new();
        for _ in 0..60 {
            chance.step();
            let view = chance.play.view();
            for party in [&view.parties.alice, &view.parties.bob] {
                let Some(chains) = &party.chains else {
                    continue;
                };
                let status = party.status.as_ref().unwrap();
                let root = chains.root.last().unwrap();
                assert_eq!(root.fingerprint, status.root_fingerprint);
                let mut skipped = 0;
                for chain in &chains.chains {
                    let root = chains.root[chain.root].fingerprint.to_string();
                    for link in &chain.links {
                        let keys = format!("{} {}", link.chain, link.message);
                        let same = seen.entry((root.clone(), link.n)).or_insert(keys.clone());
                        assert_eq!(*same, keys, "seed {seed}");
                        skipped += usize::from(link.state == LinkState::Skipped);
                    }
                    // A chain key that is held is that of the link that follows.
                    if let Some(next) = &chain.next {
                        let follows = seen.get(&(root, next.n));
                        let chain = next.chain.to_string();
                        assert!(follows.is_none_or(|keys| keys.starts_with(&chain)));
                    }
                }
                // All skipped keys are drawn, unless links are left out.
                if chains.chains.iter().all(|chain| chain.before == 0) {
                    assert_eq!(skipped, status.skipped_keys, "seed {seed}");
                }
            }
        }
        let distinct: BTreeSet<&String> = seen.values().collect();
        assert_eq!(distinct.len(), seen.len());
    }
}
