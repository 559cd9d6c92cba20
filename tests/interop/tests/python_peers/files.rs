//! Files in bytes: clients of ours against a Python party.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use sprag::decode_file_header;
use sprag::file::{ChunkError, FileKey, Opener, PIECE_LENGTH, SEALED_CHUNK_LENGTH, Sealer};
use sprag_client::{Client, IncomingFile, MemoryStore, Sender, StoreKey};

use crate::peer::{Peer, Refusal, bytes};
use crate::their_user::TheirUser;

const CHUNK_LENGTH: usize = PIECE_LENGTH + 4;

/// Lengths around one piece, several pieces, and so many that whole chunks of padding follow.
const LENGTHS: [usize; 14] = [
    0,
    1,
    28,
    29,
    1_000,
    PIECE_LENGTH - 1,
    PIECE_LENGTH,
    PIECE_LENGTH + 1,
    2 * PIECE_LENGTH,
    2 * PIECE_LENGTH + 1,
    64 * PIECE_LENGTH,
    65 * PIECE_LENGTH,
    65 * PIECE_LENGTH + 1,
    67 * PIECE_LENGTH - 5,
];

#[test]
fn files_of_each_length_come_back_when_ours_begins() {
    let Some(peer) = Peer::start() else {
        return;
    };
    let mut files = Files::new(peer, 1);
    let bundle = files.user.publish(&mut files.peer, "", 1);
    files.client.add("peer", &bundle, &mut files.rng).unwrap();
    for (number, length) in LENGTHS.into_iter().enumerate() {
        let content = files.random_content(length);
        let op = ["content_decrypt_file", "content_accept_file"][usize::from(number == 0)];
        let sealed = files.ours_encrypts(&content);
        assert!(files.theirs_opens(op, &sealed) == Ok(content), "{length}");
        files.assert_ours_reads(length);
    }
}

#[test]
fn files_of_each_length_come_back_when_theirs_begins() {
    let Some(peer) = Peer::start() else {
        return;
    };
    let mut files = Files::new(peer, 2);
    files.theirs_begins();
    for length in LENGTHS {
        files.assert_ours_reads(length);
        let content = files.random_content(length);
        let sealed = files.ours_encrypts(&content);
        let opened = files.theirs_opens("content_decrypt_file", &sealed);
        assert!(opened == Ok(content), "{length}");
    }
}

/// Alters each byte of the envelope, the commitment, the length, the message and the chunk.
#[test]
fn both_refuse_a_file_with_an_altered_byte_and_take_the_genuine_one_then() {
    let Some(peer) = Peer::start() else {
        return;
    };
    let mut files = Files::new(peer, 3);
    files.theirs_begins();
    let content = b"content".to_vec();
    files.assert_ours_reads(0);
    let (ours, theirs) = (
        files.ours_encrypts(&content),
        files.theirs_encrypts(&content),
    );
    for byte in 0..ours.len() {
        let mut altered = ours.clone();
        altered[byte] ^= 1;
        let opened = files.theirs_opens("content_decrypt_file", &altered);
        assert!(opened.is_err(), "byte {byte}");
    }
    for byte in 0..theirs.len() {
        let mut altered = theirs.clone();
        altered[byte] ^= 1;
        assert!(files.ours_opens(&altered).is_none(), "byte {byte}");
    }
    let opened = files.theirs_opens("content_decrypt_file", &ours);
    assert_eq!(opened.as_ref(), Ok(&content));
    assert_eq!(files.ours_opens(&theirs), Some(content));
}

#[test]
fn both_refuse_a_file_with_chunks_that_are_missing_doubled_or_exchanged() {
    let Some(peer) = Peer::start() else {
        return;
    };
    let mut files = Files::new(peer, 4);
    files.theirs_begins();
    files.assert_ours_reads(0);
    let content = files.random_content(3 * PIECE_LENGTH);
    let ours = files.ours_encrypts(&content);
    for altered in with_other_chunks(&ours) {
        let opened = files.theirs_opens("content_decrypt_file", &altered);
        assert!(opened == Err(Refusal::NotAuthentic));
    }
    let opened = files.theirs_opens("content_decrypt_file", &ours);
    assert!(opened.as_ref() == Ok(&content));
    let theirs = files.theirs_encrypts(&content);
    for altered in with_other_chunks(&theirs) {
        assert!(files.ours_opens(&altered).is_none());
    }
    assert!(files.ours_opens(&theirs) == Some(content));
}

