//! Users and their device lists (docs/protocol.md, "Users and their devices"), which clients demand of each other.

use alloc::boxed::Box;

use js_sys::{Array, Uint8Array};
use sprag::OsRng;
use sprag::limits::{MAX_BUNDLE_LENGTH, MAX_LIST_LENGTH};
use sprag_devices::{DeviceList, UserKeyPair};
use sprag_primitives::SecretBytes;
use sprag_wire::{LIST_HASH_LENGTH, USER_SEED_LENGTH, decode_bundle, encode_bundle};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::value::{Record, array_of, bytes, exactly, number, whole, wiped};
use crate::{Account, SpragError};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A device list whose signatures are verified. */
export interface DeviceList {
  /** The id of the user that signed the list, 32 bytes. */
  user: Uint8Array;
  /** The version, from 1. */
  version: bigint;
  /** The time at which the list was made, in seconds since 1970-01-01 UTC; 0 if it is not stated. */
  created: number;
  /** The first 8 bytes of SHA-256 of the list, for the header of a content. */
  hash: Uint8Array;
  /** The devices, by number. */
  devices: Device[];
}

/** A device of a user. */
export interface Device {
  number: number;
  /** The identity of the device's account, 32 bytes. */
  identity: Uint8Array;
}
"#;

/// A user key with its private half, which signs the list of the user's devices.
#[wasm_bindgen]
#[derive(Debug)]
pub struct User(Box<UserKeyPair>);

#[wasm_bindgen]
impl User {
    /// A new user.
    #[expect(clippy::new_without_default, reason = "a constructor of JavaScript's")]
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        wiped(|| Self(Box::new(UserKeyPair::generate(&mut OsRng))))
    }

    /// The user of a seed, 32 bytes.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`
    #[wasm_bindgen(js_name = fromSeed)]
    pub fn from_seed(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] seed: &JsValue,
    ) -> Result<Self, SpragError> {
        let seed = exactly(seed, USER_SEED_LENGTH)?;
        Ok(wiped(|| {
            let mut secret = SecretBytes::zeroed();
            secret.expose_mut().copy_from_slice(seed.expose());
            Self(Box::new(UserKeyPair::from_seed(&secret)))
        }))
    }

    /// The seed, 32 bytes, to be stored where nobody else can read: seal it. Nothing wipes JavaScript's copy.
    #[must_use]
    pub fn seed(&self) -> Uint8Array {
        wiped(|| array_of(self.0.seed().expose()))
    }

    /// The name of the user, 32 bytes: a hash of the public key.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn id(&self) -> Uint8Array {
        array_of(self.0.public().id().as_bytes())
    }

    /// The first list of the user's devices, 233 bytes, with one device: this account. `created` is the time in seconds since
    /// 1970-01-01 UTC, 0 or nothing not to state it.
    ///
    /// Make it once, and keep it: another first list contradicts it, which peers take for a stolen key.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`
    #[wasm_bindgen(js_name = firstDeviceList)]
    pub fn first_device_list(
        &self,
        account: &Account,
        created: Option<f64>,
    ) -> Result<Uint8Array, SpragError> {
        let created = created.map_or(Ok(0), whole)?;
        let identity = account.inner().identity_pair();
        let list = wiped(|| DeviceList::first(&self.0, identity, created, &mut OsRng));
        Ok(array_of(list.as_bytes()))
    }
}

/// Reads a device list, and verifies its signatures.
///
/// # Errors
///
/// [`SpragError`] `argument`, `oversized`, `device-list`
#[wasm_bindgen(js_name = decodeDeviceList, unchecked_return_type = "DeviceList")]
pub fn decode_device_list(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] list: &JsValue,
) -> Result<JsValue, SpragError> {
    let list = bytes(list, MAX_LIST_LENGTH)?;
    let list = DeviceList::decode(list.expose())?;
    let devices = Array::new();
    for device in list.devices() {
        let record = Record::new()
            .with("number", device.number.to_u32())
            .with("identity", array_of(device.identity.as_bytes()));
        devices.push(&record);
    }
    let hash = list.hash();
    let (hash, _) = hash.split_at(LIST_HASH_LENGTH);
    Ok(Record::new()
        .with("user", array_of(list.user_id().as_bytes()))
        .with("version", list.version())
        .with("created", number(list.created()))
        .with("hash", array_of(hash))
        .with("devices", devices)
        .into())
}

/// The device list in a bundle, which is empty if the account is no user's device.
///
/// # Errors
///
/// [`SpragError`] of bytes that cannot be decoded
#[wasm_bindgen(js_name = bundleDeviceList)]
pub fn bundle_device_list(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] bundle: &JsValue,
) -> Result<Uint8Array, SpragError> {
    let bundle = bytes(bundle, MAX_BUNDLE_LENGTH)?;
    Ok(array_of(decode_bundle(bundle.expose())?.list))
}

/// A bundle of an account with the list of the user whose device the account is, as clients demand it.
///
/// # Errors
///
/// [`SpragError`] of bytes that cannot be decoded
#[wasm_bindgen(js_name = withDeviceList)]
pub fn with_device_list(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] bundle: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] list: &JsValue,
) -> Result<Uint8Array, SpragError> {
    let bundle = bytes(bundle, MAX_BUNDLE_LENGTH)?;
    let list = bytes(list, MAX_LIST_LENGTH)?;
    let published = decode_bundle(bundle.expose())?;
    Ok(array_of(&encode_bundle(&published.keys, list.expose())?))
}
