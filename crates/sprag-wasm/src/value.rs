//! Values of JavaScript: byte arrays, plain objects and numbers.

use alloc::vec::Vec;

use js_sys::Uint8Array;
use sprag::{OneTimeKeys, SecretBuffer, WireError};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use zeroize::zeroize_stack;

use crate::SpragError;

#[wasm_bindgen]
extern "C" {
    /// A plain object.
    #[wasm_bindgen(js_name = Object)]
    #[derive(Debug)]
    pub(crate) type Record;

    #[wasm_bindgen(constructor, js_class = "Object")]
    pub(crate) fn new() -> Record;

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_value(this: &Record, key: &str, value: &JsValue);

    // Whatever reads a value of the caller's is caught, because it can throw: a getter does as it likes, and an array whose
    // memory was transferred to another thread cannot be read. An exception that is not caught passes by the code that ends
    // the use of an account or a session, which then refuses every further call, even `free()`.
    #[wasm_bindgen(method, structural, indexing_getter, catch)]
    fn value(this: &Record, key: &str) -> Result<JsValue, JsValue>;

    /// A byte array.
    #[wasm_bindgen(js_name = Uint8Array)]
    #[derive(Debug)]
    pub(crate) type ByteArray;

    #[wasm_bindgen(constructor, js_class = "Uint8Array", catch)]
    fn zeroed(length: f64) -> Result<ByteArray, JsValue>;

    // The length as JavaScript has it, which can be 2^32 and more.
    #[wasm_bindgen(method, getter, structural, catch)]
    fn length(this: &ByteArray) -> Result<f64, JsValue>;

    #[wasm_bindgen(method, structural, catch)]
    fn subarray(this: &ByteArray, begin: f64, end: f64) -> Result<ByteArray, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Uint8Array, js_name = "prototype.set.call")]
    fn copy_into(memory: &mut [u8], array: &ByteArray) -> Result<(), JsValue>;

    // These two are for arrays that were made here.
    #[wasm_bindgen(method, structural)]
    pub(crate) fn set(this: &ByteArray, bytes: &ByteArray, place: f64);

    #[wasm_bindgen(method, structural)]
    pub(crate) fn fill(this: &ByteArray, byte: u8);
}

impl ByteArray {
    /// The byte array that a caller gave.
    ///
    /// The type is checked, because JavaScript would fill an array with zeros from a text that was passed by mistake.
    pub(crate) fn given(value: &JsValue) -> Result<&Self, SpragError> {
        value.dyn_ref().ok_or_else(unreadable)
    }

    /// An array of `length` zeros.
    pub(crate) fn of_length(length: f64) -> Result<Self, SpragError> {
        Self::zeroed(length).map_err(|_| oversized())
    }

    /// The length in bytes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length that is none becomes 0 or the largest number"
    )]
    pub(crate) fn count(&self) -> Result<u64, SpragError> {
        Ok(self.length().map_err(|_| unreadable())? as u64)
    }

    /// The bytes from `begin` up to `end`, or to the end of the array. They stay where they are.
    pub(crate) fn part(&self, begin: u64, end: u64) -> Result<Self, SpragError> {
        self.subarray(begin as f64, end as f64)
            .map_err(|_| unreadable())
    }

    /// The bytes from `begin` on, copied.
    pub(crate) fn rest(&self, begin: u64) -> Result<Uint8Array, SpragError> {
        let rest = self.part(begin, u64::MAX)?;
        Ok(Uint8Array::new(rest.as_ref()))
    }

    /// Copies the bytes, at most `most`, into memory that has room for `capacity` bytes if that is more. The caller wipes it.
    pub(crate) fn read(&self, most: usize, capacity: usize) -> Result<Vec<u8>, SpragError> {
        let length = usize::try_from(self.count()?).unwrap_or(usize::MAX);
        if length > most {
            return Err(oversized());
        }
        let mut bytes = Vec::with_capacity(length.max(capacity));
        bytes.resize(length, 0);
        copy_into(&mut bytes, self).map_err(|_| unreadable())?;
        Ok(bytes)
    }
}

fn oversized() -> SpragError {
    WireError::Oversized.into()
}

fn unreadable() -> SpragError {
    SpragError::argument("an argument is no Uint8Array, or cannot be read")
}

impl Record {
    /// Sets a property.
    pub(crate) fn set(&self, key: &str, value: impl Into<JsValue>) {
        self.set_value(key, &value.into());
    }

    /// The object with one property more.
    pub(crate) fn with(self, key: &str, value: impl Into<JsValue>) -> Self {
        self.set(key, value);
        self
    }
}

/// The options that a caller gave as the properties of an object, if any.
pub(crate) struct Options(Option<Record>);

impl Options {
    /// Reads the last argument of a function.
    pub(crate) fn new(argument: JsValue) -> Result<Self, SpragError> {
        if is_missing(&argument) {
            return Ok(Self(None));
        }
        // Associated data by itself would have none of the options, and not be authenticated.
        if !argument.is_object() || argument.has_type::<ByteArray>() {
            return Err(SpragError::argument("options are not a plain object"));
        }
        Ok(Self(Some(argument.unchecked_into())))
    }

