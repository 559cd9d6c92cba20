//! The scene of the playground, as texts of JSON.

use alloc::string::{String, ToString as _};

use serde::Serialize;
use sprag_demo::scene::{Error, Step};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::SpragError;

/// Alice, Bob, the wire between them and a thief: a conversation in which the viewer takes every step.
///
/// All randomness comes from the seed. Whoever knows it knows every key, so a scene is for play alone.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Scene(sprag_demo::scene::Scene);

#[wasm_bindgen]
impl Scene {
    /// A scene in which nothing has happened.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(sprag_demo::scene::Scene::new(seed))
    }

    /// Takes the step that the JSON text says. Returns the events, as the JSON text of an array.
    ///
    /// # Errors
    ///
    /// An `Error` with a `code`. Nothing has changed then.
    pub fn apply(&mut self, step: &str) -> Result<String, SpragError> {
        Ok(json(&self.0.apply(parse(step)?)?))
    }

    /// The whole state, as a JSON text. `showKeys` adds the keys that the parties hold.
    #[must_use]
    pub fn view(&self, #[wasm_bindgen(js_name = showKeys)] show_keys: bool) -> String {
        json(&self.0.view(show_keys))
    }
}

/// The step that a JSON text says.
fn parse(step: &str) -> Result<Step, SpragError> {
    if step.len() > MAX_STEP_LENGTH {
        return Err(SpragError::new(BAD_STEP, "step is too long".into()));
    }
    serde_json::from_str(step).map_err(|error| SpragError::new(BAD_STEP, error.to_string()))
}

/// The JSON text of data without maps, which cannot fail.
fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

impl From<Error> for SpragError {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// The code of a text that is no step.
const BAD_STEP: &str = "bad-step";

/// The most bytes of the text of a step: more than a text of 200 characters has, each as the longest escape of JSON.
const MAX_STEP_LENGTH: usize = 4_096;

#[cfg(test)]
mod tests {
    use sprag_demo::scene::MAX_TEXT_LENGTH;

    use super::*;

    fn begun() -> Scene {
        let mut scene = Scene::new(1);
        for step in [r#"{"do":"publish"}"#, r#"{"do":"begin","suite":"x3dh"}"#] {
            scene.apply(step).unwrap();
        }
        scene
    }

    #[test]
    fn steps_events_and_views_are_json() {
        let mut scene = begun();
        let events = scene.apply(r#"{"do":"send","who":"alice","text":"hello"}"#);
        assert_eq!(events.unwrap(), r#"[{"event":"sent","envelope":1}]"#);
        let view = scene.view(false);
        assert!(view.starts_with(r#"{"version":1,"phase":"agreed","steps":3,"#));
        assert!(scene.view(true).len() > view.len());
    }

    #[test]
    fn what_is_no_step_changes_nothing() {
        let mut scene = begun();
        let before = scene.view(true);
        for (step, code) in [
            ("", BAD_STEP),
            (r#"{"do":"fly"}"#, BAD_STEP),
            (&" ".repeat(MAX_STEP_LENGTH + 1), BAD_STEP),
            (r#"{"do":"deliver","envelope":1}"#, "no-envelope"),
        ] {
            let error = scene.apply(step).unwrap_err();
            assert!(alloc::format!("{error:?}").contains(code), "{error:?}");
            assert_eq!(scene.view(true), before);
        }
    }

    #[test]
    fn the_longest_text_is_short_enough_however_it_is_escaped() {
        // A character beyond the first 65,536 takes two escapes.
        let text = r"\ud83d\udd11".repeat(MAX_TEXT_LENGTH);
        let step = alloc::format!(r#"{{"do":"send","who":"alice","text":"{text}"}}"#);
        let events = begun().apply(&step);
        assert_eq!(events.unwrap(), r#"[{"event":"sent","envelope":1}]"#);
    }
}
