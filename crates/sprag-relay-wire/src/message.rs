use crate::Error;
use crate::limits::{MAX_MESSAGE_LENGTH, MIN_MESSAGE_LENGTH};

/// Checks the length of a wrapped message, the body of [`Request::Send`](crate::Request::Send): [`MIN_MESSAGE_LENGTH`] bytes
/// at least, and `longest` at most. Nobody but the receiver can check more.
///
/// # Errors
///
/// [`Error::Undersized`]; [`Error::Oversized`], also if there are more than [`MAX_MESSAGE_LENGTH`], whatever `longest` is.
pub const fn check_message(message: &[u8], longest: usize) -> Result<(), Error> {
    check_length(message.len(), longest)
}

/// Checks the length of a wrapped message.
pub(crate) const fn check_length(length: usize, longest: usize) -> Result<(), Error> {
    if length < MIN_MESSAGE_LENGTH {
        return Err(Error::Undersized);
    }
    if length > longest || length > MAX_MESSAGE_LENGTH {
        return Err(Error::Oversized);
    }
    Ok(())
}
