//! A sending chain that gives way is wiped where it lies.

use sprag_primitives::SecretBytes;

use super::*;
use crate::HeaderKey;

/// A chain of which every secret is 32 times the same byte.
fn chain(byte: u8) -> SendingChain<HeaderKey> {
    let secret = || SecretBytes::copy_from(&[byte; 32]);
    SendingChain {
        pair: KeyPair::from_secret(&secret()),
        key: ChainKey::new(secret()),
        next: 3,
        header_key: HeaderKey::new(secret()),
    }
}

fn secrets(chain: &SendingChain<HeaderKey>) -> [[u8; 32]; 3] {
    let mut writer = Writer::new();
    writer.put(&chain.pair);
    writer.put(&chain.key);
    writer.put(&chain.header_key);
    let written = writer.finish();
    let mut secrets = [[0; 32]; 3];
    for (secret, bytes) in secrets.iter_mut().zip(written.expose().chunks_exact(32)) {
        secret.copy_from_slice(bytes);
    }
    secrets
}

#[test]
fn a_chain_that_gives_way_is_wiped_and_its_memory_used_again() {
    let mut sending = Sending::Deferred(None);
    sending.begin(chain(7));
    let Sending::Active(active) = &sending else {
        panic!("a chain has begun");
    };
    assert_eq!(secrets(active), [[7; 32]; 3]);
    let place: *const _ = &raw const **active;
    sending.defer();
    let Sending::Deferred(Some(wiped)) = &sending else {
        panic!("the memory is kept");
    };
    assert_eq!(secrets(wiped), [[0; 32]; 3]);
    assert_eq!((sending.length(), sending.key_pair().is_none()), (0, true));
    sending.defer();
    sending.begin(chain(8));
    let Sending::Active(active) = &sending else {
        panic!("a chain has begun");
    };
    assert_eq!(secrets(active), [[8; 32]; 3]);
    assert!(core::ptr::eq(place, &raw const **active));
}
