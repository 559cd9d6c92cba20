//! Samples of each body, written field by field, and functions that read a body of a kind and write it again.

use sprag_relay_wire::{
    Error, SecretBuffer, decode_address, decode_addresses, decode_bundle, decode_prekeys,
    decode_receive_request, decode_received, decode_registration, decode_relay_info, decode_stock,
    decode_stock_request, encode_address, encode_addresses, encode_bundle, encode_prekeys,
    encode_receive_request, encode_received, encode_registration, encode_relay_info, encode_stock,
    encode_stock_request,
};

/// The kind of a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Address,
    Addresses,
    Bundle,
    Prekeys,
    Receive,
    Received,
    Registration,
    RelayInfo,
    Stock,
    StockRequest,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Address,
        Self::Addresses,
        Self::Bundle,
        Self::Prekeys,
        Self::Receive,
        Self::Received,
        Self::Registration,
        Self::RelayInfo,
        Self::Stock,
        Self::StockRequest,
    ];

    /// Reads a body and writes what was read, which always succeeds: an encoder must not be the first to notice a limit.
    pub(crate) fn encoded_again(self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let body = match self {
            Self::Address => Ok(public(encode_address(&decode_address(bytes)?))),
            Self::Addresses => encode_addresses(&decode_addresses(bytes)?).map(public),
            Self::Bundle => encode_bundle(&decode_bundle(bytes)?),
            Self::Prekeys => encode_prekeys(&decode_prekeys(bytes)?).map(public),
            Self::Receive => encode_receive_request(&decode_receive_request(bytes)?),
            Self::Received => encode_received(&decode_received(bytes)?),
            Self::Registration => Ok(public(encode_registration(
                decode_registration(bytes)?.as_ref(),
            ))),
            Self::RelayInfo => Ok(encode_relay_info(&decode_relay_info(bytes)?)),
            Self::Stock => encode_stock(&decode_stock(bytes)?),
            Self::StockRequest => Ok(public(encode_stock_request(&decode_stock_request(bytes)?))),
        };
        Ok(body.expect("what was read is within the limits"))
    }
}

fn public(body: SecretBuffer) -> Vec<u8> {
    body.into_public()
}

/// A body: the fields in their order.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<Vec<u8>>,
}

impl Sample {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.fields.concat()
    }

    /// The body with another field at this place.
    pub(crate) fn with(&self, place: usize, field: &[u8]) -> Vec<u8> {
        let mut fields = self.fields.clone();
        fields[place] = field.to_vec();
        fields.concat()
    }
}

pub(crate) fn sample(name: &str) -> Sample {
    let mut samples = samples().into_iter();
    samples
        .find(|sample| sample.name == name)
        .expect("there is one of this name")
}

/// Different bytes, which count up from `first`.
pub(crate) fn counting<const N: usize>(first: u8) -> [u8; N] {
    let mut next = first;
    [(); N].map(|()| {
        let byte = next;
        next = next.wrapping_add(1);
        byte
    })
}

/// Joins a little-endian length of two bytes with as many bytes.
pub(crate) fn sealed(byte: u8, length: u16) -> Vec<u8> {
    [&length.to_le_bytes()[..], &vec![byte; length.into()]].concat()
}

pub(crate) fn samples() -> Vec<Sample> {
    [
        fixed_samples(),
        prekey_samples(),
        stock_samples(),
        receive_samples(),
    ]
    .concat()
}

fn new(kind: Kind, name: &'static str, fields: &[&[u8]]) -> Sample {
    Sample {
        kind,
        name,
        fields: fields.iter().map(|field| field.to_vec()).collect(),
    }
}

