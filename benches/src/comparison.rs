//! A comparison of an operation with its floor and with the peer, on every backend, and the rows that it yields.

use crate::backend::{Backend, name_of};
use crate::measure::{Subject, Times, in_turns};

/// An operation, to be measured in all its variants in the same rounds.
pub(crate) struct Comparison {
    pub(crate) name: String,
    /// The number of runs in a round.
    pub(crate) times: u32,
    pub(crate) rounds: u32,
    pub(crate) variants: Vec<Variant>,
    /// vodozemac's operation, if it has one.
    pub(crate) peer: Option<Subject>,
}

/// One variant of an operation, with its floor on the same backend.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) backend: Backend,
    pub(crate) floor: Subject,
    pub(crate) ours: Subject,
}

/// The head of the table that [`Comparison::run`] fills.
pub(crate) const HEAD: &str = "\
| operation | variant | backend | floor | sprag | 10 % | × floor | vodozemac | its time ÷ sprag's |
|---|---|---|--:|--:|--:|--:|--:|--:|
";

impl Comparison {
    /// Measures and returns the rows, one for each variant.
    pub(crate) fn run(self) -> String {
        eprintln!("{} ..", self.name);
        let mut names = Vec::new();
        let mut subjects = Vec::new();
        for variant in self.variants {
            names.push((variant.name, variant.backend));
            subjects.extend([variant.floor, variant.ours]);
        }
        subjects.extend(self.peer);
        let times = in_turns(&mut subjects, self.rounds, self.times);
        let (pairs, peer) = times.as_chunks();
        let rows = names.iter().zip(pairs).map(|((variant, backend), pair)| {
            let [floor, ours] = pair;
            format!(
                "| {} | {variant} | {} | {} | {} | {} | {:.2} | {} |\n",
                self.name,
                name_of(*backend),
                shown(floor.median()),
                shown(ours.median()),
                shown(ours.low()),
                ours.ratio_to(floor),
                beside(peer.first(), ours),
            )
        });
        rows.collect()
    }
}

fn beside(peer: Option<&Times>, ours: &Times) -> String {
    peer.map_or_else(
        || String::from("– | –"),
        |peer| format!("{} | {:.2}", shown(peer.median()), peer.ratio_to(ours)),
    )
}

/// A time with three digits and its unit.
pub(crate) fn shown(seconds: f64) -> String {
    let nanoseconds = seconds * 1e9;
    let (value, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        ..1e6 => (nanoseconds / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    let digits = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}
