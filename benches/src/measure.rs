//! Times of many subjects, measured in turns.

use std::time::Instant;

/// A subject of measurement. Each call runs it the given number of times and returns the seconds that one run
/// took, without the preparation.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'static str,
    run: Box<dyn FnMut(u32) -> f64 + 'a>,
}

impl<'a> Subject<'a> {
    /// A subject that needs nothing prepared.
    pub(crate) fn new<T>(name: &'static str, mut work: impl FnMut() -> T + 'a) -> Self {
        Self::prepared(name, || (), move |()| work())
    }

    /// A subject that uses up a value of `prepare` in each run.
    pub(crate) fn prepared<I, T>(
        name: &'static str,
        mut prepare: impl FnMut() -> I + 'a,
        mut work: impl FnMut(I) -> T + 'a,
    ) -> Self {
        let run = move |times: u32| {
            let inputs: Vec<I> = (0..times).map(|_| prepare()).collect();
            let mut outputs = Vec::with_capacity(inputs.len());
            let start = Instant::now();
            for input in inputs {
                outputs.push(work(input));
            }
            let seconds = start.elapsed().as_secs_f64() / f64::from(times);
            drop(outputs);
            seconds
        };
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// The times of one subject in seconds, one for each round.
pub(crate) struct Times(pub(crate) Vec<f64>);

/// Measures all subjects once in each round.
pub(crate) fn in_turns(subjects: &mut [Subject<'_>], rounds: u32, times: u32) -> Vec<Times> {
    let mut results: Vec<Times> = subjects.iter().map(|_| Times(Vec::new())).collect();
    for round in 0..=rounds {
        for (subject, result) in subjects.iter_mut().zip(&mut results) {
            let seconds = (subject.run)(times);
            // The first round warms up.
            if round > 0 {
                result.0.push(seconds);
            }
        }
    }
    results
}

impl Times {
    pub(crate) fn median(&self) -> f64 {
        quantile(&self.0, 50)
    }

    /// The first and the ninth decile.
    pub(crate) fn spread(&self) -> (f64, f64) {
        (quantile(&self.0, 10), quantile(&self.0, 90))
    }

    /// The median over the rounds of the ratio to `other` in the same round.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let ratios: Vec<f64> = self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect();
        quantile(&ratios, 50)
    }

    /// The sum of these times, each multiplied by its count, round by round.
    pub(crate) fn sum(parts: &[(u64, &Self)]) -> Self {
        let rounds = parts.iter().map(|(_, times)| times.0.len()).min();
        let sum_of = |round: usize| {
            let seconds = |(count, times): &(u64, &Self)| {
                let count = u32::try_from(*count).expect("operations are few");
                f64::from(count) * times.0.get(round).copied().unwrap_or_default()
            };
            parts.iter().map(seconds).sum()
        };
        Self((0..rounds.unwrap_or(0)).map(sum_of).collect())
    }
}

fn quantile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len().saturating_sub(1)) * percent / 100;
    sorted.get(index).copied().unwrap_or_default()
}
