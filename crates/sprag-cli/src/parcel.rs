//! Short inputs and outputs that go from device to device: bundles, messages, invitations, device lists and recovery files.

use std::path::Path;

use sprag::limits::{MAX_BUNDLE_LENGTH, MAX_MESSAGE_LENGTH};
use sprag::{Kind, WireError, kind};

use crate::armor::Label;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;

/// Reads an input that is one of `labels`, as bytes or as text.
pub(crate) fn read(path: &Path, labels: &[Label]) -> Result<(Input, Vec<u8>), Failure> {
    let mut input = Input::open(Some(path))?.dearmor(labels)?;
    let longest = labels.iter().copied().map(max_length).max();
    let bytes = input.read_up_to(longest.unwrap_or(0))?;
    input.expect_end()?;
    match label_of(kind(&bytes)) {
        Some(label) if !labels.contains(&label) => Err(input.is_other(label)),
        _ => Ok((input, bytes)),
    }
}

/// Writes bytes as text, because that passes any channel. Returns the name of the file, unless it is standard output.
pub(crate) fn write(output: Output, label: Label, bytes: &[u8]) -> Result<Option<String>, Failure> {
    write_all(output, label, core::iter::once(bytes))
}

/// [`write`] for several that follow one another.
pub(crate) fn write_all<'a>(
    mut output: Output,
    label: Label,
    all: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<String>, Failure> {
    for bytes in all {
        output = output.armor(label)?;
        output.write(bytes)?;
        output = output.end_armor()?;
    }
    let name = (!output.is_standard()).then(|| output.name().to_owned());
    output.finish()?;
    Ok(name)
}

/// The label of what has this kind of envelope, or was refused for its kind.
pub(crate) const fn label_of(kind: Result<Kind, WireError>) -> Option<Label> {
    match kind {
        Ok(Kind::Bundle) => Some(Label::Bundle),
        Ok(Kind::File) => Some(Label::File),
        Ok(Kind::PrekeyMessage | Kind::Message) => Some(Label::Message),
        Ok(Kind::Invitation) => Some(Label::Invitation),
        Ok(Kind::Recovery) => Some(Label::Recovery),
        Err(WireError::UnknownKind(DEVICE_LIST)) => Some(Label::DeviceList),
        _ => None,
    }
}

/// The most bytes of what has this label. The content of a file has no bound, and is not read here.
const fn max_length(label: Label) -> usize {
    match label {
        Label::Message => MAX_MESSAGE_LENGTH,
        Label::Bundle | Label::File | Label::DeviceList | Label::Recovery => MAX_BUNDLE_LENGTH,
        Label::Invitation => 2 * MAX_BUNDLE_LENGTH,
    }
}

/// The kind in the envelope of a device list, which no message has.
const DEVICE_LIST: u8 = 6;
