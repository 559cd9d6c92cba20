//! The bytes of the samples, field by field, as the tables of `docs/protocol.md` specify them.

use sprag_x3dh::Slot;

use crate::support::{
    checksum, encrypted_header, kem_ciphertext, kem_key, key, sealed_initiator, signature, varint,
};
use crate::values::{LONG_LIST, SHORT_LIST};

/// The role of a field, which decides the checks that a decoder makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    Envelope,
    Suite,
    Key(Slot),
    KemKey(Slot),
    /// A varint of 32 bits: the number of a prekey.
    Number,
    /// A varint of 64 bits: a creation time.
    Time,
    /// A varint of 32 bits: the count of one-time prekeys of one kind.
    Count,
    /// A varint of 32 bits: the length of a device list.
    Length,
    /// A byte that is 1 if an optional field follows, and 0 otherwise.
    Marker,
    /// The use of a KEM prekey.
    Usage,
    /// Bytes that the decoder accepts without a check.
    Opaque,
    /// The checksum of all fields before.
    Checksum,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) role: Role,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Layout(Vec<Field>);

impl Layout {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let fields: Vec<_> = self.0.iter().map(|field| field.bytes.as_slice()).collect();
        fields.concat()
    }

    pub(crate) fn fields(&self) -> &[Field] {
        &self.0
    }

    /// Returns the places of the fields with one of these roles.
    pub(crate) fn places(&self, roles: &[Role]) -> Vec<usize> {
        let fields = self.0.iter().enumerate();
        let found = fields.filter(|(_, field)| roles.contains(&field.role));
        found.map(|(place, _)| place).collect()
    }

    /// Returns a copy with other bytes in one field. If that is not the checksum, the checksum is computed anew.
    pub(crate) fn with(&self, place: usize, bytes: &[u8]) -> Self {
        let mut layout = self.clone();
        layout.0[place].bytes = bytes.to_vec();
        if layout.0[place].role != Role::Checksum {
            layout.compute_checksum();
        }
        layout
    }

    fn compute_checksum(&mut self) {
        if let Some((last, before)) = self.0.split_last_mut()
            && last.role == Role::Checksum
        {
            let before: Vec<_> = before.iter().map(|field| field.bytes.as_slice()).collect();
            last.bytes = checksum(&before.concat()).to_vec();
        }
    }

    /// Returns the whole encoding with other bytes in one field.
    pub(crate) fn bytes_with(&self, place: usize, bytes: &[u8]) -> Vec<u8> {
        self.with(place, bytes).bytes()
    }
}

pub(crate) fn x3dh_bundle() -> Layout {
    checked([
        bundle_head(1, SHORT_LIST),
        signed_prekey(),
        one_time_prekey(),
    ])
}

pub(crate) fn reusable_x3dh_bundle() -> Layout {
    checked([bundle_head(1, &[]), signed_prekey(), nothing()])
}

pub(crate) fn pqxdh_bundle() -> Layout {
    checked([
        bundle_head(2, &LONG_LIST),
        signed_prekey(),
        one_time_prekey(),
        one_time_kem_prekey(),
    ])
}

pub(crate) fn reusable_pqxdh_bundle() -> Layout {
    checked([
        bundle_head(2, &[]),
        signed_prekey(),
        nothing(),
        last_resort_kem_prekey(),
    ])
}

pub(crate) fn upload() -> Layout {
    let counts = [field(Role::Count, &[2]), field(Role::Count, &[2])];
    let second = [
        field(Role::Number, &[1]),
        field(Role::Key(Slot::OneTimePrekey), &key(7)),
    ];
    let second_kem = [
        field(Role::Usage, &[0]),
        field(Role::Number, &[0x80, 0x01]),
        field(Role::Opaque, &signature(0x20)),
        field(
            Role::KemKey(Slot::OneTimeKemPrekey),
            kem_key(3).as_bytes().as_slice(),
        ),
    ];
    checked([
        upload_head(&LONG_LIST),
        counts.to_vec(),
        one_time_prekey().split_off(1),
        second.to_vec(),
        one_time_kem_prekey(),
        second_kem.to_vec(),
    ])
}

pub(crate) fn empty_upload() -> Layout {
    let counts = [field(Role::Count, &[0]), field(Role::Count, &[0])];
    checked([upload_head(&[]), counts.to_vec()])
}

/// Returns the fields of an upload that precede its counts.
pub(crate) fn upload_head(list: &[u8]) -> Vec<Field> {
    let head = [
        field(Role::Envelope, &[1, 5]),
        field(Role::Suite, &[2]),
        field(Role::Key(Slot::Identity), &key(1)),
    ];
    [
        head.to_vec(),
        device_list(list),
        signed_prekey(),
        last_resort_kem_prekey(),
    ]
    .concat()
}