    /// The property `key`; `undefined` if it is missing.
    pub(crate) fn get(&self, key: &str) -> Result<JsValue, SpragError> {
        match &self.0 {
            Some(record) => record.value(key).map_err(|_| unreadable()),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// The bytes at `key`, at most `most` of them, or none.
    pub(crate) fn bytes(&self, key: &str, most: usize) -> Result<SecretBuffer, SpragError> {
        optional_bytes(&self.get(key)?, most)
    }

    /// The whole number at `key`.
    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, SpragError> {
        let value = self.get(key)?;
        if is_missing(&value) {
            return Ok(None);
        }
        let number = value.as_f64().ok_or_else(not_a_number)?;
        whole(number).map(Some)
    }
}

/// Runs `work` in a frame of its own, and overwrites the stack below the caller's, where a secret that moves leaves a copy. The
/// result should be a pointer to what is secret.
#[inline(always)]
pub(crate) fn wiped<T>(work: impl FnOnce() -> T) -> T {
    let result = in_own_frame(work);
    zeroize_stack::<STACK>();
    result
}

#[inline(never)]
fn in_own_frame<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// The bytes of stack that are overwritten, many times as many as work on one key leaves secrets in.
const STACK: usize = 16 * 1024;

/// Copies a byte array into memory that is wiped.
///
/// # Errors
///
/// [`SpragError`] if it is another value or cannot be read, or longer than `most` bytes.
pub(crate) fn bytes(value: &JsValue, most: usize) -> Result<SecretBuffer, SpragError> {
    let array = ByteArray::given(value)?;
    Ok(SecretBuffer::from(array.read(most, 0)?))
}

/// Tells whether an argument or a property is not given.
pub(crate) fn is_missing(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// The most bytes of a snapshot: a quarter of the memory that a module can have, because memory that runs out ends it.
pub(crate) const MAX_SNAPSHOT_LENGTH: usize = 1 << 30;

/// Copies a byte array, as [`bytes`] does, if it is given.
pub(crate) fn optional_bytes(value: &JsValue, most: usize) -> Result<SecretBuffer, SpragError> {
    if is_missing(value) {
        return Ok(SecretBuffer::new());
    }
    bytes(value, most)
}

/// Copies the beginning of a byte array, at most `most` bytes.
///
/// # Errors
///
/// [`SpragError`] `argument`
pub(crate) fn beginning(value: &JsValue, most: usize) -> Result<SecretBuffer, SpragError> {
    let array = ByteArray::given(value)?;
    let beginning = array.part(0, most as u64)?;
    Ok(SecretBuffer::from(beginning.read(most, 0)?))
}

/// Copies a byte array of exactly `length` bytes into memory that is wiped.
pub(crate) fn exactly(value: &JsValue, length: usize) -> Result<SecretBuffer, SpragError> {
    let copy = bytes(value, length).ok();
    copy.filter(|copy| copy.expose().len() == length)
        .ok_or_else(wrong_length)
}

pub(crate) fn wrong_length() -> SpragError {
    SpragError::argument("a byte array has the wrong length, or is none")
}

/// Copies a byte array of `N` bytes.
pub(crate) fn array<const N: usize>(value: &JsValue) -> Result<[u8; N], SpragError> {
    let mut copy = [0; N];
    copy.copy_from_slice(exactly(value, N)?.expose());
    Ok(copy)
}

/// A byte array of JavaScript's.
pub(crate) fn array_of(bytes: &[u8]) -> Uint8Array {
    Uint8Array::new_from_slice(bytes)
}

/// A number of JavaScript's as a whole one: the part before the point, so that `Date.now() / 1000` is a time in seconds.
///
/// # Errors
///
/// [`SpragError`] if it is negative, or not below 2^53, from where on JavaScript's numbers have gaps.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked"
)]
pub(crate) fn whole(number: f64) -> Result<u64, SpragError> {
    if (0.0..9_007_199_254_740_992.0).contains(&number) {
        Ok(number as u64)
    } else {
        Err(not_a_number())
    }
}

/// A number of JavaScript's as a count of things in memory.
///
/// # Errors
///
/// [`SpragError`] if it is negative or too large.
pub(crate) fn count(number: f64) -> Result<usize, SpragError> {
    usize::try_from(whole(number)?).map_err(|_| not_a_number())
}

/// A number for JavaScript, exact below 2^53.
pub(crate) fn number(number: u64) -> JsValue {
    JsValue::from_f64(number as f64)
}

/// The one-time keys with which a session began.
pub(crate) fn one_time_keys(keys: OneTimeKeys) -> Record {
    let record = Record::new();
    for (name, id) in [("ec", keys.ec), ("kem", keys.kem)] {
        if let Some(id) = id {
            record.set(name, id);
        }
    }
    record
}

pub(crate) fn not_a_number() -> SpragError {
    SpragError::argument("a number is negative, too large or no number")
}
