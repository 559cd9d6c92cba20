use alloc::vec::Vec;
use core::convert::Infallible;

use crate::error::Error;
use crate::event::{Act, Event, Step, Tally};

/// A receiver of the steps of a story, such as a renderer.
///
/// A `Vec<Step>` is one. It keeps the steps, so that they can be shown later and in any order.
pub trait Report {
    /// The reason for which a step cannot be taken.
    type Error;

    /// Takes the next step.
    ///
    /// # Errors
    ///
    /// Any error ends the story.
    fn step(&mut self, step: Step) -> Result<(), Self::Error>;
}

impl Report for Vec<Step> {
    type Error = Infallible;

    fn step(&mut self, step: Step) -> Result<(), Infallible> {
        self.push(step);
        Ok(())
    }
}

impl<R: Report + ?Sized> Report for &mut R {
    type Error = R::Error;

    fn step(&mut self, step: Step) -> Result<(), R::Error> {
        (**self).step(step)
    }
}

/// The log of a story, which numbers the steps, counts the fates of messages and passes the steps to a report.
pub(crate) struct Log<R> {
    pub(crate) report: R,
    act: Act,
    steps: u64,
    /// The fates of messages, by sender.
    tallies: [Tally; 2],
}

impl<R: Report> Log<R> {
    pub(crate) fn new(report: R) -> Self {
        Self {
            report,
            act: Act::Meeting,
            steps: 0,
            tallies: Default::default(),
        }
    }

    pub(crate) const fn tallies(&self) -> [Tally; 2] {
        self.tallies
    }

    /// Begins an act, which the steps that follow belong to.
    pub(crate) const fn begin(&mut self, act: Act) {
        self.act = act;
    }

    pub(crate) fn step(&mut self, event: Event) -> Result<(), Error<R::Error>> {
        self.count(&event);
        self.steps += 1;
        let step = Step {
            number: self.steps,
            act: self.act,
            event,
        };
        self.report.step(step).map_err(Error::Report)
    }

    fn count(&mut self, event: &Event) {
        let tallies = &mut self.tallies;
        match event {
            Event::Lost { message } => tallies[message.from.index()].lost += 1,
            Event::Doubled { message } => tallies[message.from.index()].doubled += 1,
            Event::Delayed { message } => tallies[message.from.index()].delayed += 1,
            Event::Refused { message, .. } => tallies[message.from.index()].refused += 1,
            Event::Delivered { message, news, .. } if news.late => {
                tallies[message.from.index()].late += 1;
            }
            _ => {}
        }
    }
}
