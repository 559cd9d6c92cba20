//! Times of many subjects, measured in turns.

use rustix::time::{ClockId, clock_gettime};

use sprag_primitives::backend_choice::{Backend, with};

/// A subject of measurement: each call runs it the given number of times and returns the seconds that one run took,
/// without the preparation.
pub(crate) struct Subject {
    backend: Backend,
    run: Box<dyn FnMut(u32) -> f64>,
}

impl Subject {
    /// A subject that needs nothing prepared.
    pub(crate) fn new<T>(backend: Backend, mut work: impl FnMut() -> T + 'static) -> Self {
        Self::prepared(backend, || (), move |()| work())
    }

    /// A subject that needs a value of `prepare` for each run.
    pub(crate) fn prepared<I, T>(
        backend: Backend,
        mut prepare: impl FnMut() -> I + 'static,
        work: impl FnMut(&mut I) -> T + 'static,
    ) -> Self {
        let all = move |times| (0..times).map(|_| prepare()).collect();
        Self::batch(backend, all, work)
    }

    /// A subject that works on each of the values of `prepare`, which is told how many runs are wanted and may return
    /// more. A run includes the release of what it returns, but not that of what was prepared.
    pub(crate) fn batch<I, T>(
        backend: Backend,
        mut prepare: impl FnMut(u32) -> Vec<I> + 'static,
        mut work: impl FnMut(&mut I) -> T + 'static,
    ) -> Self {
        let run = move |times: u32| {
            let mut inputs = prepare(times);
            let start = thread_time();
            for input in &mut inputs {
                drop(core::hint::black_box(work(input)));
            }
            let seconds = thread_time() - start;
            seconds / f64::from(u32::try_from(inputs.len()).expect("a batch is small"))
        };
        Self {
            backend,
            run: Box::new(run),
        }
    }
}

/// The CPU time of this thread in seconds, which other work on the machine does not add to.
fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    // A program's CPU time is far below 2^53 nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "the number is small")]
    let nanoseconds = nanoseconds as f64;
    nanoseconds / 1e9
}

/// The times of one subject in seconds, one for each round.
pub(crate) struct Times(Vec<f64>);

/// Measures all subjects once in each round, beginning with another one in each.
pub(crate) fn in_turns(subjects: &mut [Subject], rounds: u32, times: u32) -> Vec<Times> {
    let mut results: Vec<Times> = subjects.iter().map(|_| Times(Vec::new())).collect();
    for round in 0..=rounds {
        let first = round as usize % subjects.len().max(1);
        for place in (first..subjects.len()).chain(0..first) {
            let (Some(subject), Some(result)) = (subjects.get_mut(place), results.get_mut(place))
            else {
                continue;
            };
            let seconds = with(subject.backend, || (subject.run)(times));
            let seconds = seconds.expect("the backend is available");
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

    /// The first decile: the time on a machine that does little else.
    pub(crate) fn low(&self) -> f64 {
        quantile(&self.0, 10)
    }

    /// The median over the rounds of the ratio to `other` in the same round.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let ratios: Vec<f64> = self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect();
        quantile(&ratios, 50)
    }
}

fn quantile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len().saturating_sub(1)) * percent / 100;
    sorted.get(index).copied().unwrap_or_default()
}
