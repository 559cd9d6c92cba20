//! Keys as a drawing shows them: by fingerprints. Programs that exchange messages need none of this.

use core::fmt;

use crate::SecretBytes;
use crate::hash::sha256;
use crate::hkdf::Hkdf;

/// The size of a fingerprint in bytes.
pub const FINGERPRINT_LENGTH: usize = 8;

/// A secret key of 32 bytes as a drawing shows it: by a one-way fingerprint of 8 bytes. Equal keys of one kind have equal
/// fingerprints, so a reader sees which keys two parties share, and not the keys.
///
/// With the feature `show-keys` it also has the key itself.
#[cfg_attr(
    not(feature = "show-keys"),
    doc = "
Without it:

```compile_fail,E0599
# use sprag_primitives::key_view::KeyView;
fn look(key: &KeyView) {
    key.key();
}
```"
)]
pub struct KeyView {
    fingerprint: [u8; FINGERPRINT_LENGTH],
    #[cfg(feature = "show-keys")]
    key: SecretBytes<32>,
}

impl KeyView {
    /// The view of `key`. `label` separates the kinds of keys, and the fingerprint from whatever else is derived from the
    /// key.
    #[must_use]
    pub fn of(key: &SecretBytes<32>, label: &[u8]) -> Self {
        let fingerprint: SecretBytes<FINGERPRINT_LENGTH> =
            Hkdf::from_pseudorandom_key(key).expand(label);
        Self {
            fingerprint: *fingerprint.expose(),
            #[cfg(feature = "show-keys")]
            key: key.duplicate(),
        }
    }

    /// The fingerprint, 8 bytes; not secret.
    #[must_use]
    pub const fn fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
        self.fingerprint
    }

    /// The key itself, 32 bytes. Who sees it reads what it protects.
    #[cfg(feature = "show-keys")]
    #[cfg_attr(docsrs, doc(cfg(feature = "show-keys")))]
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        self.key.expose()
    }
}

/// The fingerprint alone.
impl fmt::Debug for KeyView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyView")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// The fingerprint of something public, such as the encoding of a public key: the first 8 bytes of SHA-256 of
/// `"sprag-v1 public fingerprint" ‖ bytes`.
#[must_use]
pub fn public_fingerprint(bytes: &[u8]) -> [u8; FINGERPRINT_LENGTH] {
    let hash = sha256(&[PUBLIC_FINGERPRINT, bytes]);
    let mut fingerprint = [0; FINGERPRINT_LENGTH];
    for (byte, of_hash) in fingerprint.iter_mut().zip(hash) {
        *byte = of_hash;
    }
    fingerprint
}

const PUBLIC_FINGERPRINT: &[u8] = b"sprag-v1 public fingerprint";

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_fingerprint_tells_keys_and_labels_apart_and_does_not_show_the_key() {
        let [first, second] = [1, 2].map(|byte| SecretBytes::copy_from(&[byte; 32]));
        let fingerprint = |key, label: &str| KeyView::of(key, label.as_bytes()).fingerprint();
        assert_eq!(fingerprint(&first, "a"), fingerprint(&first, "a"));
        assert_ne!(fingerprint(&first, "a"), fingerprint(&second, "a"));
        assert_ne!(fingerprint(&first, "a"), fingerprint(&first, "b"));
        assert_ne!(fingerprint(&first, "a"), [1; FINGERPRINT_LENGTH]);
    }

    #[test]
    fn debug_shows_the_fingerprint_and_nothing_else() {
        let view = KeyView::of(&SecretBytes::copy_from(&[7; 32]), b"label");
        let fingerprint = view.fingerprint();
        let expected = format!("KeyView {{ fingerprint: {fingerprint:?}, .. }}");
        assert_eq!(format!("{view:?}"), expected);
    }

    #[test]
    fn public_fingerprints_tell_bytes_apart() {
        assert_eq!(public_fingerprint(b"a"), public_fingerprint(b"a"));
        assert_ne!(public_fingerprint(b"a"), public_fingerprint(b"b"));
    }

    #[cfg(feature = "show-keys")]
    #[test]
    fn the_key_is_shown_as_it_is() {
        let view = KeyView::of(&SecretBytes::copy_from(&[7; 32]), b"label");
        assert_eq!(view.key(), &[7; 32]);
    }
}
