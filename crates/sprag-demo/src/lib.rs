#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
pub mod limits;

mod event;
mod frame;
mod pieces;
mod report;

/// The draws of the channel.
mod draw;

/// The two directions between the parties.
mod channel;
mod party;

/// The world, and the things that can happen in it.
mod story;
mod theft;
mod transfer;

/// The course of the whole story.
mod tell;

#[cfg(feature = "scene")]
#[cfg_attr(docsrs, doc(cfg(feature = "scene")))]
pub mod scene;

pub use error::{Defect, Error};
pub use event::{
    Act, Ending, Event, Label, Loot, Name, NewKey, News, Reason, Step, Summary, Tally,
};
pub use frame::{Answer, Frame, Piece};
pub use party::Envelope;
pub use pieces::{DIALOGUE, Pieces, Unit};
pub use report::Report;
pub use sprag::hazmat::Thief;
pub use sprag::{Error as SessionError, Status, rand_core};
pub use story::Story;
pub use tell::tell;
