//! The values in a snapshot, for tests that play a thief who reads them or an attacker who changes them.

/// The values of a snapshot, in their order.
///
/// Integers are little-endian: lengths and numbers are `u32`, counts of events are `u64`. An optional value
/// follows the byte 1, and the byte 0 stands for a missing one. Header keys are there if the variant has
/// them, and no byte marks them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Image {
    pub(crate) version: u8,
    pub(crate) variant: u8,
    pub(crate) root: Key,
    pub(crate) sending: SendingImage,
    pub(crate) previous_length: u32,
    pub(crate) steps: u64,
    pub(crate) finished: Vec<FinishedImage>,
    pub(crate) current: Option<CurrentImage>,
    pub(crate) next_sending: Option<Key>,
    pub(crate) next_receiving: Option<Key>,
    pub(crate) counts: [u64; 3],
}

pub(crate) type Key = [u8; 32];

/// The state of the sending side. A byte in front tells which one it is: 0, 1 or 2.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SendingImage {
    Awaiting { secret: Key },
    Active(SendingChainImage),
    Deferred,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SendingChainImage {
    pub(crate) secret: Key,
    pub(crate) chain: Key,
    pub(crate) next: u32,
    pub(crate) header_key: Option<Key>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ChainIdImage {
    pub(crate) header_key: Option<Key>,
    pub(crate) ratchet_key: Key,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FinishedImage {
    pub(crate) id: ChainIdImage,
    pub(crate) finished_at: u64,
    pub(crate) length: u32,
    pub(crate) reached: u32,
    pub(crate) skipped: SkippedImage,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CurrentImage {
    pub(crate) id: ChainIdImage,
    pub(crate) chain: Key,
    pub(crate) next: u32,
    pub(crate) skipped: SkippedImage,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct SkippedImage {
    pub(crate) given_up_below: u32,
    pub(crate) stretches: Vec<Stretch>,
}

/// Skipped keys of consecutive numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) first: u32,
    pub(crate) keys: Vec<Key>,
}

impl Image {
    pub(crate) fn read(snapshot: &[u8]) -> Self {
        let mut cursor = Cursor {
            rest: snapshot,
            header_keys: snapshot[1] == ENCRYPTED_HEADERS,
        };
        let image = Self {
            version: cursor.u8(),
            variant: cursor.u8(),
            root: cursor.array(),
            sending: match cursor.u8() {
                0 => SendingImage::Awaiting {
                    secret: cursor.array(),
                },
                1 => SendingImage::Active(SendingChainImage {
                    secret: cursor.array(),
                    chain: cursor.array(),
                    next: cursor.u32(),
                    header_key: cursor.header_key(),
                }),
                tag => {
                    assert_eq!(tag, 2);
                    SendingImage::Deferred
                }
            },
            previous_length: cursor.u32(),
            steps: cursor.u64(),
            finished: cursor.list(|cursor| FinishedImage {
                id: cursor.chain_id(),
                finished_at: cursor.u64(),
                length: cursor.u32(),
                reached: cursor.u32(),
                skipped: cursor.skipped(),
            }),
            current: cursor.option(|cursor| CurrentImage {
                id: cursor.chain_id(),
                chain: cursor.array(),
                next: cursor.u32(),
                skipped: cursor.skipped(),
            }),
            next_sending: cursor.header_key(),
            next_receiving: cursor.header_key(),
            counts: [cursor.u64(), cursor.u64(), cursor.u64()],
        };
        assert!(cursor.rest.is_empty(), "the snapshot has no more");
        image
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = vec![self.version, self.variant];
        bytes.extend(self.root);
        match &self.sending {
            SendingImage::Awaiting { secret } => bytes.extend([&[0], &secret[..]].concat()),
            SendingImage::Active(SendingChainImage {
                secret,
                chain,
                next,
                header_key,
            }) => {
                bytes.extend([&[1], &secret[..], chain, &next.to_le_bytes()].concat());
                bytes.extend(header_key.iter().flatten());
            }
            SendingImage::Deferred => bytes.push(2),
        }
        bytes.extend(self.previous_length.to_le_bytes());
        bytes.extend(self.steps.to_le_bytes());
        put_length(&mut bytes, self.finished.len());
        for chain in &self.finished {
            chain.id.write(&mut bytes);
            bytes.extend(chain.finished_at.to_le_bytes());
            bytes.extend(chain.length.to_le_bytes());
            bytes.extend(chain.reached.to_le_bytes());
            chain.skipped.write(&mut bytes);
        }
        put_option(&mut bytes, self.current.as_ref(), |bytes, chain| {
            chain.id.write(bytes);
            bytes.extend(chain.chain);
            bytes.extend(chain.next.to_le_bytes());
            chain.skipped.write(bytes);
        });
        let next = [self.next_sending, self.next_receiving];
        bytes.extend(next.iter().flatten().flatten());
        bytes.extend(self.counts.iter().flat_map(|count| count.to_le_bytes()));
        bytes
    }

    pub(crate) fn current(&mut self) -> &mut CurrentImage {
        self.current.as_mut().expect("a message was received")
    }

    pub(crate) fn sending_chain(&mut self) -> &mut SendingChainImage {
        match &mut self.sending {
            SendingImage::Active(chain) => chain,
            _ => unreachable!("there is a sending chain"),
        }
    }
}

impl SendingImage {
    /// The ratchet private key, if the party holds one.
    pub(crate) fn secret(&self) -> Option<&Key> {
        match self {
            Self::Awaiting { secret } => Some(secret),
            Self::Active(chain) => Some(&chain.secret),
            Self::Deferred => None,
        }
    }
}

impl ChainIdImage {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.header_key.iter().flatten());
        bytes.extend(self.ratchet_key);
    }
}

impl SkippedImage {
    /// The numbers of the messages whose keys are kept.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let numbers = |stretch: &Stretch| (stretch.first..).take(stretch.keys.len());
        self.stretches.iter().flat_map(numbers).collect()
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.given_up_below.to_le_bytes());
        put_length(bytes, self.stretches.len());
        for stretch in &self.stretches {
            bytes.extend(stretch.first.to_le_bytes());
            put_length(bytes, stretch.keys.len());
            bytes.extend(stretch.keys.as_flattened());
        }
    }
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend(
        u32::try_from(length)
            .expect("lengths are small")
            .to_le_bytes(),
    );
}

fn put_option<T>(bytes: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    bytes.push(value.is_some().into());
    if let Some(value) = value {
        put(bytes, value);
    }
}

/// The byte of the variant with header keys.
const ENCRYPTED_HEADERS: u8 = 1;

struct Cursor<'a> {
    rest: &'a [u8],
    header_keys: bool,
}

impl Cursor<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let (head, tail) = self.rest.split_first_chunk().expect("the snapshot goes on");
        self.rest = tail;
        *head
    }

    fn u8(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    fn header_key(&mut self) -> Option<Key> {
        self.header_keys.then(|| self.array())
    }

    fn chain_id(&mut self) -> ChainIdImage {
        ChainIdImage {
            header_key: self.header_key(),
            ratchet_key: self.array(),
        }
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match self.u8() {
            0 => None,
            marker => {
                assert_eq!(marker, 1);
                Some(read(self))
            }
        }
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.u32()).map(|_| read(self)).collect()
    }

    fn skipped(&mut self) -> SkippedImage {
        SkippedImage {
            given_up_below: self.u32(),
            stretches: self.list(|cursor| Stretch {
                first: cursor.u32(),
                keys: cursor.list(Self::array),
            }),
        }
    }
}
