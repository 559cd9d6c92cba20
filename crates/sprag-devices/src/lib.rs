#![cfg_attr(any(not(doctest), feature = "getrandom"), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod encoding;
mod error;
mod labels;
pub mod limits;

/// The user key, and the id that names a user.
mod user;

mod device;
mod evidence;
mod known;
mod list;

mod link_code;
mod safety_number;
mod scan_code;
mod verification;

pub use device::{Device, DeviceNumber, Reason, Revoked, Status};
pub use error::{ChangeError, Error};
pub use evidence::{Contradiction, Evidence};
pub use known::{Changes, GoneDevice, KnownList, Replacing};
pub use link_code::{
    INVITATION_HASH_LENGTH, LINK_SECRET_LENGTH, LinkCode, LinkCodeText, LinkDigits,
    ParseLinkCodeError, ParseLinkDigitsError, link_digits,
};
pub use list::{DEVICE_LIST_KIND, DeviceList, LIST_HASH_LENGTH};
pub use safety_number::{HALF_LENGTH, SafetyNumber, SafetyNumberHalf};
pub use scan_code::{ParseScanCodeError, ScanCode, Scanned, scan};
#[cfg(feature = "getrandom")]
#[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
pub use sprag_primitives::OsRng;
pub use sprag_primitives::ed25519;
pub use sprag_x3dh::{
    IdentityKey, IdentityKeyPair, PrimitiveError, SecretBuffer, SecretBytes, SessionId, rand_core,
    snapshot, xeddsa,
};
pub use user::{ParseUserIdError, USER_ID_LENGTH, UserId, UserKey, UserKeyPair};
pub use verification::{How, Verification, Verified};