#[test]
fn ours_refuses_authentic_chunks_that_are_padded_otherwise() {
    let Some(peer) = Peer::start() else {
        return;
    };
    let mut files = Files::new(peer, 5);
    files.theirs_begins();
    files.assert_ours_reads(0);
    let whole = chunk(PIECE_LENGTH, CHUNK_LENGTH);
    let short = chunk(PIECE_LENGTH - 1, CHUNK_LENGTH);
    let none = chunk(0, CHUNK_LENGTH);
    let mut not_zero = chunk(27, 32);
    not_zero[27] = 1;
    let wrong = [
        vec![vec![]],
        vec![vec![0; 3]],
        vec![chunk(0, 31)],
        vec![chunk(0, 36)],
        vec![chunk(29, 32)],
        vec![chunk(29, 33)],
        vec![not_zero],
        vec![none.clone()],
        vec![none.clone(), whole.clone()],
        vec![whole.clone(), short.clone(), whole.clone()],
        vec![whole.clone(), whole.clone(), none.clone(), whole.clone()],
        vec![whole.clone(), none.clone()],
        vec![whole.clone(), chunk(1, 32)],
    ];
    for (number, chunks) in wrong.into_iter().enumerate() {
        assert!(files.ours_opens_chunks(&chunks).is_none(), "{number}");
    }
    let right = [
        (vec![chunk(0, 32)], 0),
        (vec![chunk(28, 32)], 28),
        (vec![whole.clone(), short.clone()], 2 * PIECE_LENGTH - 1),
        // 65 chunks are padded to 66.
        ([vec![whole; 65], vec![none]].concat(), 65 * PIECE_LENGTH),
    ];
    for (chunks, length) in right {
        assert!(files.ours_opens_chunks(&chunks) == Some(vec![0; length]));
    }
}

/// A client of ours and a Python party. The client knows the party as "peer", and the party knows the client
/// by no name.
struct Files {
    client: Client<MemoryStore>,
    peer: Peer,
    user: TheirUser,
    rng: StdRng,
}

impl Files {
    fn new(mut peer: Peer, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let key = StoreKey::generate(&mut rng);
        let client = Client::create(MemoryStore::new(), &key, &mut rng);
        Self {
            client: client.expect("the store is empty"),
            user: TheirUser::new(&mut peer, 1, &[""]),
            peer,
            rng,
        }
    }

    /// Lets the Python party begin a session. The next message that it encrypts has the handshake in front.
    fn theirs_begins(&mut self) {
        let bundle = self.client.publish(&mut self.rng).expect("the store works");
        let mut fields = self.user.content_with_list(0, b"");
        fields["bundle"] = hex::encode(bundle).into();
        fields["ordinal"] = 1.into();
        self.peer.answer("content_begin", fields);
    }

    fn assert_ours_reads(&mut self, length: usize) {
        let content = self.random_content(length);
        let sealed = self.theirs_encrypts(&content);
        assert!(self.ours_opens(&sealed) == Some(content), "{length}");
    }

    fn random_content(&mut self, length: usize) -> Vec<u8> {
        let mut content = vec![0; length];
        self.rng.fill_bytes(&mut content);
        content
    }

    fn theirs_encrypts(&mut self, content: &[u8]) -> Vec<u8> {
        self.theirs_seals("content", hex::encode(content).into())
    }

    /// Lets the Python party encrypt a file whose content is in this field, with its list in the message.
    fn theirs_seals(&mut self, field: &str, content: Value) -> Vec<u8> {
        let mut fields = self.user.content_with_list(11, b"");
        fields["sessions"] = json!([""]);
        let user = self.client.user_id().expect("it has a user");
        fields["user"] = hex::encode(user.as_bytes()).into();
        fields[field] = content;
        let sealed = self.peer.answer("content_encrypt_file", fields);
        sealed.bytes("file")
    }