fn fixed_samples() -> Vec<Sample> {
    let secret = [&counting::<32>(1)[..], &counting::<32>(101)].concat();
    vec![
        new(
            Kind::Address,
            "address",
            &[
                &counting::<32>(201),
                &[0x43, 0x15],
                &[17],
                b"relay.example.org",
                &secret,
            ],
        ),
        new(
            Kind::Address,
            "address of another port",
            &[&[0; 32], &[1, 0], &[5], b"[::1]", &secret],
        ),
        new(Kind::Addresses, "no changes", &[&[0, 0]]),
        new(
            Kind::Addresses,
            "changes",
            &[
                &[3, 0],
                &[0],
                &counting::<32>(1),
                &[1],
                &counting::<32>(2),
                &[1],
                &counting::<32>(2),
            ],
        ),
        new(Kind::Registration, "registration", &[&[0]]),
        new(
            Kind::Registration,
            "registration with an invitation",
            &[&[1], &counting::<60>(7)],
        ),
        new(
            Kind::RelayInfo,
            "relay",
            &[
                &[1, 0],
                &counting::<16>(9),
                &[0, 0, 0x10, 0],
                &[30, 0, 0, 0],
                &[1],
                &[60, 0, 0, 0],
                &[240, 0, 0, 0],
                &[0x58, 2, 0, 0],
            ],
        ),
        new(Kind::StockRequest, "stock request", &[&counting::<32>(77)]),
    ]
}

fn prekey_samples() -> Vec<Sample> {
    let capability = counting::<32>(55);
    vec![
        new(
            Kind::Prekeys,
            "upload",
            &[
                &capability,
                &[1],
                &[2, 0],
                &[5, 0, 0, 0],
                &[0, 1, 0, 0],
                &[1],
                &sealed(0xf1, 300),
                &[2, 0],
                &[1],
                &[7, 0, 0, 0],
                &sealed(0x4e, 1_678),
                &[0],
                &[0, 1, 0, 0],
                &sealed(0x0e, 77),
            ],
        ),
        new(
            Kind::Prekeys,
            "upload of nothing",
            &[&capability, &[0], &[0, 0], &[0], &[0, 0]],
        ),
        new(
            Kind::Prekeys,
            "upload of nothing that withdraws all",
            &[&capability, &[2], &[0, 0], &[0], &[0, 0]],
        ),
    ]
}

fn stock_samples() -> Vec<Sample> {
    vec![
        new(
            Kind::Stock,
            "stock",
            &[
                &[1],
                &[0, 1, 0, 0],
                &[2, 0],
                &[1],
                &[9, 0, 0, 0],
                &[0],
                &[0, 1, 0, 0],
            ],
        ),
        new(Kind::Stock, "stock of nothing", &[&[0], &[0, 0]]),
        new(
            Kind::Bundle,
            "bundle",
            &[
                &sealed(0xf1, 200),
                &[1],
                &[3, 2, 1, 0],
                &sealed(0x0e, 73),
                &[1],
                &[4, 3, 2, 1],
                &sealed(0x4e, 1_677),
            ],
        ),
        new(
            Kind::Bundle,
            "bundle of the fixed part",
            &[&sealed(0xf1, 40), &[0], &[0]],
        ),
    ]
}

fn receive_samples() -> Vec<Sample> {
    vec![
        new(
            Kind::Receive,
            "request for messages",
            &[
                &[60, 0],
                &[8, 7, 6, 5, 4, 3, 2, 1],
                &[2, 0],
                &counting::<16>(1),
                &counting::<16>(2),
            ],
        ),
        new(
            Kind::Receive,
            "first request for messages",
            &[&[0, 0], &[0; 8], &[0, 0]],
        ),
        new(
            Kind::Received,
            "messages",
            &[
                &counting::<16>(33),
                &[1],
                &[1],
                &[200, 0],
                &[50, 0],
                &[2, 0],
                &[0xff, 0, 0, 0, 0, 0, 0, 0],
                &counting::<32>(64),
                &[0, 0xd2, 0x49, 0x6b, 0, 0, 0, 0],
                &[0, 12, 0, 0],
                &[0xaa; 3_072],
                &[0, 1, 0, 0, 0, 0, 0, 0],
                &counting::<32>(65),
                &[0; 8],
                &[1, 12, 0, 0],
                &[0xbb; 3_073],
            ],
        ),
        new(
            Kind::Received,
            "no messages",
            &[&counting::<16>(33), &[0], &[0], &[0, 0]],
        ),
    ]
}
