use super::*;

/// A text as long as that of a code to scan, in the letters that such a code has.
fn text() -> String {
    "SPRAG:".to_owned() + &"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(4)[..104]
}

#[test]
fn a_drawing_is_the_code_with_light_modules_around_it_and_fits_into_a_small_terminal() {
    let drawing = drawing(&text()).unwrap();
    assert_eq!(drawing.lines().count(), 21);
    // Each line shows two rows. A drawn half is light.
    let mut rows = Rows::new();
    for line in drawing.lines() {
        for light in [['█', '▀'], ['█', '▄']] {
            rows.push(line.chars().map(|half| !light.contains(&half)).collect());
        }
    }
    // The last line has half a row more than the code has rows.
    rows.pop();
    assert_eq!(read(&without_frame(&rows), &VERSION_4_L), text());
}

#[test]
fn a_picture_is_the_code_with_light_modules_around_it() {
    let picture = picture(&text()).unwrap();
    assert!(picture.starts_with("<?xml") && picture.ends_with("</svg>"));
    let of = |name: &str| {
        let (_, value) = picture.split_once(name).unwrap();
        value.split_once('"').unwrap().0
    };
    let side: usize = of("width=\"").parse().unwrap();
    assert_eq!(of("height=\"").parse(), Ok(side));
    // Fill the rectangles of the path, of which each begins in its upper left corner.
    let mut pixels: Rows = vec![vec![false; side]; side];
    for rectangle in of(" d=\"").split('M').skip(1) {
        let numbers = rectangle.split(|letter: char| !letter.is_ascii_digit());
        let numbers: Vec<usize> = numbers.map(|number| number.parse().unwrap()).collect();
        let [left, top, width, height, ..] = numbers[..] else {
            panic!("{rectangle} is no rectangle");
        };
        for row in &mut pixels[top..top + height] {
            row[left..left + width].fill(true);
        }
    }
    // Look at the middle of each module.
    let module = side / (VERSION_5_M.side + 2 * FRAME);
    let middle = |row: &Vec<bool>| {
        row.iter()
            .skip(module / 2)
            .step_by(module)
            .copied()
            .collect()
    };
    let rows: Rows = pixels
        .iter()
        .skip(module / 2)
        .step_by(module)
        .map(middle)
        .collect();
    assert_eq!(read(&without_frame(&rows), &VERSION_5_M), text());
}

/// Modules, row by row, with true for a dark one.
type Rows = Vec<Vec<bool>>;

/// The light modules on each side of a code.
const FRAME: usize = 4;

/// Demands a light frame, and takes it off.
fn without_frame(rows: &Rows) -> Rows {
    let side = rows.len() - 2 * FRAME;
    let inside = FRAME..FRAME + side;
    for (y, row) in rows.iter().enumerate() {
        assert_eq!(row.len(), rows.len());
        for (x, is_dark) in row.iter().enumerate() {
            let is_code = inside.contains(&x) && inside.contains(&y);
            assert!(is_code || !is_dark, "{x}, {y}");
        }
    }
    let rows = &rows[inside.clone()];
    rows.iter()
        .map(|row| row[inside.clone()].to_vec())
        .collect()
}

/// A form of code, from the tables of ISO/IEC 18004.
struct Form {
    /// The modules of a side.
    side: usize,
    /// The middle of the alignment pattern, in both directions.
    alignment: usize,
    /// The two bits of the level of error correction.
    level: u32,
    /// The blocks that the codewords are dealt to in turn, and the codewords of data in each.
    blocks: (usize, usize),
}

const VERSION_4_L: Form = Form {
    side: 33,
    alignment: 26,
    level: 0b01,
    blocks: (1, 80),
};
const VERSION_5_M: Form = Form {
    side: 37,
    alignment: 30,
    level: 0b00,
    blocks: (2, 43),
};

/// Reads a code without errors that holds letters and digits.
fn read(code: &Rows, form: &Form) -> String {
    assert_eq!(code.len(), form.side);
    // The format lies around the finder in the upper left corner, under a mask of its own.
    let places = (0..=5).chain([7, 8]).map(|x| (x, 8));
    let places = places.chain([7].into_iter().chain((0..=5).rev()).map(|y| (8, y)));
    let format =
        places.fold(0, |bits, (x, y)| bits << 1 | u32::from(code[y][x])) ^ 0b101_0100_0001_0010;
    assert_eq!(format >> 13, form.level);
    let mask = format >> 10 & 0b111;
    // Take the bits of the codewords, two columns at a time, upwards and downwards in turn.
    let last = form.side - 1;
    let mut bits = Vec::new();
    let columns = (7..=last).rev().step_by(2).chain([5, 3, 1]);
    for (turn, right) in columns.enumerate() {
        for step in 0..form.side {
            let y = if turn % 2 == 0 { last - step } else { step };
            for x in [right, right - 1] {
                if !is_pattern(x, y, form) {
                    bits.push(code[y][x] ^ is_masked(mask, x, y));
                }
            }
        }
    }
    // Put the codewords of data in order, block after block.
    let number = |bits: &[bool]| {
        bits.iter()
            .fold(0, |number, bit| number << 1 | usize::from(*bit))
    };
    let (blocks, length) = form.blocks;
    let codeword = |block: usize, index: usize| &bits[8 * (blocks * index + block)..][..8];
    let places = (0..blocks).flat_map(|block| (0..length).map(move |index| (block, index)));
    let data: Vec<bool> = places
        .flat_map(|(block, index)| codeword(block, index).to_vec())
        .collect();
    // The mode for letters and digits, how many there are, and pairs of them.
    assert_eq!(number(&data[..4]), 0b0010);
    let (count, mut rest) = (number(&data[4..13]), &data[13..]);
    let mut letters = Vec::new();
    while letters.len() < count {
        let width = if count - letters.len() == 1 { 6 } else { 11 };
        let (pair, behind) = rest.split_at(width);
        let pair = number(pair);
        if width == 11 {
            letters.push(LETTERS[pair / LETTERS.len()]);
        }
        letters.push(LETTERS[pair % LETTERS.len()]);
        rest = behind;
    }
    assert_eq!(number(&rest[..4]), 0, "there is no more");
    String::from_utf8(letters).unwrap()
}

/// The letters of such a code, by their numbers.
const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Tells whether a module belongs to a pattern or to the format, and not to a codeword.
fn is_pattern(x: usize, y: usize, form: &Form) -> bool {
    let far = form.side - 8;
    let is_corner = y < 9 && (x < 9 || x >= far) || x < 9 && y >= far;
    let is_near = |place: usize| place.abs_diff(form.alignment) <= 2;
    is_corner || x == 6 || y == 6 || is_near(x) && is_near(y)
}

/// Tells whether a mask inverts a module.
fn is_masked(mask: u32, x: usize, y: usize) -> bool {
    0 == match mask {
        0 => (x + y) % 2,
        1 => y % 2,
        2 => x % 3,
        3 => (x + y) % 3,
        4 => (x / 3 + y / 2) % 2,
        5 => x * y % 2 + x * y % 3,
        6 => (x * y % 2 + x * y % 3) % 2,
        _ => ((x + y) % 2 + x * y % 3) % 2,
    }
}
