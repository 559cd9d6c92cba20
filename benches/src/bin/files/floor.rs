//! The floors: work that no command can do without.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key};

use crate::Result;
use crate::table::LENGTH;

/// Encrypts as many bytes as a file has, in chunks as long as its.
pub(crate) fn seal() -> Result<()> {
    let mut chunk = vec![7; CHUNK_LENGTH];
    for number in 0..LENGTH / CHUNK_LENGTH as u64 {
        ChaCha20Poly1305::seal(&key(), &nonce(number), &[], &mut chunk)?;
    }
    Ok(())
}

/// Decrypts as many bytes as a file has. The chunk is the same each time, and is put back before.
pub(crate) fn open() -> Result<()> {
    let mut sealed = vec![7; CHUNK_LENGTH];
    let tag = ChaCha20Poly1305::seal(&key(), &nonce(0), &[], &mut sealed)?;
    let mut chunk = sealed.clone();
    for _ in 0..LENGTH / CHUNK_LENGTH as u64 {
        chunk.copy_from_slice(&sealed);
        let ciphertext = Ciphertext {
            buffer: &mut chunk,
            tag: &tag,
        };
        ChaCha20Poly1305::open(&key(), &nonce(0), &[], ciphertext)?;
    }
    Ok(())
}

fn key() -> Key {
    SecretBytes::copy_from(&[1; 32])
}

fn nonce(number: u64) -> [u8; ChaCha20Poly1305::NONCE_LENGTH] {
    let mut nonce = [0; ChaCha20Poly1305::NONCE_LENGTH];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    nonce
}

/// Reads a file and writes another, which is then on the disk.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let mut chunk = vec![0; CHUNK_LENGTH];
    loop {
        match from.read(&mut chunk)? {
            0 => break,
            read => to.write_all(&chunk[..read])?,
        }
    }
    Ok(to.sync_all()?)
}

/// The size of a chunk without its tag in bytes.
const CHUNK_LENGTH: usize = 64 * 1024;