    /// Lets the Python party encrypt a file of these chunks, and opens it with our client.
    fn ours_opens_chunks(&mut self, chunks: &[Vec<u8>]) -> Option<Vec<u8>> {
        let chunks: Vec<_> = chunks.iter().map(hex::encode).collect();
        let file = self.theirs_seals("chunks", chunks.into());
        self.ours_opens(&file)
    }

    fn theirs_opens(&mut self, op: &str, file: &[u8]) -> Result<Vec<u8>, Refusal> {
        let fields = json!({ "file": hex::encode(file) });
        let opened = self.peer.ask(op, fields)?;
        Ok(bytes(&opened.into_value(), "content"))
    }

    fn ours_encrypts(&mut self, content: &[u8]) -> Vec<u8> {
        let file = self
            .client
            .encrypt_file("peer", &mut self.rng)
            .expect("there is a session");
        let mut sealed = file.header;
        seal(&file.key, content, &mut sealed);
        sealed
    }

    /// Opens a file with our client, and returns `None` if any part of it is refused. The message that
    /// carries the key is acknowledged once the whole file has been opened.
    fn ours_opens(&mut self, file: &[u8]) -> Option<Vec<u8>> {
        let (header, chunks) = decode_file_header(file).ok()?;
        let incoming = IncomingFile {
            now: 0,
            commitment: &header.commitment,
            messages: &header.messages,
        };
        let sender = Sender::Named("peer");
        let received = self.client.decrypt_file(sender, incoming, &mut self.rng);
        let received = received.ok()?;
        let content = open(&received.key, chunks).ok()?;
        self.client
            .acknowledge(&received.receipt)
            .expect("the store works");
        Some(content)
    }
}

/// A chunk of `size` bytes that claims a piece of `length` zeros, even if the chunk has no room for it.
fn chunk(length: usize, size: usize) -> Vec<u8> {
    let length = u32::try_from(length).expect("a piece is short");
    let mut chunk = vec![0; size - 4];
    chunk.extend(length.to_le_bytes());
    chunk
}

fn seal(key: &FileKey, content: &[u8], sealed: &mut Vec<u8>) {
    let mut sealer = Sealer::new(key);
    let mut pieces: Vec<_> = content.chunks(PIECE_LENGTH).map(<[u8]>::to_vec).collect();
    let mut last = pieces.pop().unwrap_or_default();
    for mut piece in pieces {
        sealer.seal(&mut piece).expect("the piece is whole");
        sealed.extend(piece);
    }
    let padding = sealer.seal_last(&mut last).expect("the piece is the last");
    sealed.extend(last);
    sealed.extend(padding.flatten());
}

fn open(key: &FileKey, sealed: &[u8]) -> Result<Vec<u8>, ChunkError> {
    let mut opener = Opener::new(key);
    let mut chunks: Vec<_> = sealed
        .chunks(SEALED_CHUNK_LENGTH)
        .map(<[u8]>::to_vec)
        .collect();
    let mut last = chunks.pop().unwrap_or_default();
    let mut content = Vec::new();
    for mut chunk in chunks {
        opener.open(&mut chunk)?;
        content.extend(chunk);
    }
    opener.open_last(&mut last)?;
    content.extend(last);
    Ok(content)
}

/// Copies of a file of several chunks: with each chunk left out, doubled, and exchanged with the one before.
fn with_other_chunks(file: &[u8]) -> Vec<Vec<u8>> {
    let (_, content) = decode_file_header(file).expect("the header is valid");
    let head = &file[..file.len() - content.len()];
    let chunks: Vec<_> = content.chunks(SEALED_CHUNK_LENGTH).collect();
    let mut all = Vec::new();
    for number in 0..chunks.len() {
        let mut doubled = chunks.clone();
        doubled.insert(number, chunks[number]);
        let mut left_out = chunks.clone();
        left_out.remove(number);
        let mut exchanged = chunks.clone();
        exchanged.swap(number, number.max(1) - 1);
        all.extend([doubled, left_out]);
        all.extend((number > 0).then_some(exchanged));
    }
    all.into_iter()
        .map(|chunks| [head, &chunks.concat()].concat())
        .collect()
}
