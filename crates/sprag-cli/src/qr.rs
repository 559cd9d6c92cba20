//! QR codes (ISO/IEC 18004) of short texts: drawn at a terminal, and as a picture.

use std::io::Write as _;

use anstream::AutoStream;
use anstream::stream::{AsLockedWrite, RawStream};
use anstyle::{AnsiColor, Style};
use qrcode::render::svg;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::failure::Failure;

/// Draws the code of `text` in characters, of which each shows two modules, one above the other. Around it are four light
/// modules, which a scanner needs.
///
/// The light modules are drawn and the dark ones left out, because most terminals are dark. A code of 110 letters has 41
/// columns and 21 lines, and so fits into 80 columns and 24 lines: it corrects the fewest errors, of which a screen makes
/// none.
fn drawing(text: &str) -> Result<String, Failure> {
    let code = encode(text, EcLevel::L)?;
    let mut renderer = code.render::<Dense1x2>();
    renderer
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark);
    Ok(renderer.build())
}

/// Draws the code of `text` on a stream, light on dark whatever the terminal's colours are.
pub(crate) fn draw(text: &str, stream: impl AsLockedWrite + RawStream) -> Result<(), Failure> {
    let style = Style::new()
        .fg_color(Some(AnsiColor::BrightWhite.into()))
        .bg_color(Some(AnsiColor::Black.into()));
    let mut stream = AutoStream::auto(stream);
    for line in drawing(text)?.lines() {
        writeln!(stream, "{style}{line}{style:#}").map_err(|error| Failure::output(&error))?;
    }
    stream.flush().map_err(|error| Failure::output(&error))
}

/// Draws the code of `text` as a picture in SVG, dark on light, for a printer or a page. It corrects more errors than a
/// [`drawing`], because paper gets stains.
pub(crate) fn picture(text: &str) -> Result<String, Failure> {
    let code = encode(text, EcLevel::M)?;
    Ok(code.render::<svg::Color<'_>>().build())
}

fn encode(text: &str, level: EcLevel) -> Result<QrCode, Failure> {
    QrCode::with_error_correction_level(text, level)
        .map_err(|error| Failure::defect(&format!("the code cannot be drawn: {error}")))
}

#[cfg(test)]
mod tests;
