//! Extracts the strings and numbers of a JSON text.

/// The maximum number of values of a text.
pub(super) const MAX_VALUES: usize = 100;

/// A string or a number; everything else belongs to the shape. flood.lua declares the same layout.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub(super) number: f64,
    /// Points into [`ShapeValues::texts`], because the garbage collector does not see strings that compiled code uses.
    pub(super) text: *const u8,
    pub(super) length: usize,
}

/// The values of one text in their order. The memory is reused and does not move.
#[derive(Debug)]
pub(super) struct ShapeValues {
    leaves: Vec<Leaf>,
    texts: Vec<u8>,
}

impl Default for ShapeValues {
    fn default() -> Self {
        Self {
            leaves: Vec::with_capacity(MAX_VALUES),
            texts: Vec::new(),
        }
    }
}

impl ShapeValues {
    /// Removes all values; the next text has this many bytes.
    pub(super) fn begin(&mut self, bytes: usize) {
        self.leaves.clear();
        self.texts.clear();
        // Decoding an escape never makes a string longer, so this is enough.
        self.texts.reserve(bytes);
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    #[cfg(test)]
    pub(super) fn texts(&self) -> &[u8] {
        &self.texts
    }

    /// Reads the string at the start of `rest`, including its quotes, and returns the rest. `None` if there is none, or if the
    /// complete decoder has to read it.
    pub(super) fn take_string<'a>(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let start = self.texts.len();
        let mut inside = rest.strip_prefix(b"\"")?;
        loop {
            let (text, after) = inside.split_at_checked(plain_bytes(inside))?;
            self.texts.extend_from_slice(text);
            inside = match after {
                [b'"', after @ ..] => {
                    self.push(0.0, start)?;
                    return Some(after);
                }
                [b'\\', b'u', after @ ..] => {
                    let (character, after) = escaped_character(after)?;
                    let mut utf8 = [0; 4];
                    let utf8 = character.encode_utf8(&mut utf8);
                    self.texts.extend_from_slice(utf8.as_bytes());
                    after
                }
                [b'\\', mark, after @ ..] => {
                    self.texts.push(escaped_byte(*mark)?);
                    after
                }
                _ => return None,
            };
        }
    }

    /// Reads the number at the start of `rest`.
    pub(super) fn take_number<'a>(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let (number, after) = number(rest)?;
        self.push(number, self.texts.len())?;
        Some(after)
    }

    /// Adds a value whose text is the end of the texts, from `start` on.
    fn push(&mut self, number: f64, start: usize) -> Option<()> {
        if self.leaves.len() == MAX_VALUES {
            return None;
        }
        let text = self.texts.get(start..)?;
        self.leaves.push(Leaf {
            number,
            text: text.as_ptr(),
            length: text.len(),
        });
        Some(())
    }
}

fn escaped_byte(mark: u8) -> Option<u8> {
    Some(match mark {
        b'"' | b'\\' | b'/' => mark,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// The character of four hexadecimal digits, or of a surrogate pair; `None` for half a pair.
fn escaped_character(rest: &[u8]) -> Option<(char, &[u8])> {
    let (first, after) = unit(rest)?;
    if !(0xD800..0xE000).contains(&first) {
        return Some((char::from_u32(first)?, after));
    }
    let (second, after) = unit(after.strip_prefix(b"\\u")?)?;
    let [first, second] = [first, second].map(u16::try_from);
    let pair = [first.ok()?, second.ok()?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some((character, after))
}

fn unit(rest: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, after) = rest.split_at_checked(4)?;
    let value = digits.iter().try_fold(0, |value, digit| {
        Some(value << 4 | char::from(*digit).to_digit(16)?)
    })?;
    Some((value, after))
}

/// The number of bytes before the first quote, backslash or control character, eight at a time.
pub(super) fn plain_bytes(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    // The lowest set bit belongs to the first such byte; higher bits may be wrong.
    let below = |x: u64, least: u64| x.wrapping_sub(ONES * least) & !x & HIGHS;
    let mut words = bytes.chunks_exact(8);
    let mut n = 0;
    for word in &mut words {
        let x = u64::from_le_bytes(word.try_into().unwrap_or_default());
        let special = below(x, 0x20)
            | below(x ^ (ONES * u64::from(b'"')), 1)
            | below(x ^ (ONES * u64::from(b'\\')), 1);
        if special != 0 {
            return n + special.trailing_zeros() as usize / 8;
        }
        n += 8;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    n + words
        .remainder()
        .iter()
        .position(special)
        .unwrap_or(words.remainder().len())
}

/// The JSON number at the start, and the rest.
fn number(rest: &[u8]) -> Option<(f64, &[u8])> {
    let digits = |from: usize| {
        let digits = rest.get(from..).unwrap_or_default().iter();
        digits.take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = usize::from(rest.first() == Some(&b'-'));
    let mut end = whole + digits(whole);
    match rest.get(whole..end)? {
        [] | [b'0', _, ..] => return None,
        _ => {}
    }
    if !matches!(rest.get(end), Some(b'.' | b'e' | b'E')) && end < 16 {
        // Below 2^53 each whole number is a double.
        let value = rest[whole..end]
            .iter()
            .fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let value = value as f64;
        return Some((if whole == 1 { -value } else { value }, &rest[end..]));
    }
    if rest.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        end += 1 + (fraction > 0).then_some(fraction)?;
    }
    if let Some(b'e' | b'E') = rest.get(end) {
        end += 1 + usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end);
        end += (exponent > 0).then_some(exponent)?;
    }
    let (text, after) = rest.split_at_checked(end)?;
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some((value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_syntax_of_json() {
        for (text, value, after) in [
            ("0", 0.0, ""),
            ("-0,", -0.0, ","),
            ("12]", 12.0, "]"),
            ("-3.5e2}", -350.0, "}"),
            ("123456789012345678", 123_456_789_012_345_678.0, ""),
            ("1E+2", 100.0, ""),
        ] {
            let (number, rest) = number(text.as_bytes()).unwrap();
            assert_eq!(number.to_bits(), f64::to_bits(value), "{text}");
            assert_eq!(rest, after.as_bytes());
        }
        for text in [
            "", "-", "01", "-01", "1.", "1.e5", "1e", "1e+", "1e999", ".5", "+1", "x",
        ] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_string_ends_at_its_quote_at_any_position() {
        for n in 0..40 {
            for special in [b'"', b'\\', 0, 0x1f] {
                let mut text = vec![b'\x7f'; n];
                assert_eq!(plain_bytes(&text), n);
                text.extend([special, b'"', 0x80, 0xff, b'a', b'b', b'c', b'd', b'e']);
                assert_eq!(plain_bytes(&text), n, "{special}");
            }
        }
    }
}
