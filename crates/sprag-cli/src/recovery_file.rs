//! The recovery file that a command writes, and its passphrase.

use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::armor::Label;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{self, random};
use crate::new_file::Readers;
use crate::opened::Opened;
use crate::output::Output;
use crate::parcel;
use crate::passphrase::{Passphrase, Source};

/// The recovery file that a command renews because it changes the list of the own devices.
#[derive(Args, Debug)]
pub(crate) struct Renewal {
    /// Write a new recovery file, because the list of your devices changes and the one before is out of date
    #[arg(long, value_name = "FILE")]
    recovery: Option<PathBuf>,

    #[arg(long, value_name = "FILE", requires = "recovery", help = HELP)]
    recovery_passphrase_file: Option<PathBuf>,
}

/// The help for the option that names the passphrase of a recovery file.
pub(crate) const HELP: &str = "The file that holds the passphrase of the recovery file; - for standard input [default: \
                               $SPRAG_RECOVERY_PASSPHRASE, else it is asked for]";

impl Renewal {
    /// Tells whether the user wants a new file.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.recovery.is_some()
    }

    /// Prepares the file before anything is changed.
    pub(crate) fn prepare(&self, account: &home::Arguments) -> Result<Prepared, Failure> {
        let path = self.recovery.as_deref();
        let passphrase_file = self.recovery_passphrase_file.as_deref();
        let file = path.map(|path| NewRecovery::prepare(path, passphrase_file, account));
        Ok(Prepared::new(file.transpose()?))
    }
}

/// A recovery file that is to be renewed, if the user wants that.
pub(crate) struct Prepared(Option<NewRecovery>);

impl Prepared {
    /// The file, if there is to be one.
    pub(crate) const fn new(file: Option<NewRecovery>) -> Self {
        Self(file)
    }

    /// Tells the user, if a file was to be written, that there is none because the account does not sign.
    pub(crate) fn leave_out(self) {
        if self.0.is_some() {
            drop(writeln!(stderr(), "sprag: {NOT_SIGNING}"));
        }
    }

    /// Seals the newest list of the account.
    pub(crate) fn seal(self, client: &Opened) -> Result<Sealed, Failure> {
        let sealed = self.0.map(|file| file.seal(client));
        let sealed = sealed.transpose();
        let sealed = sealed.map_err(|failure| failure.about(UNWRITTEN))?;
        Ok(Sealed(sealed))
    }
}

/// A recovery file that is to be written, if the user wants that.
pub(crate) struct Sealed(Option<(Output, Vec<u8>)>);

impl Sealed {
    /// Writes the file; where there is none, reminds the user that the one before is out of date. Returns the name of the file,
    /// unless it is standard output.
    pub(crate) fn write(self) -> Result<Option<String>, Failure> {
        let Some((output, bytes)) = self.0 else {
            // A closed standard error is no failure.
            drop(writeln!(stderr(), "sprag: {OUT_OF_DATE}"));
            return Ok(None);
        };
        let written = parcel::write(output, Label::Recovery, &bytes);
        written.map_err(|failure| failure.about(UNWRITTEN))
    }
}

/// A recovery file that is to be written, under a passphrase.
pub(crate) struct NewRecovery {
    output: Output,
    passphrase: Passphrase,
}

impl NewRecovery {
    /// Prepares the file, and reads its passphrase.
    pub(crate) fn prepare(
        path: &Path,
        passphrase_file: Option<&Path>,
        account: &home::Arguments,
    ) -> Result<Self, Failure> {
        let output = Self::output(path, account)?;
        let passphrase = source(passphrase_file).choose();
        let passphrase = passphrase.map_err(|failure| failure.with(Exit::Passphrase))?;
        Ok(Self::under(output, passphrase))
    }

    /// Prepares the file.
    pub(crate) fn output(path: &Path, account: &home::Arguments) -> Result<Output, Failure> {
        account.refuse_output(Some(path))?;
        Output::prepare(Some(path), None, Readers::Owner)
    }

    /// A file that gets this passphrase.
    pub(crate) const fn under(output: Output, passphrase: Passphrase) -> Self {
        Self { output, passphrase }
    }

    /// The place that the file is written to.
    pub(crate) const fn written_to(&self) -> &Output {
        &self.output
    }

    /// Seals the key and the newest list of the account.
    pub(crate) fn seal(self, client: &Opened) -> Result<(Output, Vec<u8>), Failure> {
        let bytes = client.export_recovery(self.passphrase.as_bytes(), &mut random()?)?;
        Ok((self.output, bytes))
    }
}

/// The places to look for the passphrase of a recovery file.
pub(crate) const fn source(file: Option<&Path>) -> Source<'_> {
    Source {
        file,
        variable: "SPRAG_RECOVERY_PASSPHRASE",
        option: "--recovery-passphrase-file",
        prompt: "Passphrase of the recovery file",
        what: "the passphrase of the recovery file",
    }
}

const OUT_OF_DATE: &str = "\
the list of your devices has changed, so that a recovery file from before is out of date: `sprag recovery export -o FILE` writes \
a new one";

const NOT_SIGNING: &str = "no recovery file was written, because the key that signs the list of your devices is not on this one";

const UNWRITTEN: &str =
    "the list of your devices was changed, but the recovery file was not written";
