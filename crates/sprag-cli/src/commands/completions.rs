use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::print;
use crate::cli::Cli;
use crate::failure::Failure;

/// Print the completions for a shell
///
/// For bash: `sprag completions bash > ~/.local/share/bash-completion/completions/sprag`
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    // The generator panics if it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "sprag", &mut script);
    print(&script)
}
