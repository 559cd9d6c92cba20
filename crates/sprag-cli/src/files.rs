//! The file arguments of a command that makes one file of another.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::home;
use crate::input::Input;
use crate::new_file::Readers;
use crate::output::Output;

/// The input and the output of `encrypt` and `decrypt`.
#[derive(Args, Debug)]
pub(crate) struct Files {
    /// The file; the output is written beside it: encrypt adds .sprag to its name, decrypt takes that off [default:
    /// standard input, to standard output]
    file: Option<PathBuf>,

    /// Read FILE, and write to standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "file")]
    input: Option<PathBuf>,

    /// Write to FILE; it appears whole, and on the disk, or not at all, and replaces a file of that name
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace a file that has the output's name already
    #[arg(long, requires = "file")]
    force: bool,
}

/// A function that names the output of a file, and the users that may read the output.
pub(crate) type Naming = (fn(&Path) -> Result<PathBuf, Failure>, Readers);

impl Files {
    pub(crate) fn input(&self) -> Result<Input, Failure> {
        Input::open(self.file.as_deref().or(self.input.as_deref()))
    }

    /// The output that the user named.
    pub(crate) fn named_output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Tells whether the user named the output.
    pub(crate) const fn names_output(&self) -> bool {
        self.output.is_some()
    }

    /// Prepares the output, outside the folder of the `account`. If the user gave a file and no output, it is beside the
    /// file under the name that `naming` gives, and replaces nothing that is there unless the user says so.
    pub(crate) fn output(
        &self,
        account: &home::Arguments,
        input: &Input,
        (naming, readers): Naming,
    ) -> Result<Output, Failure> {
        let file = self.file.as_deref().filter(|file| *file != Path::new("-"));
        let (path, is_derived) = match (&self.output, file) {
            (Some(output), _) => (Some(output.clone()), false),
            (None, Some(file)) => (Some(naming(file)?), true),
            (None, None) => (None, false),
        };
        account.refuse_output(path.as_deref())?;
        let keeps_existing = is_derived && !self.force;
        if let Some(path) = path.as_deref().filter(|_| keeps_existing)
            && fs::symlink_metadata(path).is_ok()
        {
            return Err(Failure::refused(format!(
                "{} is there already: give -o FILE, or --force to replace it",
                path.display()
            ))
            .with(Exit::File));
        }
        let output = Output::prepare(path.as_deref(), Some(input), readers)?;
        Ok(if keeps_existing {
            output.keep_existing()
        } else {
            output
        })
    }
}

/// The name of an encrypted file: that of the file, and `.sprag`.
pub(crate) fn encrypted(file: &Path) -> Result<PathBuf, Failure> {
    let Some(name) = file.file_name() else {
        return Err(unnamed(file, "has no name"));
    };
    let mut name = name.to_owned();
    name.push(".");
    name.push(EXTENSION);
    Ok(file.with_file_name(name))
}

/// The name of a decrypted file: that of the encrypted one, without `.sprag`.
pub(crate) fn decrypted(file: &Path) -> Result<PathBuf, Failure> {
    match file.extension() {
        Some(extension) if extension == OsStr::new(EXTENSION) => Ok(file.with_extension("")),
        _ if file.file_name() == Some(OsStr::new(".sprag")) => {
            Err(unnamed(file, "has nothing in front of .sprag"))
        }
        _ => Err(unnamed(file, "does not end in .sprag")),
    }
}

fn unnamed(file: &Path, why: &str) -> Failure {
    Failure::refused(format!(
        "{} {why}: so the output has no name: give it one with -o FILE",
        file.display()
    ))
    .with(Exit::Usage)
}

const EXTENSION: &str = "sprag";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_there_and_back() {
        for (file, sealed) in [
            ("plan.pdf", "plan.pdf.sprag"),
            ("/a/plan", "/a/plan.sprag"),
            ("../a.b/.plan", "../a.b/.plan.sprag"),
            ("plan.sprag", "plan.sprag.sprag"),
        ] {
            let (file, sealed) = (Path::new(file), Path::new(sealed));
            assert_eq!(encrypted(file).unwrap(), sealed);
            assert_eq!(decrypted(sealed).unwrap(), file);
        }
        for file in ["plan.pdf", ".sprag", "plan.sprag.pdf", "plansprag", ".."] {
            decrypted(Path::new(file)).unwrap_err();
        }
        // The refusal does not deny what the user sees.
        let Failure::Refused(_, line) = decrypted(Path::new("a/.sprag")).unwrap_err() else {
            panic!("it is refused");
        };
        assert!(!line.contains("does not end"), "{line}");
        for file in ["..", "/"] {
            encrypted(Path::new(file)).unwrap_err();
        }
    }
}
