use js_sys::Uint8Array;
use sprag::limits::{MAX_BUNDLE_LENGTH, MAX_MESSAGE_LENGTH};
use sprag::{Initiation, OsRng, Policy, Stock};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::session::{MAX_ASSOCIATED_DATA_LENGTH, opened_record};
use crate::value::{MAX_SNAPSHOT_LENGTH, Options, Record, array_of, bytes, number, whole};
use crate::{Session, SpragError, value};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The parameters of a session that is to begin. */
export interface InitiateOptions {
  /** Set to accept X3DH too, which is not secure against a quantum computer. */
  allowX3dh?: boolean;
  /** The time, in seconds since 1970-01-01 UTC. Bundles from more than a day after it are refused. */
  now?: number;
  /** The age in seconds that a bundle may have; needs `now`. Bundles that do not state when they were made are refused. */
  maxAge?: number;
  /** The number of the session among those with this peer: one more than the highest `ordinal` that is known. */
  ordinal?: number;
}

/** The parameters of a session that is to be accepted. */
export interface AcceptOptions {
  /** Set to accept X3DH too, which is not secure against a quantum computer. */
  allowX3dh?: boolean;
  /** The associated data that the sender gave. */
  associatedData?: Uint8Array;
}

/** A session that was accepted, and the message that asked for it. */
export interface Accepted extends Opened {
  session: Session;
}

/** The numbers of one-time prekeys that were published and not used. */
export interface Remaining {
  /** Curve one-time prekeys, in bundles and uploads. */
  ec: number;
  /** KEM one-time prekeys, in bundles and uploads. */
  kem: number;
  /** Curve one-time prekeys in uploads alone. */
  uploadedEc: number;
  /** KEM one-time prekeys in uploads alone. */
  uploadedKem: number;
}
"#;

/// An identity and the prekeys by which others begin sessions with it.
///
/// Store a `snapshot` after each call that changes the account: all but the getters, `snapshot`, `publishReusable` and
/// `initiate`. Times are in seconds since 1970-01-01 UTC, of which fractions are cut off.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Account(sprag::Account);

#[wasm_bindgen]
impl Account {
    /// A new account, with an identity of its own, made at `now`. Without `now` its prekeys do not state when they were made,
    /// so a peer that limits the age of bundles refuses them until the first `rotate`.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`
    #[wasm_bindgen(constructor)]
    pub fn new(now: Option<f64>) -> Result<Self, SpragError> {
        let now = now.map_or(Ok(0), whole)?;
        Ok(Self(sprag::Account::generate_at(now, &mut OsRng)))
    }