pub(crate) fn x3dh_prekey_message() -> Layout {
    whole([handshake_head(1), one_time_number(), sealed_content()])
}

pub(crate) fn reusable_x3dh_prekey_message() -> Layout {
    whole([handshake_head(1), nothing(), sealed_content()])
}

pub(crate) fn pqxdh_prekey_message() -> Layout {
    whole([
        handshake_head(2),
        one_time_number(),
        kem_fields(),
        sealed_content(),
    ])
}

pub(crate) fn reusable_pqxdh_prekey_message() -> Layout {
    whole([handshake_head(2), nothing(), kem_fields(), sealed_content()])
}

pub(crate) fn message() -> Layout {
    whole([vec![field(Role::Envelope, &[1, 3])], message_content()])
}

pub(crate) fn whole<const N: usize>(parts: [Vec<Field>; N]) -> Layout {
    Layout(parts.concat())
}

/// Returns the layout of these parts and their checksum.
fn checked<const N: usize>(parts: [Vec<Field>; N]) -> Layout {
    let mut layout = Layout([parts.concat(), vec![field(Role::Checksum, &[])]].concat());
    layout.compute_checksum();
    layout
}

fn field(role: Role, bytes: &[u8]) -> Field {
    let bytes = bytes.to_vec();
    Field { role, bytes }
}

fn bundle_head(suite: u8, list: &[u8]) -> Vec<Field> {
    let head = [
        field(Role::Envelope, &[1, 1]),
        field(Role::Suite, &[suite]),
        field(Role::Key(Slot::Identity), &key(1)),
    ];
    [head.to_vec(), device_list(list)].concat()
}

/// Returns the block of a device list, which is one field if the list is empty.
fn device_list(list: &[u8]) -> Vec<Field> {
    let length = u64::try_from(list.len()).expect("it is short");
    let mut fields = vec![field(Role::Length, &varint(length))];
    if !list.is_empty() {
        fields.push(field(Role::Opaque, list));
    }
    fields
}

fn signed_prekey() -> Vec<Field> {
    vec![
        field(Role::Number, &[0xac, 0x02]),
        field(Role::Time, &[0x80, 0xf2, 0xd6, 0xca, 0x06]),
        field(Role::Key(Slot::SignedPrekey), &key(2)),
        field(Role::Opaque, &signature(0xc0)),
    ]
}

fn nothing() -> Vec<Field> {
    vec![field(Role::Marker, &[0])]
}

fn one_time_prekey() -> Vec<Field> {
    vec![
        field(Role::Marker, &[1]),
        field(Role::Number, &[0xf0, 0xa2, 0x04]),
        field(Role::Key(Slot::OneTimePrekey), &key(3)),
    ]
}

fn one_time_kem_prekey() -> Vec<Field> {
    vec![
        field(Role::Usage, &[0]),
        field(Role::Number, &[0xf1, 0xa2, 0x04]),
        field(Role::Opaque, &signature(0x80)),
        field(
            Role::KemKey(Slot::OneTimeKemPrekey),
            kem_key(1).as_bytes().as_slice(),
        ),
    ]
}

fn last_resort_kem_prekey() -> Vec<Field> {
    vec![
        field(Role::Usage, &[1]),
        field(Role::Time, &[0x81, 0xf2, 0xd6, 0xca, 0x06]),
        field(Role::Number, &[0xad, 0x02]),
        field(Role::Opaque, &signature(0x40)),
        field(
            Role::KemKey(Slot::LastResortKemPrekey),
            kem_key(2).as_bytes().as_slice(),
        ),
    ]
}

fn handshake_head(suite: u8) -> Vec<Field> {
    vec![
        field(Role::Envelope, &[1, 2]),
        field(Role::Suite, &[suite]),
        field(Role::Key(Slot::Ephemeral), &key(5)),
        field(Role::Number, &[0xac, 0x02]),
    ]
}

fn one_time_number() -> Vec<Field> {
    vec![
        field(Role::Marker, &[1]),
        field(Role::Number, &[0xf0, 0xa2, 0x04]),
    ]
}

fn kem_fields() -> Vec<Field> {
    vec![
        field(Role::Number, &[0xf1, 0xa2, 0x04]),
        field(Role::Opaque, &kem_ciphertext()),
    ]
}

/// Returns the sealed initiator and the message behind it.
fn sealed_content() -> Vec<Field> {
    let sealed = field(Role::Opaque, &sealed_initiator());
    [vec![sealed], message_content()].concat()
}

fn message_content() -> Vec<Field> {
    vec![
        field(Role::Opaque, &encrypted_header()),
        field(Role::Opaque, b"a ciphertext of some length"),
        field(Role::Opaque, b"sixteen bytes..."),
    ]
}
