//! The values of the samples.

use std::sync::LazyLock;

use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::xeddsa::Signature;
use sprag_wire::MessageParts;
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{
    Bundle, CurveBundle, CurveMessage, InitialMessage, KemPrekey, KemPrekeyUse, OneTimePrekey,
    PrekeyId, SealedInitiator, SignedPrekey, SignedPrekeyTerms, Suite, Upload, pqxdh, x3dh,
};

use crate::support::{
    encrypted_header, identity_key, kem_ciphertext, kem_key, public_key, sealed_initiator,
    signature,
};

pub(crate) const CIPHERTEXT: &[u8] = b"a ciphertext of some length";
/// A device list whose length takes one byte. Nothing in this crate decodes it.
pub(crate) const SHORT_LIST: &[u8] = b"a device list";
/// A device list whose length takes two bytes.
pub(crate) const LONG_LIST: [u8; 200] = [0xd1; 200];
pub(crate) const TAG: [u8; 16] = *b"sixteen bytes...";

pub(crate) fn x3dh_bundle() -> Bundle {
    let curve = curve_bundle(Suite::X3dh, Some(one_time_prekey()));
    Bundle::X3dh(x3dh::Bundle { curve })
}

pub(crate) fn reusable_x3dh_bundle() -> Bundle {
    let curve = curve_bundle(Suite::X3dh, None);
    Bundle::X3dh(x3dh::Bundle { curve })
}

pub(crate) fn pqxdh_bundle() -> Bundle {
    Bundle::Pqxdh(pqxdh::Bundle {
        curve: curve_bundle(Suite::Pqxdh, Some(one_time_prekey())),
        kem_prekey: one_time_kem_prekey(),
    })
}

pub(crate) fn reusable_pqxdh_bundle() -> Bundle {
    Bundle::Pqxdh(pqxdh::Bundle {
        curve: curve_bundle(Suite::Pqxdh, None),
        kem_prekey: last_resort_kem_prekey(),
    })
}

fn curve_bundle(suite: Suite, one_time_prekey: Option<OneTimePrekey>) -> CurveBundle {
    CurveBundle {
        identity: identity_key(1),
        signed_prekey: signed_prekey(suite),
        one_time_prekey,
    }
}

pub(crate) fn signed_prekey(suite: Suite) -> SignedPrekey {
    SignedPrekey {
        terms: SignedPrekeyTerms {
            suite,
            id: 300,
            created: 1_767_225_600,
        },
        key: public_key(2),
        signature: Signature::from_bytes(signature(0xc0)),
    }
}

pub(crate) fn one_time_prekey() -> OneTimePrekey {
    OneTimePrekey {
        id: 70_000,
        key: public_key(3),
    }
}

pub(crate) fn one_time_kem_prekey() -> KemPrekey {
    KemPrekey {
        id: 70_001,
        usage: KemPrekeyUse::OneTime,
        key: kem_key(1),
        signature: Signature::from_bytes(signature(0x80)),
    }
}

pub(crate) fn last_resort_kem_prekey() -> KemPrekey {
    KemPrekey {
        id: 301,
        usage: KemPrekeyUse::LastResort {
            created: 1_767_225_601,
        },
        key: kem_key(2),
        signature: Signature::from_bytes(signature(0x40)),
    }
}

pub(crate) fn upload() -> Upload {
    let second = OneTimePrekey {
        id: 1,
        key: public_key(7),
    };
    let second_kem = KemPrekey {
        id: 128,
        usage: KemPrekeyUse::OneTime,
        key: kem_key(3),
        signature: Signature::from_bytes(signature(0x20)),
    };
    Upload {
        one_time_prekeys: vec![one_time_prekey(), second],
        one_time_kem_prekeys: vec![one_time_kem_prekey(), second_kem],
        ..empty_upload()
    }
}

pub(crate) fn empty_upload() -> Upload {
    Upload {
        identity: identity_key(1),
        signed_prekey: signed_prekey(Suite::Pqxdh),
        last_resort_kem_prekey: last_resort_kem_prekey(),
        one_time_prekeys: Vec::new(),
        one_time_kem_prekeys: Vec::new(),
    }
}

pub(crate) fn x3dh_handshake(one_time_prekey: Option<PrekeyId>) -> InitialMessage {
    let curve = curve_message(one_time_prekey);
    InitialMessage::X3dh(x3dh::InitialMessage::from_parts(curve, sealed()))
}

pub(crate) fn pqxdh_handshake(one_time_prekey: Option<PrekeyId>) -> InitialMessage {
    let kem = KemPart {
        prekey: 70_001,
        ciphertext: Ciphertext::from_bytes(&kem_ciphertext()),
    };
    let curve = curve_message(one_time_prekey);
    InitialMessage::Pqxdh(pqxdh::InitialMessage::from_parts(curve, kem, sealed()))
}

pub(crate) fn sealed() -> SealedInitiator {
    SealedInitiator::from_bytes(sealed_initiator())
}

fn curve_message(one_time_prekey: Option<PrekeyId>) -> CurveMessage {
    CurveMessage {
        ephemeral: public_key(5),
        signed_prekey: 300,
        one_time_prekey,
    }
}

pub(crate) fn handshakes() -> [InitialMessage; 2] {
    [x3dh_handshake(Some(70_000)), pqxdh_handshake(Some(70_000))]
}

pub(crate) fn header() -> &'static [u8; 80] {
    static HEADER: LazyLock<[u8; 80]> = LazyLock::new(encrypted_header);
    &HEADER
}

pub(crate) fn message() -> MessageParts<'static> {
    MessageParts {
        header: header(),
        ciphertext: CIPHERTEXT,
        tag: &TAG,
    }
}
