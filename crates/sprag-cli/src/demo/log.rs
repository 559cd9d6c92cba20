use super::event::{Act, Event, Tally};
use crate::failure::Failure;

/// A printer for the steps of a run.
pub(super) trait Report {
    /// Begins an act, whose steps follow.
    fn begin(&mut self, act: Act) -> std::io::Result<()>;

    /// Prints a step.
    fn step(&mut self, number: u64, event: &Event<'_>) -> std::io::Result<()>;

    /// Ends the report. No step follows.
    fn finish(&mut self) -> std::io::Result<()>;
}

/// The log of a run, which numbers the steps, counts the fates of messages and passes the steps to a report.
pub(super) struct Log<R> {
    report: R,
    steps: u64,
    /// The fates of messages, by sender.
    tallies: [Tally; 2],
}

impl<R: Report> Log<R> {
    pub(super) fn new(report: R) -> Self {
        Self {
            report,
            steps: 0,
            tallies: Default::default(),
        }
    }

    pub(super) const fn tallies(&self) -> [Tally; 2] {
        self.tallies
    }

    pub(super) fn begin(&mut self, act: Act) -> Result<(), Failure> {
        self.report
            .begin(act)
            .map_err(|error| Failure::output(&error))
    }

    pub(super) fn step(&mut self, event: &Event<'_>) -> Result<(), Failure> {
        self.count(event);
        self.steps += 1;
        self.report
            .step(self.steps, event)
            .map_err(|error| Failure::output(&error))
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.report
            .finish()
            .map_err(|error| Failure::output(&error))
    }

    fn count(&mut self, event: &Event<'_>) {
        let tallies = &mut self.tallies;
        match event {
            Event::Lost(message) => tallies[message.from.index()].lost += 1,
            Event::Doubled(message) => tallies[message.from.index()].doubled += 1,
            Event::Delayed(message) => tallies[message.from.index()].delayed += 1,
            Event::Refused { message, .. } => tallies[message.from.index()].refused += 1,
            Event::Delivered { message, news, .. } if news.late => {
                tallies[message.from.index()].late += 1;
            }
            _ => {}
        }
    }
}