    /// The account that `snapshot` wrote.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`, `snapshot`; `oversized` if it has more than 1 GiB
    #[wasm_bindgen(js_name = fromSnapshot)]
    pub fn from_snapshot(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] snapshot: &JsValue,
    ) -> Result<Self, SpragError> {
        let snapshot = bytes(snapshot, MAX_SNAPSHOT_LENGTH)?;
        Ok(Self(sprag::Account::from_snapshot(snapshot.expose())?))
    }

    /// The whole account with its private keys, to be stored where nobody else can read or write: seal it. The copy that this
    /// returns is JavaScript's, and nothing wipes it.
    #[must_use]
    pub fn snapshot(&self) -> Uint8Array {
        array_of(self.0.snapshot().expose())
    }

    /// The public key by which others know this account, 32 bytes.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn identity(&self) -> Uint8Array {
        array_of(self.0.identity().as_bytes())
    }

    /// A bundle for one reader, with one-time prekeys that are in no other bundle. At most 1,831 bytes.
    pub fn publish(&mut self) -> Uint8Array {
        array_of(&self.0.publish(&mut OsRng))
    }

    /// A bundle for any number of readers, without one-time prekeys. At most 1,804 bytes.
    ///
    /// A session that begins with it is weaker until this account has answered, because an attacker who steals the account
    /// can read the messages sent before.
    #[wasm_bindgen(js_name = publishReusable)]
    #[must_use]
    pub fn publish_reusable(&self) -> Uint8Array {
        array_of(&self.0.publish_reusable())
    }

    /// A bundle for one reader that does not know PQXDH and allows X3DH. At most 193 bytes.
    ///
    /// Sessions that begin with it are not post-quantum: an attacker who records them can read them with a quantum computer.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `prekeys-exhausted`
    #[wasm_bindgen(js_name = publishX3dh)]
    pub fn publish_x3dh(&mut self) -> Result<Uint8Array, SpragError> {
        Ok(array_of(&self.0.publish_x3dh(&mut OsRng)?))
    }

    /// An upload for a directory, which composes bundles from it: with as many new one-time prekeys as are missing from
    /// `count` of each kind, 100 if it is not given, as far as this account knows. About 170 kB for 100 of each kind.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`; `oversized` if `count` is more than 1,000; `prekeys-exhausted`
    pub fn replenish(&mut self, count: Option<f64>) -> Result<Uint8Array, SpragError> {
        let upload = match count {
            Some(number) => self.0.replenish_to(value::count(number)?, &mut OsRng)?,
            None => self.0.replenish(&mut OsRng)?,
        };
        Ok(array_of(&upload))
    }

    /// `replenish` for a directory that has so many curve and KEM one-time prekeys left.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`, `prekeys-exhausted`
    #[wasm_bindgen(js_name = replenishFrom)]
    pub fn replenish_from(&mut self, ec: f64, kem: f64) -> Result<Uint8Array, SpragError> {
        let left = Stock {
            ec: value::count(ec)?,
            kem: value::count(kem)?,
        };
        Ok(array_of(&self.0.replenish_from(left, &mut OsRng)?))
    }

    /// The numbers of one-time prekeys that were published and not used.
    #[wasm_bindgen(js_name = oneTimePrekeys, unchecked_return_type = "Remaining")]
    #[must_use]
    pub fn one_time_prekeys(&self) -> JsValue {
        let remaining = self.0.one_time_prekeys();
        Record::new()
            .with("ec", remaining.ec)
            .with("kem", remaining.kem)
            .with("uploadedEc", remaining.uploaded_ec)
            .with("uploadedKem", remaining.uploaded_kem)
            .into()
    }

    /// Replaces the prekeys that bundles share by new ones, made at `now`: every week or month. The replaced ones are kept
    /// for `keep` seconds, because messages that name them may be on their way.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`; `prekeys-still-kept` if eight are kept already; `prekeys-exhausted`
    pub fn rotate(&mut self, now: f64, keep: f64) -> Result<(), SpragError> {
        Ok(self.0.rotate(whole(now)?, whole(keep)?, &mut OsRng)?)
    }

    /// `rotate` with new prekeys that are dated `now`, although those before may be dated later, because the clock was wrong
    /// then.
    ///
    /// # Errors
    ///
    /// Those of `rotate`.
    pub fn redate(&mut self, now: f64, keep: f64) -> Result<(), SpragError> {
        Ok(self.0.redate(whole(now)?, whole(keep)?, &mut OsRng)?)
    }

    /// Drops the replaced prekeys whose time is up at `now`, and tells whether there were any.
    ///
    /// # Errors
    ///
    /// [`SpragError`] `argument`
    pub fn expire(&mut self, now: f64) -> Result<bool, SpragError> {
        Ok(self.0.expire(whole(now)?))
    }

    /// The time at which the prekeys that bundles share were made, as a bundle states it; 0 if it is not stated.
    #[wasm_bindgen(getter, js_name = prekeysCreated, unchecked_return_type = "number")]
    #[must_use]
    pub fn prekeys_created(&self) -> JsValue {
        number(self.0.prekeys_created())
    }

    /// The number of signed prekeys that were replaced and are kept.
    #[wasm_bindgen(getter, js_name = previousPrekeys)]
    #[must_use]
    pub fn previous_prekeys(&self) -> usize {
        self.0.previous_prekeys()
    }

    /// Begins a session with the publisher of `bundle`, who need not be online.
    ///
    /// Whether the bundle is from the person that is meant is for the caller to establish, by comparing `session.peer` over
    /// another channel.
    ///
    /// # Errors
    ///
    /// [`SpragError`] of bytes that cannot be decoded, or of a bundle
    pub fn initiate(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] bundle: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "InitiateOptions")] options: JsValue,
    ) -> Result<Session, SpragError> {
        let bundle = bytes(bundle, MAX_BUNDLE_LENGTH)?;
        let options = Options::new(options)?;
        let initiation = initiation(&options)?;
        let session = self
            .0
            .initiate_with(bundle.expose(), &initiation, &mut OsRng)?;
        Ok(Session(session))
    }

    /// Begins the session that a message with a handshake asks for, and decrypts the message.
    ///
    /// Store account and session together, because the session's one-time prekeys are deleted, and a crash between the two
    /// would lose the session.
    ///
    /// # Errors
    ///
    /// [`SpragError`]: `repeat-of` if the session was accepted before, which then decrypts the message; those of bytes that
    /// cannot be decoded, of a handshake, of a message, and of an account
    #[wasm_bindgen(unchecked_return_type = "Accepted")]
    pub fn accept(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] message: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "AcceptOptions")] options: JsValue,
    ) -> Result<JsValue, SpragError> {
        let message = bytes(message, MAX_MESSAGE_LENGTH)?;
        let options = Options::new(options)?;
        let associated_data = options.bytes("associatedData", MAX_ASSOCIATED_DATA_LENGTH)?;
        let policy = policy(&options)?;
        let (session, opened) =
            self.0
                .accept_under(&policy, message.expose(), associated_data.expose())?;
        let record = opened_record(opened);
        Ok(record.with("session", Session(session)).into())
    }
}

impl Account {
    pub(crate) const fn inner(&self) -> &sprag::Account {
        &self.0
    }
}

/// The parameters of a session that is to begin.
fn initiation(options: &Options) -> Result<Initiation, SpragError> {
    let mut initiation = Initiation::default();
    let mut policy = policy(options)?;
    match (options.number("now")?, options.number("maxAge")?) {
        (Some(now), Some(age)) => policy = policy.clock(now).max_age(now, age),
        (Some(now), None) => policy = policy.clock(now),
        (None, Some(_)) => return Err(SpragError::argument("`maxAge` needs `now`")),
        (None, None) => {}
    }
    if let Some(ordinal) = options.number("ordinal")? {
        initiation.ordinal = u32::try_from(ordinal).map_err(|_| value::not_a_number())?;
    }
    initiation.policy = policy;
    Ok(initiation)
}

/// The handshakes that are accepted. Anything but `true` leaves X3DH out.
fn policy(options: &Options) -> Result<Policy, SpragError> {
    let allowed = options.get("allowX3dh")?;
    Ok(match allowed.as_bool() {
        Some(true) => Policy::default().allow_x3dh(),
        _ => Policy::default(),
    })
}
